"""The loop that carries out actions: claim, do, settle; any number may run in parallel."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

import structlog

from moderator.domain.decision import ActionKind
from moderator.enforcement.carrier import Carrier
from moderator.enforcement.sanctions import Sanctions
from moderator.ledger.actions.outbox import Outbox
from moderator.settings import EnforcementSettings
from moderator.telemetry.metrics import Metrics

_CONCURRENCY: Final = 16  # calls wait for WeCom, and hold no connection to the database meanwhile
_UNNOTICED: Final = (ActionKind.IDENTIFY_SENDER,)  # a look-up for the record


def _now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """Carries out what is due until it is stopped.

    It looks when the ledger notifies, when an action ends (the same person's next one may be due),
    and every `settings.poll` in any case.  At most sixteen actions are under way at once.
    """

    def __init__(
        self,
        outbox: Outbox,
        sanctions: Sanctions,
        settings: EnforcementSettings,
        metrics: Metrics,
        *,
        record_only: Callable[[], bool] = lambda: False,
        credentials: Collection[str] = (),
        clock: Callable[[], datetime] = _now,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`record_only` tells whether the policy's kill switch is on.

        While it is on, nothing is begun that anybody would notice, also not what was queued or
        approved before.  `credentials` stand for the secrets in the settings: pauses of others are
        over, for whoever changed the settings mended something.
        """
        self._outbox = outbox
        self._record_only = record_only
        self._credentials = credentials
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._carrier = Carrier(
            outbox,
            sanctions,
            metrics,
            attempts=settings.attempts,
            lease=settings.lease,
            clock=clock,
            jitter=jitter,
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self._shown_at: datetime | None = None
        self._log = structlog.get_logger("moderator.enforcement")

    async def run(self) -> None:
        """Work until `stop`, then return when everything begun is settled."""
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(self._listen())
            while not self._stopping:
                self._wake.clear()
                if not await self._look(group):
                    await self._wake.wait()
            listening.cancel()

    def stop(self) -> None:
        """Begin nothing more; `run` returns when what was begun is settled."""
        self._stopping = True
        self._wake.set()

    async def work_once(self) -> int:
        """Carry out what is due now, at most sixteen actions; returns how many it was.

        Raises `LedgerError` when the outbox cannot be asked.
        """
        async with asyncio.TaskGroup() as group:
            return await self._begin_due(group)

    async def _listen(self) -> None:
        poll = self._settings.poll.total_seconds()
        while not self._stopping:  # a driver may lose a cancellation
            try:
                await self._outbox.wait(poll)
            except Exception as error:  # noqa: BLE001 - as in _look; the poll goes on
                self._out_of_reach(error)
                await asyncio.sleep(poll)
            self._wake.set()

    async def _look(self, group: asyncio.TaskGroup) -> int:
        try:
            await self._show_outbox()
            return await self._begin_due(group)
        except Exception as error:  # noqa: BLE001 - the worker outlives whatever a look runs into
            self._out_of_reach(error)
            return 0

    async def _begin_due(self, group: asyncio.TaskGroup) -> int:
        free = _CONCURRENCY - len(self._under_way)
        if not free:
            return 0
        kinds = _UNNOTICED if self._record_only() else tuple(ActionKind)
        claimed = await self._outbox.claim(free, self._settings.lease, self._clock(), kinds=kinds)
        for action in claimed:
            task = group.create_task(self._carrier.carry(action))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _show_outbox(self) -> None:
        # Here and not on scrape: a scrape must not cost the database anything.
        now = self._clock()
        if self._shown_at is None or now - self._shown_at >= self._settings.poll:
            since = await self._outbox.waiting_since()
            age = (now - since).total_seconds() if since else 0.0
            self._metrics.show_outbox(await self._outbox.counts(), oldest_seconds=age)
            await self._show_pauses()
            self._shown_at = now

    async def _show_pauses(self) -> None:
        pauses = self._outbox.pauses
        if self._credentials and self._shown_at is None:
            lifted = await pauses.supersede(self._credentials, self._clock())
            self._log.info("settings in use", pauses_lifted=lifted)
        standing = Counter((pause.app, pause.errcode) for pause in await pauses.list())
        self._metrics.show_pauses(standing)

    def _out_of_reach(self, error: Exception) -> None:
        self._metrics.worker_faults.inc()
        self._log.warning("outbox out of reach", exc_info=error)
