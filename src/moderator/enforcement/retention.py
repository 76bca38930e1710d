"""Forgetting what people wrote when its time is over."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from moderator.enforcement.rounds import Rounds
from moderator.errors import LedgerError


class Expiring(Protocol):
    """Records with a time to live: violations, and callbacks that wait for their replay."""

    async def erase_expired(self, now: datetime, /) -> int:
        """Erase what people wrote from records whose time is over; how many, 0 when done."""
        ...


class Retention:
    """Erases what has expired of `kept`, now and then until it is stopped."""

    def __init__(
        self,
        *kept: Expiring,
        clock: Callable[[], datetime],
        every: timedelta = timedelta(hours=1),
    ) -> None:
        self._kept = kept
        self._clock = clock
        self._rounds = Rounds(every)
        self._log = structlog.get_logger("moderator.retention")

    async def run(self) -> None:
        """Erase, wait, erase again, until `stop`; a ledger that is away is tried again later."""
        while not self._rounds.stopped:
            for each in self._kept:
                await self._erase(each)
            await self._rounds.wait()

    def stop(self) -> None:
        self._rounds.stop()

    async def _erase(self, expiring: Expiring) -> None:
        records = type(expiring).__name__
        try:
            while erased := await expiring.erase_expired(self._clock()):
                self._log.info("erased what has expired", records=records, number=erased)
        except LedgerError as error:
            self._log.warning("could not erase", records=records, exc_info=error)
