"""What people decided of violations, as it is kept: rows that are only ever added."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import all_, bindparam, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.types import Text

from moderator.errors import LedgerError
from moderator.ledger import audit
from moderator.ledger.database.engine import Row, Transaction, prepare
from moderator.ledger.schema.desk import decisions


class DecisionKind(StrEnum):
    """What somebody did to a case."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    ASSIGNED = "assigned"  # to nobody, where it was taken from somebody
    ESCALATED = "escalated"
    NOTED = "noted"
    UNDONE = "undone"


_KEPT: Final = (
    *("violation_id", "version", "kind", "at", "actor", "reason", "whom", "before", "undoes"),
    "job",
)
_KEEP: Final = prepare(
    insert(decisions)
    .values({name: bindparam(name, type_=decisions.c[name].type) for name in _KEPT})
    .returning(decisions.c.id)
)
_NEVER_UNDONE: Final = [DecisionKind.NOTED.value, DecisionKind.UNDONE.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """Who decides, on which version of the record, and within which departments (None: all)."""

    by: str
    version: int
    bound: frozenset[int] | None = None
    job: int | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a decision did to actions: those it cancelled, with their state before, and added."""

    cancelled: Mapping[int, str] = field(default_factory=dict)
    added: tuple[int, ...] = ()

    def __add__(self, other: "Trace") -> "Trace":
        cancelled = {**other.cancelled, **self.cancelled}
        return Trace(cancelled=cancelled, added=(*self.added, *other.added))

    def as_json(self) -> dict[str, Any]:
        cancelled = {str(action): state for action, state in self.cancelled.items()}
        return {"cancelled": cancelled, "added": list(self.added)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        cancelled = {int(action): state for action, state in kept.get("cancelled", {}).items()}
        return cls(cancelled=cancelled, added=tuple(kept.get("added", ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision.  `version` is the record's from then on; `whom` the assignee or who was asked.

    `undoes` is the decision that an undo took back.
    """

    id: int
    violation_id: int
    version: int
    kind: DecisionKind
    at: datetime
    actor: str
    reason: str
    whom: str
    undoes: int | None
    job: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decision about to be kept; `before` is what undoing it puts back."""

    kind: DecisionKind
    reason: str = ""
    whom: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    undoes: int | None = None


async def keep(transaction: Transaction, violation_id: int, entry: Entry, decider: Decider) -> int:
    """Add the decision and its line in the audit log; write it last.  Returns its id."""
    values = {
        "violation_id": violation_id,
        "version": decider.version + 1,
        "kind": entry.kind.value,
        "at": decider.at,
        "actor": decider.by,
        "reason": entry.reason,
        "whom": entry.whom,
        "before": dict(entry.before),
        "undoes": entry.undoes,
        "job": decider.job,
    }
    row = await transaction.row(_KEEP, **values)
    if row is None:
        raise LedgerError("a decision was not kept")
    told = {"decision": row["id"], "version": decider.version + 1}
    optional = {"whom": entry.whom, "undoes": entry.undoes, "job": decider.job}
    if entry.kind is not DecisionKind.NOTED:
        optional["reason"] = entry.reason
    told |= {name: value for name, value in optional.items() if value}
    deed = audit.Deed(
        actor=decider.by,
        action=f"violation.{entry.kind.value}",
        subject=f"violation/{violation_id}",
        detail=told,
    )
    await audit.write(transaction, deed, at=decider.at)
    return int(row["id"])


async def all_of(transaction: Transaction, violation_id: int) -> list[Decision]:
    """What was decided of a violation, the oldest first."""
    statement = (
        select(decisions)
        .where(decisions.c.violation_id == violation_id)
        .order_by(decisions.c.version)
    )
    return [_decision(row) for row in await transaction.rows(statement)]


async def standing_decision(transaction: Transaction, violation_id: int) -> Row | None:
    """The last decision that changed the case and was not undone; None for none."""
    undoing = aliased(decisions)
    statement = (
        select(decisions)
        .where(
            decisions.c.violation_id == violation_id,
            decisions.c.kind != all_(literal(_NEVER_UNDONE, ARRAY(Text))),
            ~select(undoing.c.id).where(undoing.c.undoes == decisions.c.id).exists(),
        )
        .order_by(decisions.c.version.desc())
        .limit(1)
    )
    return await transaction.row(statement)


def _decision(row: Row) -> Decision:
    told: dict[str, Any] = {name: row[name] for name in Decision.__slots__}
    return Decision(**told | {"kind": DecisionKind(row["kind"])})
