"""Proving the audit log while people watch: one proof at a time, the last kept in the log."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.errors import ModeratorError
from moderator.ledger.audit import Audit, AuditFilter, AuditRow, Break, Deed

ACTION: Final = "audit.verified"
_MOST_TOLD: Final = 20  # breaks; a log that was written anew has one at every row


@dataclass(slots=True)
class Verification:
    """One proof under way or done; `error` names what kept it from its end."""

    by: str
    begun_at: datetime
    rows: int
    seen: int = 0
    ended_at: datetime | None = None
    breaks: list[Break] = field(default_factory=list)
    error: str = ""

    def saw(self, number: int) -> None:
        self.seen = number


class Verifying:
    """Runs proofs beside the requests of this process."""

    def __init__(self, audit: Audit, *, clock: Callable[[], datetime]) -> None:
        self._audit = audit
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self.latest: Verification | None = None  # of this process, under way or done

    @property
    def under_way(self) -> bool:
        return self._task is not None and not self._task.done()

    async def last(self) -> AuditRow | None:
        """The last proof that came to its end, whichever process ran it."""
        rows = await self._audit.page(AuditFilter(action=ACTION), limit=1)
        return rows[0] if rows else None

    async def begin(self, by: str) -> None:
        """Begin a proof, unless one is under way."""
        if self.under_way:
            return
        end = await self._audit.seal()
        self.latest = Verification(by=by, begun_at=self._clock(), rows=end.number)
        self._task = asyncio.create_task(self._run(self.latest))

    async def wait(self, patience: timedelta) -> None:
        """Until the proof is done, but no longer than that."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=patience.total_seconds())

    async def _run(self, run: Verification) -> None:
        try:
            run.breaks = await self._audit.verify(seen=run.saw)
            run.ended_at = self._clock()
            await self._audit.write(_deed(run))
        except ModeratorError as error:
            run.error, run.ended_at = type(error).__name__, self._clock()
            structlog.get_logger("moderator.audit").warning("not verified", exc_info=error)


def _deed(run: Verification) -> Deed:
    told = [[found.number, found.fault] for found in run.breaks[:_MOST_TOLD]]
    detail = {"rows": run.seen, "breaks": len(run.breaks), "first": told}
    return Deed(actor=run.by, action=ACTION, subject="audit", detail=detail)
