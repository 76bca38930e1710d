"""`moderator outbox complied`: a person says that what was asked for was done."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cli.ledgers import config_file
from tests.offences import INVOICES, NOW, calling_for, message
from typer.testing import CliRunner, Result

from moderator.cli import outbox
from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder


@pytest.fixture
async def request_id(database: Engine) -> int:
    """The id of a request to mute somebody."""
    cipher = EvidenceCipher([bytes(32)])
    policy = calling_for(ActionKind.ASK_OWNER_TO_MUTE)
    sent = message(corp="ww1234567890", app="guard", chat="wr1")
    recorder = Recorder(database, cipher, Fingerprinter(bytes(32)), keep=timedelta(days=1))
    recorded = await recorder.record(
        sent, Finding((INVOICES,)), policy=policy, rulebook="b", now=NOW
    )
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
