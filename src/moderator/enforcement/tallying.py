"""Counting the days that are over, so that statistics need not."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from moderator.enforcement.rounds import Rounds
from moderator.errors import LedgerError
from moderator.ledger.counting.days import DayCounts


class Tallying:
    """Counts days now and then until it is stopped."""

    def __init__(
        self,
        days: DayCounts,
        *,
        clock: Callable[[], datetime],
        every: timedelta = timedelta(hours=1),
    ) -> None:
        self._days = days
        self._clock = clock
        self._rounds = Rounds(every)
        self._log = structlog.get_logger("moderator.statistics")

    async def run(self) -> None:
        """Count, wait, count again, until `stop`; a ledger that is away is tried again later."""
        while not self._rounds.stopped:
            await self._count()
            await self._rounds.wait()

    def stop(self) -> None:
        self._rounds.stop()

    async def _count(self) -> None:
        try:
            while not self._rounds.stopped and (number := await self._days.count(self._clock())):
                self._log.info("counted days", number=number)
        except LedgerError as error:
            # Statistics count such days afresh meanwhile: slower, but the same numbers.
            self._log.warning("could not count days", exc_info=error)
