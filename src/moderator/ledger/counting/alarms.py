"""Alarms over rules that hit far more than usual; an open one holds what the rule would destroy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningInsert

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.actions.settling import appended, one_of
from moderator.ledger.audit import Deed
from moderator.ledger.counting.rates import Comparison
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.schema.tables import actions, alarms, violations

_DESTRUCTIVE: Final = tuple(kind for kind in ActionKind if kind.destructive)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A rule that hit `hits` people in `messages` since that hour, against the usual figures.

    `probability` is how improbable that was.  Open while `cleared_at` is None.
    """

    id: int
    rule: str
    raised_at: datetime
    since: datetime
    hits: int
    messages: int
    usual_hits: int
    usual_messages: int
    probability: float
    cleared_at: datetime | None
    cleared_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """What came of clearing: not `applied` when somebody had done it before."""

    alarm: Alarm
    applied: bool


class Alarms:
    """Raises alarms, tells of them and clears them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def raise_(
        self, found: Comparison, probability: float, *, detail: str, now: datetime
    ) -> Alarm | None:
        """Raise the alarm, if none is open for the rule; None then.

        In the same transaction compliance is told, by an action of the rule's latest violation with
        this `detail`, and what the rule would destroy by itself waits for a person from now on.
        """
        async with self._engine.begin() as transaction:
            row = await transaction.row(_raised(found, probability, now))
            if row is None:
                return None
            await _hold(transaction, found.rule, now)
            await _tell(transaction, found.rule, detail, now)
        return _alarm(row)

    async def list(
        self, *, open_only: bool = False, before: int | None = None, limit: int = 100
    ) -> list[Alarm]:
        """Alarms, newest first, below the id `before`."""
        statement = select(alarms).order_by(alarms.c.id.desc()).limit(limit)
        if open_only:
            statement = statement.where(alarms.c.cleared_at.is_(None))
        if before is not None:
            statement = statement.where(alarms.c.id < before)
        async with self._engine.begin() as transaction:
            return [_alarm(row) for row in await transaction.rows(statement)]

    async def clear(self, alarm_id: int, *, by: str, reason: str, now: datetime) -> Cleared:
        """Let the rule act again, in the name of `by`; whoever is second learns who was first.

        What was held stays a proposal.  Raises `NotFound`.
        """
        statement = (
            update(alarms)
            .where(alarms.c.id == alarm_id, alarms.c.cleared_at.is_(None))
            .values(cleared_at=now, cleared_by=by, reason=reason)
            .returning(*alarms.c)
        )
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
            if row is not None:
                told = {"rule": row["rule"], "reason": reason}
                deed = Deed(
                    actor=by, action="alarm.cleared", subject=f"alarm/{alarm_id}", detail=told
                )
                await audit.write(transaction, deed, at=now)
                return Cleared(_alarm(row), applied=True)
            row = await transaction.row(select(alarms).where(alarms.c.id == alarm_id))
        if row is None:
            raise NotFound(f"alarm {alarm_id}")
        return Cleared(_alarm(row), applied=False)


def _raised(found: Comparison, probability: float, now: datetime) -> ReturningInsert[Any]:
    return (
        upsert(alarms)
        .values(
            rule=found.rule,
            raised_at=now,
            since=found.since,
            hits=found.now.hits,
            messages=found.now.messages,
            usual_hits=found.usual.hits,
            usual_messages=found.usual.messages,
            probability=probability,
        )
        .on_conflict_do_nothing(
            index_elements=[alarms.c.rule], index_where=alarms.c.cleared_at.is_(None)
        )
        .returning(*alarms.c)
    )


async def _hold(transaction: Transaction, rule: str, now: datetime) -> None:
    """Make proposals of what the rule has queued and nobody approved."""
    reason = f"held by an alarm on rule {rule}"
    statement = (
        update(actions)
        .where(
            actions.c.violation_id == violations.c.id,
            violations.c.rule == rule,
            actions.c.state == ActionState.QUEUED.value,
            actions.c.kind == one_of(_DESTRUCTIVE),
            actions.c.decided_by == "",
        )
        .values(
            state=ActionState.PROPOSED.value,
            outcome=reason,
            updated_at=now,
            history=appended(now, ActionState.PROPOSED, outcome=reason),
        )
    )
    await transaction.rows(statement)


async def _tell(transaction: Transaction, rule: str, detail: str, now: datetime) -> None:
    latest = (
        select(violations.c.id, violations.c.corp, violations.c.sender)
        .where(violations.c.rules.contains([rule]))
        .order_by(violations.c.id.desc())
        .limit(1)
    )
    violation = await transaction.row(latest)
    if violation is None:
        return  # counted, but spooled or not committed yet: /healthz shows the alarm all the same
    told = insert(actions).values(
        violation_id=violation["id"],
        corp=violation["corp"],
        sender=violation["sender"],
        kind=ActionKind.NOTIFY_COMPLIANCE.value,
        state=ActionState.QUEUED.value,
        reason=f"alarm on rule {rule}",
        detail=detail,
        created_at=now,
        queued_at=now,
        due_at=now,
        updated_at=now,
    )
    await transaction.rows(told)
    await transaction.rows(NOTIFY)


def _alarm(row: Row) -> Alarm:
    return Alarm(**dict(row.items()))
