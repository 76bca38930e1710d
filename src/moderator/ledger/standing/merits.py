"""Merits (嘉奖, 记功 …): what named people recorded in a person's favour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.types import BigInteger

from moderator.domain.decision import Standing
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.actions.reversal import take_back
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.tables import merits, violations
from moderator.ledger.standing import standings

_ADDED = ("corp", "sender", "kind", "count", "recorded_at", "recorded_by", "reason")
_INSERT = prepare(
    insert(merits)
    .values(
        **{name: bindparam(name) for name in _ADDED},
        after_violation=bindparam("after_violation", type_=BigInteger),
    )
    .returning(*merits.c)
)
_LAST = prepare(
    select(func.coalesce(func.max(violations.c.id), 0).label("id")).where(
        violations.c.corp == bindparam("corp"), violations.c.sender == bindparam("sender")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritRecord:
    """A merit with who recorded it and why, and with its withdrawal."""

    id: int
    sender: str
    kind: str
    count: int
    recorded_at: datetime
    recorded_by: str
    reason: str
    withdrawn_at: datetime | None
    withdrawn_by: str
    withdrawal_reason: str


class Merits:
    """Records, lists and withdraws merits; each changes the person's standing with it.

    A merit offsets units from then on: what was decided before it stays as it is.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def record(
        self,
        corp: str,
        sender: str,
        kind: str,
        *,
        count: int = 1,
        by: str,
        reason: str,
        now: datetime | None = None,
    ) -> MeritRecord:
        """Keep a merit of a `kind` that the policy knows, in the name of `by`."""
        at = now or datetime.now(UTC)
        async with self._engine.begin() as transaction:
            await standings.lock(transaction, corp, sender)
            last = await transaction.row(_LAST, corp=corp, sender=sender)
            row = await transaction.row(
                _INSERT,
                corp=corp,
                sender=sender,
                kind=kind,
                count=count,
                recorded_at=at,
                recorded_by=by,
                reason=reason,
                after_violation=last["id"] if last else 0,
            )
            if row is None:
                raise NotFound(f"merit of {sender}")
            await standings.restore(transaction, corp, sender, now=at)
            deed = _deed(row, "merit.recorded", by, reason)
            await audit.write(transaction, deed, at=at)
        return _record(row)

    async def withdraw(
        self, merit_id: int, *, by: str, reason: str, now: datetime | None = None
    ) -> MeritRecord:
        """Take a merit back; whoever is second learns who was first.  Raises `NotFound`.

        Violations decided since are weighed again without it.
        """
        at = now or datetime.now(UTC)
        async with self._engine.begin() as transaction:
            found = await _one(transaction, merit_id)
            person = found["corp"], found["sender"]
            await standings.lock(transaction, *person)
            statement = (
                update(merits)
                .where(merits.c.id == merit_id, merits.c.withdrawn_at.is_(None))
                .values(withdrawn_at=at, withdrawn_by=by, withdrawal_reason=reason)
                .returning(merits.c.id)
            )
            if await transaction.rows(statement):
                changed = await standings.restore(transaction, *person, now=at)
                why = f"merit {merit_id} withdrawn"
                await take_back(transaction, changed, reason=why, by=by, at=at)
                deed = _deed(found, "merit.withdrawn", by, reason)
                await audit.write(transaction, deed, at=at)
            return _record(await _one(transaction, merit_id))

    async def of(self, corp: str, sender: str) -> Sequence[MeritRecord]:
        """All merits of a person, newest first, the withdrawn ones too."""
        statement = (
            select(merits)
            .where(merits.c.corp == corp, merits.c.sender == sender)
            .order_by(merits.c.id.desc())
        )
        async with self._engine.begin() as transaction:
            return [_record(row) for row in await transaction.rows(statement)]

    async def standing(self, corp: str, sender: str) -> Standing:
        """What counts for and against a person."""
        async with self._engine.begin() as transaction:
            return await standings.read(transaction, corp, sender)


async def _one(transaction: Transaction, merit_id: int) -> Row:
    row = await transaction.row(select(merits).where(merits.c.id == merit_id))
    if row is None:
        raise NotFound(f"merit {merit_id}")
    return row


def _deed(row: Row, action: str, by: str, reason: str) -> Deed:
    told = {"merit": row["id"], "kind": row["kind"], "count": row["count"], "reason": reason}
    return Deed(actor=by, action=action, subject=f"person/{row['sender']}", detail=told)


def _record(row: Row) -> MeritRecord:
    shown = MeritRecord.__slots__
    return MeritRecord(**{name: row[name] for name in shown})
