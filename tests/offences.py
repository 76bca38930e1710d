"""A message, what was found in it and what follows, for tests that record violations."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from moderator.domain.decision import ActionKind
from moderator.domain.finding import Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Severity
from moderator.ledger.counting.alarms import Alarm, Alarms
from moderator.ledger.counting.rates import Comparison
from moderator.ledger.database.engine import Engine
from moderator.policy.alarm import Counts
from moderator.policy.policy import Ladder, Policy, Rung

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
INVOICES = Hit(
    rule="invoices",
    version="v1",
    category="advertising",
    severity=Severity.MEDIUM,
    start=2,
    end=6,
    word="代开发票",
    field="Content",
)


def message(number: int = 1, text: str = "低价代开发票", **facts: Any) -> Message:
    """The `number`-th message to an app; `facts` are fields of it that matter to the test."""
    usual: dict[str, Any] = {
        "key": sha256(str(number).encode()).hexdigest(),
        "corp": "ww1",
        "app": "desk",
        "source": Source.CALLBACK,
        "sender": "zhangsan",
        "message_id": str(number),
        "kind": "text",
        "sent_at": NOW,
        "fields": (TextField("Content", text),),
    }
    return Message(**usual | facts)


def calling_for(*actions: ActionKind) -> Policy:
    """A policy that has these done at the first offence, whatever it is."""
    rungs = (Rung(at=1, actions=actions),)
    return Policy(ladders=(Ladder(id="all", window=timedelta(days=9), rungs=rungs),))


async def raise_alarm(database: Engine) -> Alarm:
    """An open alarm over the rule `invoices`."""
    found = Comparison(
        rule="invoices",
        since=NOW - timedelta(hours=1),
        now=Counts(hits=30, messages=1000),
        usual=Counts(hits=3, messages=50_000),
    )
    raised = await Alarms(database).raise_(found, 1e-9, detail="", now=NOW)
    assert raised is not None
    return raised
