"""What is installed is what was locked, and what was locked is what the project asks for."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
LOCKS = sorted(path.name for path in PROJECT.glob("requirements*.lock"))
_ENTRY = re.compile(r"^([\w.\[\],-]+)==(\S+)(?: ; .+)?((?: \\\n    --hash=\S+)*)", re.MULTILINE)


def entries(lock: str) -> list[tuple[str, str, str]]:
    """Name, version and hashes of every package."""
    return _ENTRY.findall((PROJECT / lock).read_text("utf-8"))


def versions(lock: str) -> dict[str, Version]:
    return {_named(name): Version(version) for name, version, _ in entries(lock)}


def _named(name: str) -> str:
    return canonicalize_name(name.partition("[")[0])


def asked(*groups: list[str | dict[str, str]]) -> list[Requirement]:
    return [Requirement(one) for group in groups for one in group if isinstance(one, str)]


PROJECTS = PACKAGE["project"]["dependencies"]
OTEL = PACKAGE["project"]["optional-dependencies"]["otel"]
DEV = PACKAGE["dependency-groups"]["dev"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock: str) -> None:
    """One line without a hash, and pip would take whatever it is given."""
    lines = (PROJECT / lock).read_text("utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#"))]

    assert len(packages) == len(entries(lock)) > 10
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", hashes) for _, _, hashes in entries(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_says_where_packages_come_from(lock: str) -> None:
    """Each house has its own index."""
    text = (PROJECT / lock).read_text("utf-8")

    assert not re.search(r"^\s*(-i |--(extra-)?index-url|.*https?://)", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", asked(PROJECTS, OTEL)),
        ("requirements-dev.lock", asked(PROJECTS, DEV)),
    ],
)
def test_the_locks_hold_what_the_project_asks_for(lock: str, wanted: list[Requirement]) -> None:
    """A dependency that was added or raised, and not locked, is found before anybody installs."""
    locked = versions(lock)
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate()]

    assert [one.name for one in needed if canonicalize_name(one.name) not in locked] == []
    assert [
        f"{one} is locked at {locked[canonicalize_name(one.name)]}"
        for one in needed
        if not one.specifier.contains(locked[canonicalize_name(one.name)], prereleases=True)
    ] == []


def test_what_is_tested_is_what_is_shipped() -> None:
    """Where both locks have a package they have the same version of it."""
    shipped, tested = versions("requirements.lock"), versions("requirements-dev.lock")
    differing = {
        name: (str(shipped[name]), str(tested[name]))
        for name in shipped.keys() & tested.keys()
        if shipped[name] != tested[name]
    }

    assert differing == {}


def test_the_tests_run_on_what_is_locked() -> None:
    """An environment that somebody has upgraded by hand would test something else."""
    here: dict[str, str] = {
        canonicalize_name(one.metadata["Name"]): one.version for one in distributions()
    }
    locked = versions("requirements-dev.lock")

    assert {
        name: (here[name], str(version))
        for name, version in locked.items()
        if name in here and Version(here[name]) != version
    } == {}


def test_the_audit_of_a_host_is_the_one_of_the_makefile() -> None:
    """Every week and for every changed lock, by a target that exists."""
    workflow = yaml.safe_load((PROJECT / ".github/workflows/audit.yaml").read_text("utf-8"))
    when, (job,) = workflow[True], workflow["jobs"].values()  # `on` is a truth to YAML 1.1

    assert when["schedule"]
    assert all(PROJECT.glob(pattern) for pattern in when["push"]["paths"])
    assert job["steps"][-1]["run"] == "make audit"
    assert re.search(
        r"^audit:.*\n(\t.*\n)*\t.*pip-audit .*requirements.lock", MAKEFILE, re.MULTILINE
    )
