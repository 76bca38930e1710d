"""`moderator demo` plays its day and says whether it went as scripted."""

import os
import subprocess
import sys

import pytest

from moderator.rehearsal.play import Scene
from moderator.rehearsal.scene import Kind, Line, day

pytestmark = pytest.mark.slow


def test_the_demo_goes_as_scripted_and_ends_by_itself() -> None:
    """What `make demo ARGS=--once` shows a newcomer, from nothing to the verdict."""
    shown = subprocess.run(
        [sys.executable, "-c", "from moderator.cli.main import run; run()", "demo", "--once"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "140"},
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    for sign in ("everything happened as scripted", "undid traditional", "removed from the group"):
        assert sign in shown.stdout
    assert "curl" in shown.stdout


def test_the_script_says_what_it_must_show() -> None:
    """Clean talk, a disguise, a key, an identity number, the same person's two advertisements."""
    lines = day(seed=1)
    found = [line.category for line in lines if line.category]

    assert {"credential", "personal-data", "gambling", "advertising", "abuse"} <= set(found)
    assert found.count("advertising") == 2
    assert any("路口交通" in line.text and not line.category for line in lines)
    assert len(lines) >= 20


def test_a_day_is_the_same_for_the_same_seed() -> None:
    """And its secrets are others for another."""
    assert day(seed=1) == day(seed=1)
    assert day(seed=1) != day(seed=2)


def played(line: Line, **changes: object) -> Scene:
    told: dict[str, object] = {"line": line, "message_id": "1", "statuses": (200,)}
    return Scene(**(told | changes))  # type: ignore[arg-type]


def test_what_differs_from_the_script_is_noticed() -> None:
    """A missed violation, a false alarm, a refused message, a doubled record, a forgery let in."""
    clean = Line(at="9", sender="a", text="早")
    wanted = Line(at="9", sender="a", text="六合彩", category="gambling")
    forged = Line(at="9", sender="a", text="早", kind=Kind.FORGED)

    assert played(clean).as_scripted
    assert not played(wanted).as_scripted
    assert not played(clean, violation={"category": "abuse"}).as_scripted
    assert not played(clean, statuses=(503,)).as_scripted
    assert not played(wanted, violation={"category": "gambling"}, doubled=True).as_scripted
    assert not played(forged).as_scripted
    assert played(forged, statuses=(403,)).as_scripted
