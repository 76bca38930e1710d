"""From the spool into PostgreSQL, as soon as PostgreSQL is back."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from moderator.errors import LedgerError
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.spool import Filling, Spool
from moderator.telemetry.metrics import Metrics


class Draining:
    """Looks into the spool until it is stopped, and shows how full it is."""

    def __init__(
        self,
        keeper: Keeper,
        spool: Spool,
        metrics: Metrics,
        *,
        every: timedelta = timedelta(milliseconds=500),
    ) -> None:
        self._keeper = keeper
        self._spool = spool
        self._metrics = metrics
        self._every = every
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("moderator.spool")
        self.filling = Filling(waiting=0, refused=0, used=0, limit=0)
        self.fault = ""

    async def run(self) -> None:
        """Move what waits, show what is left, and look again, until `stop`."""
        with suppress(LedgerError):  # the same is told by the first look
            await self._spool.try_again()
            for file, rows in (await self._spool.others()).items():
                told = {"file": str(file), "rows": rows, "ours": str(self._spool.path)}
                self._log.error("rows of another database wait", **told)
        while not self._stopping.is_set():
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._every.total_seconds()):
                    await self._stopping.wait()

    def stop(self) -> None:
        self._stopping.set()

    async def _look(self) -> None:
        try:
            await self._keeper.drain()
        except LedgerError as error:
            self._tell(type(error).__name__)
        else:
            self._tell("")
        with suppress(LedgerError):
            self.filling = await self._spool.filling()
            self._metrics.show_spool(
                waiting=self.filling.waiting,
                refused=self.filling.refused,
                used=self.filling.used,
                limit=self.filling.limit,
            )

    def _tell(self, fault: str) -> None:
        if fault != self.fault:
            self.fault = fault
            self._log.warning("spool", fault=fault, waiting=self.filling.waiting)
