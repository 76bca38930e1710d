"""A walk over a table in short steps: no statement takes long, however many rows there are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, func, select

from moderator.ledger.database.engine import Engine

STEP: Final = 5000  # ids of one window


@dataclass(frozen=True, slots=True)
class Window:
    """The ids above `after` up to `until`; `last` is the greatest that there was at the start."""

    after: int
    until: int
    last: int


async def windows(engine: Engine, table: Table, *, step: int = STEP) -> AsyncIterator[Window]:
    """All ids of `table`, ascending; rows that are added meanwhile are not among them."""
    async with engine.begin() as transaction:
        row = await transaction.row(select(func.coalesce(func.max(table.c.id), 0).label("last")))
    last = int(row["last"]) if row else 0
    for after in range(0, last, step):
        yield Window(after, min(after + step, last), last)
