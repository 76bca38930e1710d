"""What happened around a case, newest first: this person's other cases, and what was decided."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moderator.ledger.desk.decisions import Decision, DecisionKind
from moderator.ledger.records import Status, ViolationRecord
from moderator.web.console.catalogue import Catalogue

_SIGNS: Final = {
    DecisionKind.CONFIRMED: "check",
    DecisionKind.DISMISSED: "cross",
    DecisionKind.REOPENED: "undo",
    DecisionKind.ASSIGNED: "person",
    DecisionKind.ESCALATED: "up",
    DecisionKind.NOTED: "note",
    DecisionKind.UNDONE: "undo",
}
_TONES: Final = {Status.OPEN: "open", Status.CONFIRMED: "confirmed", Status.DISMISSED: "dismissed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the time line; `case` is another case to go to, `badge` a severity."""

    at: datetime
    sign: str
    title: str
    tone: str = "quiet"
    text: str = ""
    by: str = ""
    badge: str = ""
    case: int = 0
    current: bool = False


def timeline(
    current: ViolationRecord,
    decisions: Sequence[Decision],
    others: Sequence[ViolationRecord],
    catalogue: Catalogue,
) -> tuple[Event, ...]:
    """The case with what was decided of it, among the person's other cases."""
    told = [_violation(one, catalogue, current=one.id == current.id) for one in others]
    if not any(event.current for event in told):
        told.append(_violation(current, catalogue, current=True))
    events = [*told, *_decisions(decisions, catalogue)]
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def _violation(one: ViolationRecord, catalogue: Catalogue, *, current: bool) -> Event:
    status = catalogue.say(f"status.{one.status.value}")
    return Event(
        at=one.sent_at,
        sign="message",
        title=catalogue.word("category", one.category),
        tone=_TONES[one.status],
        text=catalogue.say("timeline.case", id=one.id, status=status, offence=one.offence),
        badge=one.severity.label,
        case=one.id,
        current=current,
    )


def _decisions(decisions: Sequence[Decision], catalogue: Catalogue) -> Iterator[Event]:
    for one in decisions:
        yield Event(
            at=one.at,
            sign=_SIGNS[one.kind],
            title=_title(one, catalogue),
            tone="decision",
            text=one.reason,
            by=one.actor,
        )


def _title(decision: Decision, catalogue: Catalogue) -> str:
    if decision.kind is DecisionKind.ASSIGNED and not decision.whom:
        return catalogue.say("timeline.unassigned")
    return catalogue.say(f"timeline.{decision.kind.value}", whom=decision.whom)
