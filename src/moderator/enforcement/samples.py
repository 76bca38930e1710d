"""Violations as empty and as full as they come: what every template is tried on."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

from moderator.domain.decision import Clause
from moderator.domain.message import Source
from moderator.domain.rule import Severity
from moderator.enforcement.notices import Occasion, Situation
from moderator.enforcement.wording import Words
from moderator.ledger.records import EvidenceState, HitRecord, Status, ViolationRecord


def samples(words: Words) -> Iterator[Occasion]:
    """The emptiest and the fullest violation of every category, and in every situation."""
    wordiest = max(words.topics, key=lambda name: len(words.topics[name].advice), default="")
    usual = product(words.topics, (Situation.USUAL,))
    for category, situation in (*usual, *product(("", wordiest), Situation)):
        yield Occasion(violation=_sample(category), situation=situation)
        yield Occasion(
            violation=replace(_sample(category), **_FULL),
            situation=situation,
            measure="记" * 200,
            remark="告" * 200,
            group="群" * 200,
        )


def _sample(category: str) -> ViolationRecord:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return ViolationRecord(
        id=2**63 - 1,
        message_key="",
        corp="",
        app="a" * 32,
        source=Source.CALLBACK,
        sender="u" * 64,
        sender_name="",
        sender_department="",
        sender_departments=(),
        sender_superiors=(),
        sender_gaps="",
        message_id="",
        kind="text",
        chat="",
        sent_at=moment,
        recorded_at=moment,
        category=category,
        severity=Severity.CRITICAL,
        rule="r" * 64,
        rules=(),
        hits=(),
        rulebook="",
        offence=1,
        step="",
        clauses=(),
        status=Status.OPEN,
        version=1,
        judged_by="",
        judged_at=None,
        judgement="",
        evidence=EvidenceState.WITHHELD,
        evidence_expires_at=moment + timedelta(days=1),
    )


_FULL: Final[Mapping[str, Any]] = {
    "sender_name": "名" * 200,
    "sender_department": "部" * 200,
    "chat": "c" * 64,
    "offence": 10_000,
    "hits": tuple(
        HitRecord(
            rule=f"{number}{'r' * 63}",
            version="",
            category="",
            severity=Severity.CRITICAL,
            field="",
            start=0,
            end=1,
            layers=(),
            verified=True,
            masked=True,
            shown="…wxyz",
        )
        for number in range(10)
    ),
    "clauses": (Clause(id="", document="文" * 100, version="", number="款", text="条" * 1000),),
}
