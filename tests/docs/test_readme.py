"""What the README says is what the code does."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from moderator.cli.main import COMMANDS, app

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text("utf-8")


def test_every_command_of_the_readme_exists() -> None:
    """The commands table names commands that can be typed, and leaves none out."""
    named = set(re.findall(r"^\| `moderator ([a-z-]+)", README, re.MULTILINE))

    assert named == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_called(command: str) -> None:
    """Commands are imported when they are called; a wrong name would only show then."""
    shown = CliRunner().invoke(app, [command, "--help"])

    assert shown.exit_code == 0
    assert f"moderator {command}" in shown.output


def test_the_readme_shows_what_the_demo_prints() -> None:
    """The transcript is there, and shows the verdict that the demo ends with."""
    transcript = README.partition("<!-- demo -->")[2].partition("<!-- /demo -->")[0]

    assert "everything happened as scripted" in transcript


@pytest.mark.parametrize("record", sorted((PROJECT / "docs" / "decisions").glob("*.md")), ids=str)
def test_what_a_decision_names_exists(record: Path) -> None:
    """A record that names what enforces it names something real."""
    named = re.findall(r"`((?:tests|src|docs)/[\w./-]+)`", record.read_text("utf-8"))

    assert all((PROJECT / path).exists() for path in named), named
