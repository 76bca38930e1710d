"""What must not be erased while somebody may need it before a court: legal holds.

A hold wins over every time to live.  Whoever erases keeps new holds waiting until that is
committed: nothing is erased that somebody was told is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import insert, select, update

from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction
from moderator.ledger.schema.evidence import legal_holds
from moderator.ledger.schema.tables import violations

# Whether a hold `h` concerns a violation `v`.  Userids are the same in upper and lower case, and
# whoever was renamed is still the person on whom the hold was placed.
_CONCERNS: Final = """
    h.released_at IS NULL
    AND (h.scope = 'violation' AND h.violation_id = v.id
      OR h.scope = 'chat' AND h.corp = v.corp AND h.chat = v.chat
      OR h.scope = 'person' AND h.corp = v.corp
         AND (lower(h.sender) = lower(v.sender)
           OR EXISTS (SELECT FROM people AS p
                       WHERE p.corp = h.corp AND p.userid = lower(h.sender)
                         AND lower(p.renamed_to) = lower(v.sender))))
"""
HELD: Final = f"EXISTS (SELECT FROM legal_holds AS h WHERE {_CONCERNS})"
_OVER: Final = Prepared(
    "SELECT h.* FROM legal_holds AS h JOIN violations AS v ON v.id = $1"  # noqa: S608 (ours)
    f" WHERE {_CONCERNS} ORDER BY h.id",
    ("violation",),
    {},
)
_COVERED: Final = Prepared(
    "SELECT count(*) AS number FROM violations AS v JOIN legal_holds AS h ON h.id = $1"  # noqa: S608 (ours)
    f" WHERE v.evidence IS NOT NULL AND {_CONCERNS}",
    ("hold",),
    {},
)


class Scope(StrEnum):
    """What a hold is placed on."""

    VIOLATION = "violation"
    PERSON = "person"
    CHAT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold; `target` is the violation's id, the userid, or the chatid."""

    id: int
    scope: Scope
    target: str
    reason: str
    placed_by: str
    placed_at: datetime
    released_at: datetime | None = None
    released_by: str = ""
    release_reason: str = ""


class LegalHolds:
    """Places, lists and releases holds; each deed is audited."""

    def __init__(self, engine: Engine, *, corp: str) -> None:
        self._engine = engine
        self._corp = corp

    async def place(
        self, scope: Scope, target: str, *, reason: str, by: str, now: datetime | None = None
    ) -> Hold:
        """From its commit on nothing that it covers is erased.

        Raises `NotFound` for a violation that is not there; people and chats may be held before
        anything is known of them.
        """
        values = {"corp": self._corp, "scope": scope.value, "reason": reason, "placed_by": by}
        async with self._engine.begin() as transaction:
            aim = await _aim(transaction, scope, target)
            (row,) = await transaction.rows(
                insert(legal_holds)
                .values(**values, **aim, placed_at=now or datetime.now(UTC))
                .returning(*legal_holds.c)
            )
            hold = _hold(row)
            await audit.write(transaction, _deed("hold.placed", hold, reason, by), at=now)
        return hold

    async def release(
        self, hold_id: int, *, reason: str, by: str, now: datetime | None = None
    ) -> tuple[Hold, bool]:
        """The hold, and whether it was this that ended it.  Raises `NotFound`."""
        ended = (
            update(legal_holds)
            .where(legal_holds.c.id == hold_id, legal_holds.c.released_at.is_(None))
            .values(released_at=now or datetime.now(UTC), released_by=by, release_reason=reason)
            .returning(*legal_holds.c)
        )
        async with self._engine.begin() as transaction:
            row = await transaction.row(ended)
            if row is None:
                return await _one(transaction, hold_id), False
            hold = _hold(row)
            await audit.write(transaction, _deed("hold.released", hold, reason, by), at=now)
        return hold, True

    async def list(
        self, *, released: bool = False, before: int | None = None, limit: int = 100
    ) -> Sequence[Hold]:
        """Holds, newest first; those that ended only if `released`."""
        statement = select(legal_holds).order_by(legal_holds.c.id.desc()).limit(limit)
        if not released:
            statement = statement.where(legal_holds.c.released_at.is_(None))
        if before is not None:
            statement = statement.where(legal_holds.c.id < before)
        async with self._engine.begin() as transaction:
            return [_hold(row) for row in await transaction.rows(statement)]

    async def over(self, violation_id: int) -> Sequence[Hold]:
        """The holds that keep this violation from being erased."""
        async with self._engine.begin() as transaction:
            return await holds_over(transaction, violation_id)

    async def covered(self, hold_id: int) -> int:
        """How many violations with text it covers now."""
        async with self._engine.begin() as transaction:
            row = await transaction.row(_COVERED, hold=hold_id)
        return int(row["number"]) if row else 0


async def holds_over(transaction: Transaction, violation_id: int) -> Sequence[Hold]:
    return [_hold(row) for row in await transaction.rows(_OVER, violation=violation_id)]


async def shut_out(transaction: Transaction) -> None:
    """Let no hold be placed or released before this transaction ends; to be called first.

    What was placed before is seen by every statement after this one.
    """
    await transaction.script("LOCK TABLE legal_holds IN SHARE MODE")


async def _aim(transaction: Transaction, scope: Scope, target: str) -> dict[str, object]:
    match scope:
        case Scope.PERSON:
            return {"sender": target}
        case Scope.CHAT:
            return {"chat": target}
        case Scope.VIOLATION:
            wanted = select(violations.c.id).where(violations.c.id == int(target))
            if await transaction.row(wanted) is None:
                raise NotFound(f"violation {target}")
            return {"violation_id": int(target)}


async def _one(transaction: Transaction, hold_id: int) -> Hold:
    row = await transaction.row(select(legal_holds).where(legal_holds.c.id == hold_id))
    if row is None:
        raise NotFound(f"hold {hold_id}")
    return _hold(row)


def _deed(action: str, hold: Hold, reason: str, by: str) -> Deed:
    detail = {"hold": hold.id, "reason": reason}
    return Deed(actor=by, action=action, subject=f"{hold.scope}/{hold.target}", detail=detail)


def _hold(row: Row) -> Hold:
    scope = Scope(row["scope"])
    targets = {
        Scope.VIOLATION: str(row["violation_id"] or ""),
        Scope.PERSON: row["sender"],
        Scope.CHAT: row["chat"],
    }
    return Hold(
        id=row["id"],
        scope=scope,
        target=targets[scope],
        reason=row["reason"],
        placed_by=row["placed_by"],
        placed_at=row["placed_at"],
        released_at=row["released_at"],
        released_by=row["released_by"],
        release_reason=row["release_reason"],
    )
