"""A connection that one caller keeps, for statements that are transactions by themselves.

It spares BEGIN, COMMIT, and what a pool does to hand a connection over: under load each of these
waits for whatever else the process does just then.
"""

import asyncio
from contextlib import suppress
from typing import Any

from moderator.errors import LedgerError
from moderator.ledger.database.engine import LONGEST_FAREWELL, Engine, Prepared, Row, translated


class Line:
    """Beside the engine's pool; opened by the first use, and again by the next after an error."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = None
        self._alone = asyncio.Lock()  # asyncpg carries out one statement at a time
        engine.adopt(self)

    async def rows(self, statement: Prepared, **given: Any) -> list[Row]:
        """Carry out a statement; what it changes is committed when this returns.

        Raises `LedgerError`.  After `LedgerUnavailable` and after a cancellation nobody knows
        whether it was committed.  It has no time-out of its own.
        """
        async with self._alone:
            connection = await self._opened()
            try:
                with translated():
                    found: list[Row] = await connection.fetch(
                        statement.sql, *statement.arguments(given)
                    )
            except BaseException:
                await self.close()  # nobody knows what is left on it
                raise
        return found

    async def close(self) -> None:
        """Call off what is under way; whoever asks again opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(LedgerError), translated():
                await connection.close(timeout=LONGEST_FAREWELL)

    async def _opened(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._engine.connect_for_statements()
        return self._connection
