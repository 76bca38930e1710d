"""`moderator outbox complied`: a person says that what was asked for was done."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.ledgers import config_file
from typer.testing import CliRunner, Result

from moderator.cli import outbox
from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Severity
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Ladder, Policy, Rung

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HIT = Hit(
    rule="r",
    version="v",
    category="abuse",
    severity=Severity.HIGH,
    start=0,
    end=1,
    word="x",
    field="Content",
)


@pytest.fixture
async def request_id(database: Engine) -> int:
    """The id of a request to mute somebody."""
    cipher = EvidenceCipher([bytes(32)])
    rungs = (Rung(at=1, actions=(ActionKind.ASK_OWNER_TO_MUTE,)),)
    policy = Policy(ladders=(Ladder(id="l", rungs=rungs, window=timedelta(days=1)),))
    message = Message(
        key="0" * 64,
        corp="ww1234567890",
        app="guard",
        source=Source.CALLBACK,
        sender="zhangsan",
        message_id="1",
        kind="text",
        sent_at=NOW,
        fields=(TextField("Content", "x"),),
        chat="wr1",
    )
    recorder = Recorder(database, cipher, Fingerprinter(bytes(32)), keep=timedelta(days=1))
    recorded = await recorder.record(message, Finding((HIT,)), policy=policy, rulebook="b", now=NOW)
    assert recorded is not None
    return (await Violations(database, cipher).one(recorded.violation_id)).actions[-1].id


async def run(config: Path, *arguments: str) -> Result:
    command = ["complied", *arguments, "--config", str(config)]
    return await asyncio.to_thread(CliRunner().invoke, outbox.app, command)


async def test_a_request_is_settled_once_and_the_second_learns_it(
    database: Engine, database_url: str, tmp_path: Path, request_id: int
) -> None:
    """Exit status 1 where there is no open request any more; who said so is kept."""
    config = config_file(tmp_path, database_url)

    first = await run(config, str(request_id), "--note", "已禁言三天", "--by", "李静")
    second = await run(config, str(request_id))
    action = await Outbox(database).one(request_id)

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert (action.state, action.outcome) == (ActionState.COMPLIED, "已禁言三天")
    assert "for 李静" in action.history[-1].by
