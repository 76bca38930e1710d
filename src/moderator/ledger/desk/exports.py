"""Rows on their way out of the house, and the audit of each time that they go.

The log says twice what happened to an export: `export.begun` before the first row leaves, and at
the end `export.written` with the number of rows and their hash, or `export.aborted` with how far it
came.  One that has begun and has no end was cut off with the process.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import func, select

from moderator.errors import LedgerError, NotFound
from moderator.exporting.jsonl import JsonLines, Tally
from moderator.exporting.table import Cells, Format
from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine, Row
from moderator.ledger.desk.selections import Selection
from moderator.ledger.schema.tables import audit_log

BATCH: Final = 100  # rows in memory at a time; more would hold up everything else for longer


class Fate(StrEnum):
    """What became of an export."""

    BEGUN = "begun"  # and no more is known: it is under way, or was cut off with the process
    WRITTEN = "written"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRecord:
    """An export as the audit log tells it; `rows` and `hash` are of what had left by then."""

    id: str
    by: str
    subject: str
    format: Format
    filter: Mapping[str, Any]
    fate: Fate
    begun_at: datetime
    ended_at: datetime | None
    rows: int | None
    hash: str
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, and the same as JSON lines."""

    rows: Sequence[Cells]
    lines: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export under way; `tally` grows with every batch."""

    id: str
    selection: Selection
    format: Format
    by: str
    engine: Engine
    tally: Tally = field(default_factory=Tally)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """All rows, as of one moment; to be closed by whoever stops before the end."""
        written = JsonLines(self.selection.columns)
        stream = self.engine.stream(self.selection.statement, batch=BATCH)
        async with aclosing(stream) as found:
            async for rows in found:
                cells = [self.selection.cells(row) for row in rows]
                lines = written.lines(cells)
                self.tally.count(cells, lines)
                yield Batch(cells, lines)

    def deed(self, fate: Fate, **more: object) -> Deed:
        told = {"of": self.selection.subject, "format": self.format, "filter": self.selection.told}
        return Deed(
            actor=self.by,
            action=f"export.{fate}",
            subject=f"export/{self.id}",
            detail={**told, **more},
        )


class Exports:
    """Begins exports, and tells what became of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._audit = Audit(engine)
        self._telling: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def begin(
        self, selection: Selection, format_: Format, *, by: str
    ) -> AsyncIterator[Export]:
        """Whatever leaves the block before its end makes it an aborted export.

        Its end is in the log before the block is left: send the last byte after that, and nobody
        has a whole export that the log does not know of.
        """
        export = Export(
            id=uuid4().hex, selection=selection, format=format_, by=by, engine=self._engine
        )
        await self._audit.write(export.deed(Fate.BEGUN))
        try:
            yield export
            await self._audit.write(export.deed(Fate.WRITTEN, **_told(export)))
        except BaseException as error:
            reason = _reason(error)
            await self._tell(export.deed(Fate.ABORTED, reason=reason, **_told(export)))
            raise

    async def total(self, selection: Selection) -> int:
        """About how many rows it has: as of now, not of the moment of the export."""
        wanted = selection.statement.order_by(None).subquery()
        async with self._engine.begin() as transaction:
            row = await transaction.row(select(func.count().label("rows")).select_from(wanted))
        return int(row["rows"]) if row else 0

    async def one(self, export_id: str, *, by: str) -> ExportRecord:
        """What the log tells of an export of theirs.  Raises `NotFound`."""
        wanted = (audit_log.c.subject == f"export/{export_id}", audit_log.c.actor == by)
        statement = select(audit_log).where(*wanted).order_by(audit_log.c.number)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
        if not rows:
            raise NotFound(f"export {export_id}")
        return _record(export_id, rows)

    async def _tell(self, deed: Deed) -> None:
        """Write it though the request is being cancelled, and though PostgreSQL may be away."""
        telling = asyncio.create_task(self._told_anyway(deed))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
        await asyncio.shield(telling)

    async def _told_anyway(self, deed: Deed) -> None:
        try:
            await self._audit.write(deed)
        except LedgerError as error:  # then the log has its beginning and no end
            log = structlog.get_logger("moderator.export")
            log.warning("end not told", export=deed.subject, error=type(error).__name__)


def _told(export: Export) -> dict[str, object]:
    return {"rows": export.tally.rows, "hash": export.tally.hash}


def _reason(error: BaseException) -> str:
    """Why it ended early; no words of the error, which may repeat a value."""
    return "broken off" if isinstance(error, asyncio.CancelledError) else type(error).__name__


def _record(export_id: str, rows: Sequence[Row]) -> ExportRecord:
    first, last = rows[0], rows[-1]
    detail = last["detail"]
    fate = Fate(last["action"].removeprefix("export."))
    return ExportRecord(
        id=export_id,
        by=first["actor"],
        subject=detail["of"],
        format=Format(detail["format"]),
        filter=detail["filter"],
        fate=fate,
        begun_at=first["at"],
        ended_at=None if fate is Fate.BEGUN else last["at"],
        rows=detail.get("rows"),
        hash=detail.get("hash", ""),
        reason=detail.get("reason", ""),
    )
