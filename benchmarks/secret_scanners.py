"""Scanners for secrets, each run as its documentation says over a folder with a file for each text.

A scanner returns which files it finds something in and the seconds its scan took, starting up not
counted.  One that is not installed raises `ImportError` or `FileNotFoundError`.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter

Found = tuple[set[str], float]  # names of the files with a finding, seconds
Scanner = Callable[[Path], Found]


def detect_secrets(folder: Path) -> Found:
    """All its default plugins and filters."""
    scanning = import_module("detect_secrets.core.scan")
    settings = import_module("detect_secrets.settings")
    paths = sorted(folder.iterdir())
    with settings.default_settings():
        started = perf_counter()
        found = {path.name for path in paths if any(scanning.scan_file(str(path)))}
        return found, perf_counter() - started


def credsweeper(folder: Path) -> Found:
    """Its rules, filters and machine-learning validation, all at their defaults."""
    return _credsweeper(folder, {})


def credsweeper_rules(folder: Path) -> Found:
    """Its rules and filters without the machine-learning validation."""
    return _credsweeper(folder, {"ml_threshold": 0})


def credsweeper_documents(folder: Path) -> Found:
    """Its rules for prose (`--doc`)."""
    return _credsweeper(folder, {"doc": True})


def _credsweeper(folder: Path, options: Mapping[str, bool | int]) -> Found:
    logging.getLogger("credsweeper").setLevel(logging.ERROR)
    sweeper = import_module("credsweeper").CredSweeper(**options)
    provider = import_module("credsweeper.file_handler.files_provider").FilesProvider([folder])
    started = perf_counter()
    sweeper.run(provider)
    seconds = perf_counter() - started
    candidates = sweeper.credential_manager.get_credentials()
    return {Path(line.path).name for one in candidates for line in one.line_data_list}, seconds


def kingfisher(folder: Path) -> Found:
    """Its default rules; asked not to call anybody about what it finds, nor for updates."""
    program = Path(sys.executable).with_name("kingfisher")
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.jsonl"
        options = ["--no-validate", "--no-update-check", "--no-dedup", "--jobs", "1"]
        subprocess.run(
            [program, "scan", folder, *options, "--format", "jsonl", "--output", report],
            env={**os.environ, "KF_RULE_CACHE_DIR": str(folder.with_name("kingfisher-rules"))},
            check=False,  # its exit status says whether it found something
            capture_output=True,
        )
        lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    found = {Path(line["finding"]["path"]).name for line in lines if "finding" in line}
    return found, sum(line["audit"]["duration_seconds"] for line in lines if "audit" in line)


SCANNERS: Mapping[str, Scanner] = {
    "detect-secrets": detect_secrets,
    "CredSweeper": credsweeper,
    "CredSweeper, rules only": credsweeper_rules,
    "CredSweeper, documents": credsweeper_documents,
    "kingfisher": kingfisher,
}
