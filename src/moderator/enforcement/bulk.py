"""The background loop that carries out bulk jobs."""

from datetime import timedelta

import structlog

from moderator.enforcement.rounds import Rounds
from moderator.errors import LedgerError
from moderator.ledger.desk.bulk import BulkWork


class Bulk:
    """Takes one item after the other until it is stopped; other processes take others."""

    def __init__(self, work: BulkWork, *, every: timedelta = timedelta(seconds=1)) -> None:
        """`every` so often it is seen whether there is something to do."""
        self._work = work
        self._rounds = Rounds(every)
        self._log = structlog.get_logger("moderator.bulk")

    async def run(self) -> None:
        """Work until `stop`; a ledger that is away is tried again later."""
        while not self._rounds.stopped:
            if not await self._worked():
                await self._rounds.wait()

    def stop(self) -> None:
        self._rounds.stop()

    async def _worked(self) -> bool:
        try:
            return await self._work.step()
        except LedgerError as error:
            self._log.warning("bulk work waits", exc_info=error)
            return False
