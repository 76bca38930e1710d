"""What follows every violation, whatever the policy says, is planned once."""

from datetime import timedelta

import pytest
from tests.ledger.actions.test_requests_ledger import FINDING, NOW

from moderator.domain.decision import ActionKind
from moderator.domain.message import Message, Source, TextField
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Ladder, Policy, Rung


@pytest.mark.parametrize("called_for", [(), (ActionKind.REPORT_TO_SIEM,)])
async def test_a_report_is_planned_once_for_every_violation(
    database: Engine, called_for: tuple[ActionKind, ...]
) -> None:
    """Also where no rung names it, and not again where one does."""
    recorder = Recorder(
        database,
        EvidenceCipher([bytes(32)]),
        Fingerprinter(bytes(32)),
        keep=timedelta(days=1),
        always=(ActionKind.REPORT_TO_SIEM,),
    )
    message = Message(
        key="0" * 64,
        corp="ww1",
        app="desk",
        source=Source.CALLBACK,
        sender="zhangsan",
        message_id="1",
        kind="text",
        sent_at=NOW,
        fields=(TextField("Content", "密"),),
        chat="",
    )
    rungs = (Rung(at=1, actions=called_for),)
    policy = Policy(ladders=(Ladder(id="l", rungs=rungs, window=timedelta(days=1)),))

    recorded = await recorder.record(message, FINDING, policy=policy, rulebook="b", now=NOW)

    assert recorded is not None
    kinds = [action.kind for action in recorded.decision.actions]
    assert kinds == [ActionKind.IDENTIFY_SENDER, ActionKind.REPORT_TO_SIEM]
