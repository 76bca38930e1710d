"""Forgetting what people wrote when its time is over."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from moderator.errors import LedgerError
from moderator.ledger.violations import Violations


class Retention:
    """Erases evidence that has expired, now and then until it is stopped."""

    def __init__(
        self,
        violations: Violations,
        *,
        clock: Callable[[], datetime],
        every: timedelta = timedelta(hours=1),
    ) -> None:
        self._violations = violations
        self._clock = clock
        self._every = every
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("moderator.retention")

    async def run(self) -> None:
        """Erase, wait, erase again, until `stop`; a ledger that is away is tried again later."""
        while not self._stopping.is_set():
            await self._erase()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every.total_seconds()):
                    await self._stopping.wait()

    def stop(self) -> None:
        self._stopping.set()

    async def _erase(self) -> None:
        try:
            while erased := await self._violations.erase_expired(self._clock()):
                self._log.info("erased expired evidence", violations=erased)
        except LedgerError as error:
            self._log.warning("expired evidence could not be erased", exc_info=error)
