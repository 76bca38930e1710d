"""`moderator outbox` against a real PostgreSQL: what is buried, what is paused, and mending it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.offences import INVOICES, NOW, calling_for, message
from typer.testing import CliRunner, Result

from moderator.cli import outbox
from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.limits.pauses import Cause, Pause, Pauses
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.records import ActionFilter
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world

Run = Callable[..., Awaitable[Result]]
WARN = ActionKind.WARN_SENDER


@pytest.fixture
def run(database_url: str) -> Run:
    """`moderator outbox …` with settings in the environment."""
    values = settings_of(invent_world(20), api_url="http://127.0.0.1:9", database_url=database_url)
    environment = {f"MODERATOR_{group.upper()}": json.dumps(each) for group, each in values.items()}

    async def ran(*arguments: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, outbox.app, list(arguments), env=environment
        )

    return ran


@pytest.fixture
async def buried(database: Engine) -> Outbox:
    """An outbox with two warnings that failed with different errcodes."""
    recorder = Recorder(
        database, EvidenceCipher([bytes(32)]), Fingerprinter(bytes(32)), keep=timedelta(days=9)
    )
    for number, sender in enumerate(("wang", "li")):
        sent = message(number, app="moderation", sender=sender)
        await recorder.record(
            sent, Finding((INVOICES,)), policy=calling_for(WARN), rulebook="b", now=NOW
        )
    box = Outbox(database)
    for errcode, claimed in zip(
        (81013, 45033), await box.claim(9, timedelta(minutes=1), NOW, kinds=[WARN]), strict=True
    ):
        await box.settle(claimed.id, ActionState.FAILED, "no", errcode, now=NOW)
    return box


@pytest.fixture
async def pause(database: Engine) -> Pause:
    cause = Cause(app="moderation", path="", credential="c", errcode=60020, reason="ip not trusted")
    return await Pauses(database).pause(cause, now=NOW, until=NOW + timedelta(minutes=1))


async def test_a_dry_run_counts_and_changes_nothing(run: Run, buried: Outbox) -> None:
    """Whoever is about to send hundreds of warnings again sees it first."""
    counted = await run("requeue", "--kind", "warn_sender", "--dry-run")

    assert counted.output == "2 would be requeued\n"
    assert len(await buried.list(ActionFilter(states=(ActionState.FAILED,)))) == 2


async def test_the_filter_chooses_what_is_tried_again(run: Run, buried: Outbox) -> None:
    """By person, errcode, state and age; who did it and why stands in the history."""
    none = await run("requeue", "--since", "2026-03-03", "--reason", "x")
    one = await run("requeue", "--sender", "wang", "--state", "failed", "--reason", "range mended")

    (queued,) = await buried.list(ActionFilter(states=(ActionState.QUEUED,), kind=WARN))
    assert (none.output, one.output) == ("0 requeued\n", "1 requeued\n")
    assert (queued.sender, queued.history[-1].outcome) == ("wang", "range mended")
    assert queued.history[-1].by.endswith("(cli)")


async def test_buried_actions_are_listed_with_their_reasons(run: Run, buried: Outbox) -> None:
    """Only those that fit."""
    listed = await run("list", "--errcode", "45033", "--state", "failed")

    assert listed.output.count("\n") == 1
    assert "errcode 45033\t\tno" in listed.output


async def test_what_wecom_accepted_is_not_called_received(run: Run, buried: Outbox) -> None:
    """The list says whose word it is."""
    await run("requeue", "--sender", "wang", "--reason", "again")
    (claimed,) = await buried.claim(1, timedelta(minutes=1), datetime.now(UTC), kinds=[WARN])
    await buried.settle(claimed.id, ActionState.ACCEPTED, "WeCom took it", 0)

    listed = await run("list", "--state", "accepted")

    assert "\taccepted by WeCom\t" in listed.output
    assert "received" not in listed.output


async def test_pauses_are_listed_and_lifted(run: Run, pause: Pause) -> None:
    """Which app, since when, why, and by whom it ended."""
    listed = await run("pauses")
    lifted = await run("lift", str(pause.id), "--reason", "IP set", "--by", "wang")
    again = await run("lift", str(pause.id), "--reason", "IP set")
    after = await run("pauses")
    kept = await run("pauses", "--all")

    assert "moderation\teverything\terrcode 60020\tip not trusted\t0 waiting" in listed.output
    assert (lifted.exit_code, again.exit_code, after.output) == (0, 1, "")
    assert "for wang IP set" in kept.output
