"""The threat model names tests: they exist."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODEL = (PROJECT / "docs/security.md").read_text("utf-8")
LINES = [
    line.split("|")
    for line in MODEL.partition("## Threats")[2].partition("\n## ")[0].splitlines()
    if line.startswith("|")
][2:]


def test_every_threat_has_a_measure_and_a_test() -> None:
    """Advisories alone are asked by hand: no test may need another machine."""
    without = [line[2].strip() for line in LINES if not re.search(r"`tests/\S+::\w+`", line[4])]

    assert len(LINES) > 30
    assert all(line[3].strip() for line in LINES)
    assert without == ["a package has a known weakness"]


def test_every_test_that_is_named_exists() -> None:
    """A file, and the function in it."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", MODEL)

    missing = [one for one in named if not _exists(*one)]
    assert missing == []


def _exists(path: str, name: str) -> bool:
    file = PROJECT / path
    return file.is_file() and f"def {name}(" in file.read_text("utf-8")


def test_every_actor_has_a_line() -> None:
    """Whoever is forgotten is the one who comes."""
    actors = {line[1].strip() for line in LINES}
    expected = {
        *("forger", "WeCom sender", "member who evades", "compliance staff, curious", "ops"),
        *("thief of the database", "thief of the spool", "thief of a backup"),
        *("supply chain", "neighbour on the host"),
    }

    assert expected <= actors
