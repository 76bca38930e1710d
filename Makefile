# Two commands take a fresh machine (Debian 12, Python 3.11, make, gcc) to everything:
#   make demo    the whole service with a scripted day of chat    (ARGS=--once to end by itself)
#   make test    lint, types, import contract, tests

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
INSTALLED := .venv/.installed
PEERS := .venv-bench/bin
PEERS_INSTALLED := .venv-bench/.installed
SOURCES := src tests benchmarks fuzz faults migrations docs
NATIVE := hatch_build.py $(wildcard src/moderator/*/*.pxi src/moderator/*/*.pyx)
PINNED := --quiet --upgrade --generate-hashes --no-header --python-version 3.11 --no-emit-index-url
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench faults fuzz audit chromium docs lock format clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(INSTALLED) ## the service, a stand-in WeCom and a scripted day of chat
	$(BIN)/moderator demo $(ARGS)

test: check build/tools/promtool chromium ## everything that must hold
	$(BIN)/pytest --numprocesses logical --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(INSTALLED) ## lint, types, import contract, shipped rules
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/moderator rules check

bench: $(INSTALLED) $(PEERS_INSTALLED) ## speed, peers and quality: tables, and build/bench.jsonl
	$(BIN)/python benchmarks/matching.py $(ARGS)
	$(BIN)/python benchmarks/callbacks.py
	$(PEERS)/python benchmarks/peers.py
	$(BIN)/python benchmarks/quality.py

faults: $(INSTALLED) ## kill, fill up and cut off every part, and check that nothing is lost or doubled
	$(BIN)/python -m faults.suite $(ARGS)

fuzz: $(INSTALLED) ## inputs that nobody would send by accident    (ARGS="--cases 1000000")
	$(BIN)/python -m fuzz $(ARGS)

chromium: # without it the browser tests are skipped, loudly; under CI they fail
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq --yes --no-install-recommends install chromium >/dev/null; } \
	  || echo "chromium cannot be installed here: the browser tests are skipped" >&2

audit: ## known vulnerabilities of what is locked; asks an advisory service
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip install --quiet pip-audit
	build/audit/bin/pip-audit --strict --require-hashes --disable-pip -r requirements.lock $(ARGS)

docs: $(INSTALLED) ## write the tables of docs/reference.md from the code
	$(BIN)/python docs/tables.py

format: $(INSTALLED) ## put the sources in order
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lock: $(INSTALLED) ## write the hash-pinned requirement files anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile $(PINNED) --extra otel pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile $(PINNED) --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile $(PINNED) -c requirements.lock -c requirements-dev.lock \
	  requirements-bench.in -o requirements-bench.lock

clean: ## forget what was built
	rm -rf .venv .venv-bench build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

build/tools/promtool: # not a condition: what cannot be had is told and its tests are skipped
	-deploy/prometheus/fetch_promtool.sh $(@D)

$(INSTALLED): requirements-dev.lock pyproject.toml $(NATIVE)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(PEERS_INSTALLED): requirements.lock requirements-bench.lock pyproject.toml $(NATIVE)
	$(PYTHON) -m venv .venv-bench
	$(PEERS)/pip install --quiet --require-hashes -r requirements.lock
	$(PEERS)/python benchmarks/install_peers.py
	$(PEERS)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
