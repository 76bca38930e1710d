"""`moderator canary` before it flies."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from moderator.cli.main import app
from moderator.errors import RulebookError
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.shipped import rules_directory

NOWHERE = "http://127.0.0.1:1"
LOUD = "ladders:\n  - {id: all, window: 9d, rungs: [{at: 1, actions: [warn_sender]}]}\n"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    values = settings_of(invent_world(people=80), api_url=NOWHERE)
    values["rules"] = {"directory": str(tmp_path)}
    for group, value in values.items():
        monkeypatch.setenv(f"MODERATOR_{group.upper()}", json.dumps(value))
    for name in ("canary.yaml", "policy.yaml"):
        (tmp_path / name).write_bytes((rules_directory() / name).read_bytes())
    return tmp_path


def fly(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["canary", "--target", NOWHERE, "--within", "0.1", *arguments])


def test_every_app_is_tried_and_a_fault_is_exit_status_1(rules: Path) -> None:
    """One line for each app, and what is wrong with it."""
    flown = fly()

    assert flown.exit_code == 1
    assert "moderation: the callback was answered not at all" in flown.output


def test_rules_without_the_canary_are_refused(rules: Path) -> None:
    """With the file to copy, before anything is sent."""
    (rules / "canary.yaml").unlink()

    refused = fly()

    assert isinstance(refused.exception, RulebookError)
    assert "copy canary.yaml" in str(refused.exception)


def test_a_policy_that_would_warn_somebody_is_refused(rules: Path) -> None:
    """Every few minutes somebody would be told of a violation that is none."""
    (rules / "policy.yaml").write_text(LOUD, "utf-8")

    refused = fly()

    assert isinstance(refused.exception, RulebookError)
    assert "warn_sender" in str(refused.exception)


def test_an_unknown_app_is_refused(rules: Path) -> None:
    """With its name."""
    assert "nobody" in fly("--app", "nobody").output
