"""The loop that carries bulk jobs out, beside everything else that the service does."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from moderator.errors import LedgerError
from moderator.ledger.desk.bulk import BulkWork


class Bulk:
    """Takes one item after the other until it is stopped; other processes take others."""

    def __init__(self, work: BulkWork, *, every: timedelta = timedelta(seconds=1)) -> None:
        """`every` so often it is seen whether there is something to do."""
        self._work = work
        self._every = every
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("moderator.bulk")

    async def run(self) -> None:
        """Work until `stop`; a ledger that is away is tried again later."""
        while not self._stopping.is_set():
            if not await self._worked():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._every.total_seconds()):
                        await self._stopping.wait()

    def stop(self) -> None:
        self._stopping.set()

    async def _worked(self) -> bool:
        try:
            return await self._work.step()
        except LedgerError as error:
            self._log.warning("bulk work waits", exc_info=error)
            return False
