"""Proving the audit log while people watch: one proof at a time, the last kept in the log."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from moderator.errors import ModeratorError
from moderator.ledger.audit import Audit, AuditFilter, AuditRow, Break, Deed
from moderator.ledger.desk.progress import Course, Progress

ACTION: Final = "audit.verified"
_MOST_TOLD: Final = 20  # breaks; a log that was written anew has one at every row


@dataclass(slots=True)
class _Count:
    """How many rows were looked at."""

    rows: int = 0

    def saw(self, number: int) -> None:
        self.rows = number


class Verifying:
    """Verifies the log in the background of this process; every process can report on it."""

    def __init__(self, audit: Audit, progress: Progress) -> None:
        self._audit = audit
        self._progress = progress
        self._task: asyncio.Task[None] | None = None

    async def latest(self) -> Course | None:
        """The proof that is under way, or that did not come to its end."""
        return await self._progress.of(ACTION)

    async def last(self) -> AuditRow | None:
        """The last proof that came to its end."""
        rows = await self._audit.page(AuditFilter(action=ACTION), limit=1)
        return rows[0] if rows else None

    async def begin(self, by: str) -> None:
        """Begin a proof, unless one is under way, here or in another process."""
        end = await self._audit.seal()
        course = await self._progress.begin(ACTION, by=by, total=end.number)
        if course is not None:
            self._task = asyncio.create_task(self._run(course))

    async def wait(self, patience: timedelta) -> None:
        """Until the proof that this process runs is done, but no longer than that."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience.total_seconds())

    async def _run(self, course: Course) -> None:
        seen = _Count()
        try:
            async with self._progress.telling(course, lambda: seen.rows):
                breaks = await self._audit.verify(seen=seen.saw)
            await self._audit.write(_deed(course.actor, seen.rows, breaks))
            await self._progress.end(course)
        except ModeratorError as error:
            structlog.get_logger("moderator.audit").warning("not verified", exc_info=error)
            with suppress(ModeratorError):  # then it is given up for lost
                await self._progress.tell(course, seen.rows, fault=type(error).__name__)


def _deed(by: str, rows: int, breaks: list[Break]) -> Deed:
    told = [[found.number, found.fault] for found in breaks[:_MOST_TOLD]]
    detail = {"rows": rows, "breaks": len(breaks), "first": told}
    return Deed(actor=by, action=ACTION, subject="audit", detail=detail)
