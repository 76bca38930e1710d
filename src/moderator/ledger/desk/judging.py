"""What people decide of violations, and what follows from it.

Every decision names the version of the record that it was made on.  Where somebody else changed
the record since, nothing happens and their record comes back: nothing is overwritten.  Each is
kept, audited in its own transaction, and can be undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from moderator.domain.cards import Decided
from moderator.errors import NothingToUndo
from moderator.ledger.actions.cards import show_decision
from moderator.ledger.actions.reversal import UNDOING, cancel, put_back, report, take_back, undo
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.desk.decisions import (
    Decider,
    Decision,
    DecisionKind,
    Entry,
    Trace,
    all_of,
    keep,
    standing_decision,
)
from moderator.ledger.reading.visible import violation_in
from moderator.ledger.records import Judged, Status, ViolationRecord
from moderator.ledger.schema.tables import violations
from moderator.ledger.standing import standings

_KINDS = {
    Status.OPEN: DecisionKind.REOPENED,
    Status.CONFIRMED: DecisionKind.CONFIRMED,
    Status.DISMISSED: DecisionKind.DISMISSED,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Confirm, dismiss as a false alarm, or open again."""

    status: Status
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose case it is from now on; `""` is nobody's."""

    to: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who else should decide, and why.  The case stays open."""

    to: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody writes down about the case."""

    text: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take the last decision back that still stands."""


Act = Judgement | Assignment | Escalation | Note | Undo


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The decision as it is kept, and what it sets in the record."""

    entry: Entry
    sets: Mapping[str, Any] = field(default_factory=dict)


class Judging:
    """Decides.  Every method raises `NotFound`, also for what lies outside the `bound`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def judge(
        self,
        violation_id: int,
        status: Status,
        *,
        by: str,
        reason: str = "",
        version: int,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Judged:
        """Confirm, dismiss or reopen the violation as it was at `version`.

        In the same transaction a dismissal gives the sender the strike back, cancels what was not
        yet carried out, queues the recall of notices less than 24 hours old and proposes to enable
        a disabled account; taking the dismissal back counts the strike again and cancels that.
        Later violations that weigh less (or more) now are followed by `take_back`.
        """
        decider = Decider(by=by, version=version, bound=bound, at=now or _now())
        return await self.decide(violation_id, Judgement(status, reason), decider)

    async def assign(
        self,
        violation_id: int,
        to: str,
        *,
        by: str,
        version: int,
        bound: frozenset[int] | None = None,
    ) -> Judged:
        """Make it somebody's case; `""` makes it nobody's."""
        decider = Decider(by=by, version=version, bound=bound)
        return await self.decide(violation_id, Assignment(to), decider)

    async def note(
        self,
        violation_id: int,
        text: str,
        *,
        by: str,
        version: int,
        bound: frozenset[int] | None = None,
    ) -> Judged:
        """Add a permanent note; decisions on an older version are refused, so that it is read."""
        decider = Decider(by=by, version=version, bound=bound)
        return await self.decide(violation_id, Note(text), decider)

    async def escalate(
        self,
        violation_id: int,
        to: str,
        *,
        by: str,
        reason: str,
        version: int,
        bound: frozenset[int] | None = None,
    ) -> Judged:
        """Ask `to` to decide.  The violation stays open, with the escalation on it."""
        decider = Decider(by=by, version=version, bound=bound)
        return await self.decide(violation_id, Escalation(to, reason), decider)

    async def undo(
        self,
        violation_id: int,
        *,
        by: str,
        version: int,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Judged:
        """Put back what was before the last decision that stands; notes stay.

        What it cancelled goes on, what it queued and nobody has begun is cancelled.  What WeCom
        already did cannot be taken back.  Raises `NothingToUndo`.
        """
        decider = Decider(by=by, version=version, bound=bound, at=now or _now())
        return await self.decide(violation_id, Undo(), decider)

    async def decisions(
        self, violation_id: int, *, bound: frozenset[int] | None = None
    ) -> list[Decision]:
        """What was decided of the violation, the oldest first, notes included."""
        async with self._engine.begin() as transaction:
            await violation_in(transaction, violation_id, bound=bound)
            return await all_of(transaction, violation_id)

    async def exists(self, violation_id: int, *, bound: frozenset[int] | None = None) -> None:
        """Nothing but `NotFound` where it does not, or is not to be seen."""
        async with self._engine.begin() as transaction:
            await violation_in(transaction, violation_id, bound=bound)

    async def decide(self, violation_id: int, act: Act, decider: Decider) -> Judged:
        """Any of the above."""
        async with self._engine.begin() as transaction:
            return await decide(transaction, violation_id, act, decider)


async def decide(transaction: Transaction, violation_id: int, act: Act, decider: Decider) -> Judged:
    """As `Judging.decide`, within the caller's transaction; nothing else may be locked after it."""
    found = await violation_in(transaction, violation_id, bound=decider.bound)
    if found.version != decider.version:
        return Judged(found, applied=False)
    match act:
        case Judgement():
            kept = await _judge(transaction, found, act, decider)
        case Undo():
            kept = await _undo(transaction, found, decider)
        case _:
            kept = await _apply(transaction, found, _change(found, act, decider), decider)
    return Judged(await violation_in(transaction, violation_id), applied=kept)


def _change(
    found: ViolationRecord, act: Assignment | Escalation | Note, decider: Decider
) -> _Change:
    match act:
        case Assignment(to):
            before = {"assignee": found.assignee}
            entry = Entry(kind=DecisionKind.ASSIGNED, whom=to, before=before)
            return _Change(entry=entry, sets={"assignee": to})
        case Escalation(to, reason):
            sets = {
                "escalated_to": to,
                "escalated_by": decider.by,
                "escalated_at": decider.at,
                "escalation": reason,
            }
            kind = DecisionKind.ESCALATED
            entry = Entry(kind=kind, whom=to, reason=reason, before=_as_json(found, sets))
            return _Change(entry=entry, sets=sets)
        case Note(text):
            return _Change(entry=Entry(kind=DecisionKind.NOTED, reason=text))


async def _apply(
    transaction: Transaction, found: ViolationRecord, change: _Change, decider: Decider
) -> bool:
    applied = await _set(transaction, found.id, change.sets, decider)
    if applied:
        await keep(transaction, found.id, change.entry, decider)
    return applied


async def _judge(
    transaction: Transaction, found: ViolationRecord, act: Judgement, decider: Decider
) -> bool:
    by, at = decider.by, decider.at
    sets = {
        "status": act.status.value,
        "judged_by": by,
        "judged_at": at,
        "judgement": act.reason,
    }
    await standings.lock(transaction, found.corp, found.sender)
    if not await _set(transaction, found.id, sets, decider):
        return False
    changed = await standings.restore(transaction, found.corp, found.sender, now=at)
    trace = await _reverse(transaction, found.id, act.status, by=by, at=at)
    trace += await report(transaction, found, act.status, by=by, at=at)
    why = f"violation {found.id} {act.status.value}"
    trace += await take_back(transaction, changed, reason=why, by=by, at=at)
    before = _as_json(found, sets) | trace.as_json()
    entry = Entry(kind=_KINDS[act.status], reason=act.reason, before=before)
    await keep(transaction, found.id, entry, decider)
    return True


async def _undo(transaction: Transaction, found: ViolationRecord, decider: Decider) -> bool:
    by, at = decider.by, decider.at
    decision = await standing_decision(transaction, found.id)
    if decision is None:
        raise NothingToUndo(f"violation {found.id}")
    sets = _before(decision)
    judged = "status" in sets
    if judged:
        await standings.lock(transaction, found.corp, found.sender)
    if not await _set(transaction, found.id, sets, decider):
        return False
    if judged:
        changed = await standings.restore(transaction, found.corp, found.sender, now=at)
        why = f"decision {decision['id']} undone"
        await take_back(transaction, changed, reason=why, by=by, at=at)
        told = await put_back(transaction, Trace.of(decision["before"]), reason=why, by=by, at=at)
        if told:
            await report(transaction, found, Status(sets["status"]), by=by, at=at)
    entry = Entry(kind=DecisionKind.UNDONE, undoes=decision["id"])
    await keep(transaction, found.id, entry, decider)
    return True


async def _reverse(
    transaction: Transaction, violation_id: int, status: Status, *, by: str, at: datetime
) -> Trace:
    if status is not Status.DISMISSED:
        reason = "dismissal taken back"
        return await cancel(transaction, violation_id, kinds=UNDOING, reason=reason, by=by, at=at)
    trace = await cancel(transaction, violation_id, reason="violation dismissed", by=by, at=at)
    await show_decision(transaction, violation_id, Decided.DISMISSED, by, at=at)
    # Read after that: what is not cancelled now is done, or on its way.
    now = await violation_in(transaction, violation_id)
    return trace + await undo(transaction, now, by=by, at=at)


async def _set(
    transaction: Transaction, violation_id: int, sets: Mapping[str, Any], decider: Decider
) -> bool:
    statement = (
        update(violations)
        .where(violations.c.id == violation_id, violations.c.version == decider.version)
        .values(version=violations.c.version + 1, **sets)
        .returning(violations.c.id)
    )
    return bool(await transaction.rows(statement))


def _as_json(found: ViolationRecord, sets: Mapping[str, Any]) -> dict[str, Any]:
    """What the record says now of what is about to be set."""
    values = {name: getattr(found, name) for name in sets}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _before(decision: Row) -> dict[str, Any]:
    kept = {k: v for k, v in decision["before"].items() if k not in {"cancelled", "added"}}
    moments = {k: datetime.fromisoformat(v) for k, v in kept.items() if k.endswith("_at") and v}
    return kept | moments


def _now() -> datetime:
    return datetime.now(UTC)
