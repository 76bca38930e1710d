"""What the Dockerfile needs is here; its steps are replayed by `test_wheel`."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
IGNORED = (PROJECT / ".dockerignore").read_text("utf-8").split()
PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))


def left_out(path: str) -> bool:
    """Whether the build does not see a path of the checkout."""
    first = path.split("/", maxsplit=1)[0]
    return any(pattern in {path, first} or fnmatch(path, pattern) for pattern in IGNORED)


def test_what_is_copied_is_there() -> None:
    """Files named one by one, before everything else is copied."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    named = [path for line in copied for path in line.split() if path != "."]

    assert {"requirements.lock", "requirements-dev.lock"} <= set(named)
    assert all((PROJECT / path).is_file() and not left_out(path) for path in named)


def test_the_build_sees_what_the_wheel_is_made_of() -> None:
    """An ignored folder would make a wheel without rules or migrations."""
    wheel = PACKAGE["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [*wheel["packages"], *wheel["force-include"], PACKAGE["project"]["readme"]]

    assert not [path for path in (*needed, "pyproject.toml", "hatch_build.py") if left_out(path)]
    assert left_out(".git")
    assert left_out(".venv")


def test_what_runs_is_the_packages_own_command() -> None:
    """Without root, and without a compiler."""
    (command,) = PACKAGE["project"]["scripts"]
    final = DOCKERFILE.rpartition("\nFROM ")[2]

    assert f'ENTRYPOINT ["{command}"]' in final
    assert re.search(r"^USER (?!root|0)\w+$", final, re.MULTILINE)
    assert "gcc" not in final


def test_what_is_installed_is_pinned() -> None:
    """Base images by version, packages by hash."""
    assert all(
        re.search(r":\d", image) for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    )
    installs = re.findall(r"pip install (.+?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert len(installs) == 3


def test_the_image_can_send_traces() -> None:
    """What the extra `otel` asks for is locked with the rest; an operator sets an endpoint only."""
    locked = set(
        re.findall(
            r"^([a-z0-9-]+)==", (PROJECT / "requirements.lock").read_text("utf-8"), re.MULTILINE
        )
    )
    asked = PACKAGE["project"]["optional-dependencies"]["otel"]

    assert {one.partition(">=")[0] for one in asked} <= locked
