"""Messages, findings and policies to record, and the parts that record them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from moderator.domain.decision import ActionKind, Clause
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Layer, Severity
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.policy.policy import Ladder, Policy, Rung

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CLAUSE = Clause(id="s3-8", document="s3", version="2024", number="第八条", text="警告一次")
POLICY = Policy(
    ladders=(
        Ladder(
            id="advertising",
            categories=frozenset({"advertising"}),
            window=timedelta(days=180),
            rungs=(
                Rung(
                    at=1,
                    actions=(ActionKind.WARN_SENDER, ActionKind.NOTIFY_COMPLIANCE),
                    clauses=("s3-8",),
                ),
                Rung(at=2, actions=(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP)),
            ),
        ),
    ),
    clauses={"s3-8": CLAUSE},
)


def message(number: int = 1, *, sender: str = "zhangsan", text: str = "低价代开发票") -> Message:
    """The `number`-th message of a sender, a minute after the one before."""
    return Message(
        key=sha256(f"corp/app/{sender}/{number}".encode()).hexdigest(),
        corp="corp",
        app="chat",
        source=Source.CALLBACK,
        sender=sender,
        message_id=str(number),
        kind="text",
        sent_at=NOW + timedelta(minutes=number),
        fields=(TextField("Content", text),),
        chat="group-1",
    )


def hit(start: int = 2, end: int = 6, *, masked: bool = False, field: str = "Content") -> Hit:
    """A hit of an advertising rule; a masked one is graver."""
    return Hit(
        rule="api-key" if masked else "invoices",
        version="v1",
        category="advertising",
        severity=Severity.HIGH if masked else Severity.MEDIUM,
        start=start,
        end=end,
        word="" if masked else "代开发票",
        layers=() if masked else (Layer.TRADITIONAL,),
        masked=masked,
        verified=True if masked else None,
        notes=("entropy 3.9",),
        field=field,
    )


@pytest.fixture
def now() -> datetime:
    """A moment on a Monday, before all messages."""
    return NOW


@pytest.fixture
def make_message() -> Callable[..., Message]:
    return message


@pytest.fixture
def make_hit() -> Callable[..., Hit]:
    return hit


@pytest.fixture
def finding() -> Finding:
    return Finding((hit(),))


@pytest.fixture
def policy() -> Policy:
    """Advertising: a warning, then removal on approval."""
    return POLICY


@pytest.fixture
def record(recorder: Recorder, finding: Finding) -> Callable[..., Awaitable[Recorded]]:
    """Records the `number`-th message of a sender as it is sent."""

    async def recorded(
        number: int = 1, *, sender: str = "zhangsan", policy: Policy = POLICY
    ) -> Recorded:
        sent = message(number, sender=sender)
        result = await recorder.record(
            sent, finding, policy=policy, rulebook="book-1", now=sent.sent_at
        )
        assert result is not None
        return result

    return recorded


@pytest.fixture
def cipher() -> EvidenceCipher:
    return EvidenceCipher([bytes(range(32))])


@pytest.fixture
def recorder(database: Engine, cipher: EvidenceCipher) -> Recorder:
    within = timedelta(seconds=30)  # a busy machine is no reason to fail
    fingerprinter = Fingerprinter(b"f" * 32)
    return Recorder(database, cipher, fingerprinter, keep=timedelta(days=180), within=within)


@pytest.fixture
def violations(database: Engine, cipher: EvidenceCipher) -> Violations:
    return Violations(database, cipher)


@pytest.fixture
def judging(database: Engine) -> Judging:
    return Judging(database)


@pytest.fixture
async def outbox(database: Engine) -> AsyncIterator[Outbox]:
    outbox = Outbox(database)
    yield outbox
    await outbox.close()
