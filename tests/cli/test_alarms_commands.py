"""`moderator rules alarms` against a real PostgreSQL."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from tests.offences import raise_alarm
from typer.testing import CliRunner, Result

from moderator.cli import rules
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    values = settings_of(
        invent_world(people=80), api_url="http://127.0.0.1:1", database_url=database_url
    )
    for group, value in values.items():
        monkeypatch.setenv(f"MODERATOR_{group.upper()}", json.dumps(value))

    async def ran(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, rules.app, ["alarms", *arguments])

    return ran


@pytest.fixture
async def alarm(database: Engine) -> str:
    """The id of an open alarm."""
    return str((await raise_alarm(database)).id)


async def test_open_alarms_are_listed_with_their_figures(run: Run, alarm: str) -> None:
    """One line for each, for people and for `cut`."""
    line = (await run("list")).output.rstrip("\n").split("\t")

    assert line[0] == alarm
    assert line[2:] == [
        "invoices",
        "open",
        "30 people in 1000 messages",
        "usually 3 in 50000",
        "probability 1.0e-09",
    ]


async def test_a_cleared_alarm_is_listed_only_on_demand(run: Run, alarm: str) -> None:
    """With who cleared it and why."""
    cleared = await run("clear", alarm, "--reason", "a campaign", "--by", "alice")

    assert cleared.exit_code == 0
    assert (await run("list")).output == ""
    assert "for alice a campaign" in (await run("list", "--all")).output


async def test_clearing_what_is_cleared_is_told(run: Run, alarm: str) -> None:
    """Exit status 1, with the first one's name and reason."""
    await run("clear", alarm, "--reason", "first", "--by", "alice")

    second = await run("clear", alarm, "--reason", "second", "--by", "bob")

    assert (second.exit_code, "alice first" in second.output) == (1, True)


async def test_clearing_needs_a_reason(run: Run, alarm: str) -> None:
    """Nobody lets a rule act again without saying why."""
    assert (await run("clear", alarm)).exit_code == 2
