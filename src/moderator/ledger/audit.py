"""Who did what and who looked at what: rows that are only ever added, each sealed by the next.

Every row is written in the transaction of what it tells of, so that neither exists without the
other.  Its hash covers its content and the hash before it; the newest hash stands apart in
`audit_head`.  Whoever alters, removes or reorders a row breaks the chain from there on.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select

from moderator.errors import LedgerError
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction
from moderator.ledger.schema.tables import audit_head, audit_log

_BEGINNING: Final = bytes(32)
_PAGE: Final = 1000
_TOLD: Final = ("at", "actor", "action", "subject", "detail", "content")
# One statement, and so one round trip while all others wait: the row is sealed where it is kept,
# with the number and the hash that only the head knows.
_APPEND = Prepared(
    """
    WITH head AS (SELECT number + 1 AS number, hash AS previous FROM audit_head FOR UPDATE),
    sealed AS (
        SELECT number, previous,
            sha256(previous || convert_to('[' || number || ',' || $6::text, 'UTF8')) AS hash
        FROM head
    ),
    moved AS (
        UPDATE audit_head SET number = sealed.number, hash = sealed.hash FROM sealed
    )
    INSERT INTO audit_log (number, at, actor, action, subject, detail, previous, hash)
    SELECT number, $1::timestamptz, $2::text, $3::text, $4::text, $5::jsonb, previous, hash
    FROM sealed
    RETURNING number
    """,
    _TOLD,
    {},
)


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
    written = await transaction.rows(
        _APPEND,
        at=moment,
        actor=deed.actor,
        action=deed.action,
        subject=deed.subject,
        detail=dict(deed.detail),
        content=_content(moment, deed),
    )
    if not written:
        raise LedgerError("the audit log has no head")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which rows to read; what is left out fits any.

    `action` fits what begins with it too, up to a dot: `violation` is all about violations.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of the log at some time; kept elsewhere, it proves what came before it."""

    number: int
    hash: bytes


class Audit:
    """Reads the log and proves it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def write(self, deed: Deed, *, at: datetime | None = None) -> None:
        """A deed that changes nothing else: a look, a login, an export."""
        async with self._engine.begin() as transaction:
            await write(transaction, deed, at=at)

    async def page(
        self,
        wanted: AuditFilter = AuditFilter(),
        *,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRow]:
        """The newest rows that fit, or those before a number."""
        statement = (
            select(audit_log)
            .where(*fitting(wanted))
            .order_by(audit_log.c.number.desc())
            .limit(limit)
        )
        if before is not None:
            statement = statement.where(audit_log.c.number < before)
        async with self._engine.begin() as transaction:
            return [_row(found) for found in await transaction.rows(statement)]

    async def seal(self) -> Seal:
        """The end of the log as it is now."""
        async with self._engine.begin() as transaction:
            head = await transaction.row(select(audit_head))
        return Seal(head["number"], bytes(head["hash"])) if head else Seal(0, _BEGINNING)

    async def verify(
        self, known: Seal | None = None, *, seen: Callable[[int], object] = int
    ) -> list[Break]:
        """Every place where the chain is broken; empty if it is intact.

        `known` is a seal that was kept elsewhere: against it even a log that was written anew from
        the beginning does not hold.  `seen` is told the number of each row that was looked at.
        """
        breaks: list[Break] = []
        end, ahead = Seal(0, _BEGINNING), await self.seal()
        async for row in self.rows(until=ahead.number):
            breaks += _breaks(row, end)
            seen(row.number)
            end = Seal(row.number, row.hash)
            if known and known.number == row.number and known.hash != row.hash:
                breaks.append(Break(row.number, "is not what was sealed"))
        if end != ahead:
            breaks.append(Break(end.number, "rows are missing at the end"))
        if known and known.number > end.number:
            breaks.append(Break(end.number, f"was sealed up to {known.number}"))
        return breaks

    async def rows(
        self,
        wanted: AuditFilter = AuditFilter(),
        *,
        until: int | None = None,
    ) -> AsyncIterator[AuditRow]:
        """All rows that fit, oldest first; in pages, each a transaction of its own."""
        last = 0
        while True:
            statement = (
                select(audit_log)
                .where(audit_log.c.number > last, *fitting(wanted))
                .order_by(audit_log.c.number)
                .limit(_PAGE)
            )
            if until is not None:
                statement = statement.where(audit_log.c.number <= until)
            async with self._engine.begin() as transaction:
                found = [_row(row) for row in await transaction.rows(statement)]
            for row in found:
                yield row
            if len(found) < _PAGE:
                return
            last = found[-1].number


def _breaks(row: AuditRow, before: Seal) -> list[Break]:
    breaks = []
    if row.number != before.number + 1:
        breaks.append(Break(row.number, f"rows are missing after {before.number}"))
    elif row.previous != before.hash:
        breaks.append(Break(row.number, "does not follow the row before it"))
    if _hash(row) != row.hash:
        breaks.append(Break(row.number, "was altered"))
    return breaks


def fitting(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    """What a row has to be for the filter; nothing for one that fits all."""
    log = audit_log.c
    conditions = []
    if wanted.actor:
        conditions.append(log.actor == wanted.actor)
    if wanted.action:
        below = func.starts_with(log.action, f"{wanted.action}.")
        conditions.append((log.action == wanted.action) | below)
    if wanted.subject:
        conditions.append(log.subject == wanted.subject)
    if wanted.since:
        conditions.append(log.at >= wanted.since)
    if wanted.until:
        conditions.append(log.at < wanted.until)
    return conditions


def _hash(row: AuditRow) -> bytes:
    told = f"[{row.number},{_content(row.at, row.deed)}"
    return hashlib.sha256(row.previous + told.encode("utf-8", "replace")).digest()


def _content(at: datetime, deed: Deed) -> str:
    """What is sealed, as a JSON list without its beginning: that is the row's number."""
    told = [at.astimezone(UTC).isoformat(), deed.actor, deed.action, deed.subject, deed.detail]
    content = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return content.removeprefix("[")


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
