"""Callbacks as spans: `callback`, and within it `open`, `screen` and `record`."""

from collections.abc import Awaitable
from typing import Any

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.intake.reception import Delivery, Reception
from moderator.ledger.recording.keeping import Keeper, Spooled
from moderator.ledger.recording.recorder import Recorded
from moderator.matching.conversation import Conversation
from moderator.pipeline import Look, Outcome
from moderator.rulebook.book import Rulebook
from moderator.telemetry.tracing import Tracer
from moderator.wecom.envelope import Envelope


class TracedReception(Reception):
    """A reception whose every delivery is a span."""

    def __init__(self, tracer: Tracer, **parts: Any) -> None:
        """`parts` as `Reception` takes them."""
        super().__init__(**parts)
        self._tracer = tracer

    def take(self, envelope: Envelope, delivery: Delivery) -> Outcome | Awaitable[Outcome]:
        return self._in_span(envelope, delivery)

    async def _in_span(self, envelope: Envelope, delivery: Delivery) -> Outcome:
        with self._tracer.span("callback", role="server", app=delivery.app) as span:
            taken = super().take(envelope, delivery)
            outcome = taken if isinstance(taken, Outcome) else await taken
            span.tell(outcome=outcome.value)
        return outcome

    def _open(self, envelope: Envelope, delivery: Delivery) -> bytes:
        with self._tracer.span("open"):
            return super()._open(envelope, delivery)


class TracedKeeper(Keeper):
    """A keeper whose every record is a span."""

    def __init__(self, tracer: Tracer, *parts: Any, **named: Any) -> None:
        """`parts` and `named` as `Keeper` takes them."""
        super().__init__(*parts, **named)
        self._tracer = tracer

    async def record(
        self, message: Message, finding: Finding, **how: Any
    ) -> Recorded | Spooled | None:
        with self._tracer.span("record") as span:
            recorded = await super().record(message, finding, **how)
            if isinstance(recorded, Recorded):
                span.tell(violation=recorded.violation_id)
            span.tell(kept=_kept(recorded))
        return recorded


def traced_look(tracer: Tracer, look: Look) -> Look:
    """`look` with a span around it, which tells how many hits there were."""

    def looking(message: Message, book: Rulebook, conversation: Conversation) -> Finding | None:
        with tracer.span("screen", rulebook=book.hash) as span:
            finding = look(message, book, conversation)
            span.tell(hits=len(finding.hits) if finding else 0)
        return finding

    return looking


def _kept(recorded: Recorded | Spooled | None) -> str:
    match recorded:
        case Recorded():
            return "recorded"
        case Spooled():
            return "spooled"
        case None:
            return "known"
