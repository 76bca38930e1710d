"""Who did what and who looked at what: rows that are only ever added, each sealed by the next.

Every row is written in the transaction of what it tells of, so that neither exists without the
other.  Its hash covers its content and the hash before it; the newest hash stands apart in
`audit_head`.  Whoever alters, removes or reorders a row breaks the chain from there on.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import insert, select, update

from moderator.ledger.engine import Engine, Row, Transaction, prepare
from moderator.ledger.tables import audit_head, audit_log

_BEGINNING: Final = bytes(32)
_PAGE: Final = 1000
_HEAD = prepare(select(audit_head.c.number, audit_head.c.hash).with_for_update())


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody did (`violation.dismissed`, `evidence.unmasked`, `login.failed` …) to what."""

    actor: str
    action: str
    subject: str = ""  # such as `violation/17`
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A deed as it is kept; `number` rises by one from row to row."""

    number: int
    at: datetime
    deed: Deed
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and what is wrong there."""

    number: int
    fault: str


async def write(transaction: Transaction, deed: Deed, *, at: datetime | None = None) -> None:
    """Add a row; it is there when, and only when, the transaction is committed.

    Deeds wait for each other here until they are committed: write them last.
    """
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    head = await transaction.row(_HEAD)
    number, previous = (head["number"] + 1, bytes(head["hash"])) if head else (1, _BEGINNING)
    row = AuditRow(number=number, at=moment, deed=deed, previous=previous, hash=b"")
    sealed = _hash(row)
    await transaction.rows(
        insert(audit_log).values(
            number=number,
            at=moment,
            actor=deed.actor,
            action=deed.action,
            subject=deed.subject,
            detail=dict(deed.detail),
            previous=previous,
            hash=sealed,
        )
    )
    moved = update(audit_head).values(number=number, hash=sealed)
    await transaction.rows(moved)


class Audit:
    """Reads the log and proves it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def write(self, deed: Deed) -> None:
        """A deed that changes nothing else: a look, a login, an export."""
        async with self._engine.begin() as transaction:
            await write(transaction, deed)

    async def page(self, *, before: int | None = None, limit: int = 100) -> list[AuditRow]:
        """The newest rows, or those before a number."""
        statement = select(audit_log).order_by(audit_log.c.number.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit_log.c.number < before)
        async with self._engine.begin() as transaction:
            return [_row(found) for found in await transaction.rows(statement)]

    async def verify(self) -> list[Break]:
        """Every place where the chain does not hold; empty where it is whole."""
        breaks: list[Break] = []
        number, previous = 0, _BEGINNING
        async for row in self._all():
            if row.number != number + 1:
                breaks.append(Break(row.number, f"rows are missing after {number}"))
            elif row.previous != previous:
                breaks.append(Break(row.number, "does not follow the row before it"))
            if _hash(row) != row.hash:
                breaks.append(Break(row.number, "was altered"))
            number, previous = row.number, row.hash
        async with self._engine.begin() as transaction:
            head = await transaction.row(select(audit_head))
        if head is None or (head["number"], bytes(head["hash"])) != (number, previous):
            breaks.append(Break(number, "rows are missing at the end"))
        return breaks

    async def _all(self) -> AsyncIterator[AuditRow]:
        last = 0
        while True:
            statement = (
                select(audit_log)
                .where(audit_log.c.number > last)
                .order_by(audit_log.c.number)
                .limit(_PAGE)
            )
            async with self._engine.begin() as transaction:
                rows = [_row(found) for found in await transaction.rows(statement)]
            for row in rows:
                yield row
            if len(rows) < _PAGE:
                return
            last = rows[-1].number


def _hash(row: AuditRow) -> bytes:
    deed = row.deed
    told = [
        *(row.number, row.at.astimezone(UTC).isoformat()),
        *(deed.actor, deed.action, deed.subject, deed.detail),
    ]
    content = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(row.previous + content.encode("utf-8", "replace")).digest()


def _row(row: Row) -> AuditRow:
    deed = Deed(
        actor=row["actor"], action=row["action"], subject=row["subject"], detail=row["detail"]
    )
    return AuditRow(
        number=row["number"],
        at=row["at"],
        deed=deed,
        previous=bytes(row["previous"]),
        hash=bytes(row["hash"]),
    )
