"""Waiting for a NOTIFY of PostgreSQL, with the clock as fallback."""

import asyncio
from contextlib import suppress
from typing import Any

from moderator.errors import LedgerUnavailable
from moderator.ledger.database.engine import Engine, translated


class Listener:
    """Hears one channel on a connection of its own; connects when first asked, and again if cut."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine = engine
        self._channel = channel
        self._heard = asyncio.Event()
        self._connection: Any = None

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 (how often to look, no deadline)
        """Until something is notified or `timeout` seconds passed; True if it is worth looking.

        Also true at once after a new connection: what was notified before it went unheard.
        """
        if await self._connected():
            return True
        with suppress(TimeoutError):
            # Not wait_for: up to Python 3.11 a cancellation that meets the event is lost in it.
            async with asyncio.timeout(timeout):
                await self._heard.wait()
        heard = self._heard.is_set()
        self._heard.clear()
        return heard

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            with suppress(LedgerUnavailable), translated():
                await connection.close(timeout=1)

    async def _connected(self) -> bool:
        """Whether a connection had to be made, and was."""
        if self._connection is not None and not self._connection.is_closed():
            return False
        try:
            await self._connect()
        except LedgerUnavailable:
            return False  # PostgreSQL is away: the clock decides when to look again
        return True

    async def _connect(self) -> None:
        connection = await self._engine.connect()
        try:
            with translated():
                await connection.add_listener(self._channel, self._hear)
        except BaseException:  # also when the waiter is cancelled: nobody else knows of it
            connection.terminate()
            raise
        connection.add_termination_listener(self._hear)
        self._connection = connection

    def _hear(self, *_: object) -> None:
        self._heard.set()
