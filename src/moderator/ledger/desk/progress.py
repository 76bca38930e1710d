"""How far long work is, told to every process of the service; worth nothing after a crash."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.errors import LedgerError
from moderator.ledger.database.engine import Engine, Prepared, Row

LOST: Final = timedelta(seconds=30)  # without a word: whoever worked is gone
_EVERY: Final = timedelta(seconds=0.5)
_KEPT: Final = timedelta(days=1)

# One at a time, unless whoever works is gone or has given up.
_BEGIN: Final = Prepared(
    """
    INSERT INTO progress (work, actor, done, total, begun_at, seen_at)
    VALUES ($1, $2, 0, $3, $4, $4)
    ON CONFLICT (work) DO UPDATE SET actor = excluded.actor, done = 0, total = excluded.total,
           begun_at = excluded.begun_at, seen_at = excluded.seen_at, fault = ''
     WHERE progress.fault <> '' OR progress.seen_at <= $5
    RETURNING *
    """,
    ("work", "by", "total", "at", "lost"),
    {},
)
# `begun_at` tells whoever was given up for gone that it is not theirs any more.
_TELL: Final = Prepared(
    """
    UPDATE progress SET done = $3, seen_at = $4, fault = $5 WHERE work = $1 AND begun_at = $2
    RETURNING *
    """,
    ("work", "begun", "done", "at", "fault"),
    {},
)
_END: Final = Prepared(
    "DELETE FROM progress WHERE work = $1 AND begun_at = $2", ("work", "begun"), {}
)
_FORGET: Final = Prepared("DELETE FROM progress WHERE seen_at <= $1", ("since",), {})
_OF: Final = Prepared("SELECT * FROM progress WHERE work = $1", ("work",), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Some work as it was last heard of; `fault` is what kept it from its end."""

    work: str
    actor: str
    done: int
    total: int
    begun_at: datetime
    seen_at: datetime
    fault: str = ""

    def under_way(self, at: datetime) -> bool:
        return not self.fault and at - self.seen_at < LOST


class Progress:
    """Keeps the course of works, each by its name."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def begin(self, work: str, *, by: str, total: int) -> Course | None:
        """None while somebody is at it."""
        at = self._clock()
        async with self._engine.begin() as transaction:
            await transaction.rows(_FORGET, since=at - _KEPT)
            row = await transaction.row(
                _BEGIN, work=work, by=by, total=total, at=at, lost=at - LOST
            )
        return _course(row) if row else None

    async def of(self, work: str) -> Course | None:
        async with self._engine.begin() as transaction:
            row = await transaction.row(_OF, work=work)
        return _course(row) if row else None

    async def tell(self, course: Course, done: int, *, fault: str = "") -> None:
        told = {"work": course.work, "begun": course.begun_at, "done": done, "fault": fault}
        async with self._engine.begin() as transaction:
            await transaction.rows(_TELL, **told, at=self._clock())

    async def end(self, course: Course) -> None:
        """Delete it: the result is kept elsewhere."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_END, work=course.work, begun=course.begun_at)

    @asynccontextmanager
    async def telling(self, course: Course, done: Callable[[], int]) -> AsyncIterator[None]:
        """Tell twice a second how much is done, for as long as the block takes."""
        telling = asyncio.create_task(self._keep_telling(course, done))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _keep_telling(self, course: Course, done: Callable[[], int]) -> None:
        while True:
            with suppress(LedgerError):  # the next word tells more
                await self.tell(course, done())
            await asyncio.sleep(_EVERY.total_seconds())


def _course(row: Row) -> Course:
    return Course(**{name: row[name] for name in Course.__slots__})
