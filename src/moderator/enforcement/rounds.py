"""The wait between the rounds of something that works until it is stopped."""

import asyncio
from contextlib import suppress
from datetime import timedelta


class Rounds:
    """A round is due every `every`, until `stop`."""

    def __init__(self, every: timedelta) -> None:
        self._every = every.total_seconds()
        self._stopped = asyncio.Event()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    async def wait(self) -> None:
        """Return when the next round is due, or at once when stopped."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._every):
                await self._stopped.wait()
