"""What holds for violations whatever the policy says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.offences import INVOICES, NOW, calling_for, message

from moderator.domain import canary
from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.records import Status


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

    recorded = await recorder.record(
        message(), Finding((INVOICES,)), policy=calling_for(*called_for), rulebook="b", now=NOW
    )

    assert recorded is not None
    kinds = [action.kind for action in recorded.decision.actions]
    assert kinds == [ActionKind.IDENTIFY_SENDER, ActionKind.REPORT_TO_SIEM]


@pytest.mark.parametrize(
    ("category", "status"), [(canary.CATEGORY, Status.CONFIRMED), ("advertising", Status.OPEN)]
)
async def test_nobody_has_to_judge_the_canary(
    database: Engine, category: str, status: Status
) -> None:
    """It is recorded as confirmed, and stands in no queue of what waits."""
    cipher = EvidenceCipher([bytes(32)])
    recorder = Recorder(database, cipher, Fingerprinter(bytes(32)), keep=timedelta(days=1))
    hit = replace(INVOICES, category=category)

    recorded = await recorder.record(
        message(), Finding((hit,)), policy=calling_for(), rulebook="b", now=NOW
    )

    assert recorded is not None
    kept = await Violations(database, cipher).one(recorded.violation_id, unmasked=False)
    assert kept.status is status
