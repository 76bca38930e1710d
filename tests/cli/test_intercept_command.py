"""`moderator rules sync-intercept` against the stand-in over real HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from moderator.cli.rules import app
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn

PACK = """
category: gambling
severity: high
description: 赌博
rules:
  - id: lottery
    description: 彩票
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [今天开会]
"""

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[StandIn, str]]:
    stand_in = StandIn(invent_world(people=30))
    async with serving(stand_in) as url:
        yield stand_in, url


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "gambling.yaml").write_text(PACK, "utf-8")
    return directory


@pytest.fixture
def run(stand_in: tuple[StandIn, str], rules: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command beside the server; `interception` replaces that group of settings."""
    world, url = stand_in[0].company.world, stand_in[1]
    values = settings_of(world, api_url=url) | {"rules": {"directory": str(rules)}}
    monkeypatch.delenv("MODERATOR_CONFIG", raising=False)

    async def run(*arguments: str, **interception: Any) -> Result:
        wanted = {"app": MODERATION_APP, "departments": [3]} | interception
        for name, value in (values | {"interception": wanted}).items():
            monkeypatch.setenv(f"MODERATOR_{name.upper()}", json.dumps(value))
        return await asyncio.to_thread(CliRunner().invoke, app, ["sync-intercept", *arguments])

    return run


async def test_a_dry_run_tells_drift_by_its_exit_status_and_changes_nothing(
    run: Run, stand_in: tuple[StandIn, str]
) -> None:
    """1 while WeCom's rules differ, 0 when they are as they should be: for a timer."""
    before = await run("--dry-run")
    made = await run()
    after = await run("--dry-run")

    assert (before.exit_code, made.exit_code, after.exit_code) == (1, 0, 0)
    assert "+ mod-gambling-01: 1 words" in before.output
    assert "WeCom's rules are as they should be" in after.output
    [rule] = stand_in[0].company.intercept_rules.values()
    assert rule.words == ("六合彩",)


async def test_what_somebody_changed_by_hand_is_drift(
    run: Run, stand_in: tuple[StandIn, str]
) -> None:
    """A rule deleted in the admin console comes back with the next run."""
    await run()
    stand_in[0].company.intercept_rules.clear()

    assert (await run("--dry-run")).exit_code == 1
    assert "1 of WeCom's rules changed" in (await run()).output


async def test_no_word_is_printed(run: Run) -> None:
    """Output of commands ends in logs and mails."""
    assert "六合彩" not in (await run()).output


@pytest.mark.parametrize("changes", [{"app": ""}, {"departments": []}])
async def test_missing_settings_are_named_before_anything_is_called(
    run: Run, stand_in: tuple[StandIn, str], changes: dict[str, Any]
) -> None:
    """The command is off until somebody says whose chats are watched."""
    result = await run(**changes)

    assert result.exit_code != 0
    assert "interception" in str(result.exception)
    assert stand_in[0].journal.calls() == []
