"""One claimed action, from the claim to a state: nothing claimed is left without an end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.domain.decision import ActionState
from moderator.enforcement.allowance import Crowded
from moderator.enforcement.overtaken import overtaken
from moderator.enforcement.results import Result
from moderator.enforcement.retry import GiveUp, Wait, after_failure, errcode_of
from moderator.enforcement.sanctions import Sanctions
from moderator.errors import LedgerError, LedgerUnavailable, WeComError
from moderator.ledger.outbox import Outbox
from moderator.ledger.records import ClaimedAction
from moderator.telemetry.metrics import Metrics
from moderator.telemetry.redaction import redact_text

# One action is a handful of API calls of at most ten seconds each; what takes longer is begun
# again.  The lease outlives it, so that no other worker begins it in the meantime.
LONGEST: Final = timedelta(seconds=60)
LEASE: Final = timedelta(seconds=90)
_CROWDED: Final = "waits its turn: WeCom shows one receiver only so many messages a minute"
_WAITS: Final = (0.1, 0.5, 2.0, 5.0)  # seconds until a result is written again, within the lease


class Carrier:
    """Carries claimed actions out and writes what came of them."""

    def __init__(
        self,
        outbox: Outbox,
        sanctions: Sanctions,
        metrics: Metrics,
        *,
        attempts: int,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._sanctions = sanctions
        self._metrics = metrics
        self._attempts = attempts
        self._clock = clock
        self._jitter = jitter
        self._log = structlog.get_logger("moderator.enforcement")

    async def carry(self, action: ClaimedAction) -> None:
        """Settle or postpone `action`, whatever happens; raises nothing but cancellation."""
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                result = overtaken(action, self._clock())
                result = result or await self._sanctions.carry_out(action)
        except Crowded as crowded:
            await self._put_off(action, crowded.wait)
        except Exception as error:  # noqa: BLE001 - one broken action must not stop the others
            await self._fall_back(action, error)
        else:
            await self._settle(action, result)

    async def _fall_back(self, action: ClaimedAction, error: Exception) -> None:
        if not isinstance(error, WeComError | LedgerError):
            self._log.error("action broke", action=action.id, exc_info=error)
        verdict = after_failure(
            error, attempt=action.attempts, attempts=self._attempts, jitter=self._jitter()
        )
        match verdict:
            case Wait(delay):
                await self._postpone(action, error, delay)
            case GiveUp(state):
                errcode = errcode_of(error)
                await self._settle(
                    action, Result(state=state, outcome=_told(error), errcode=errcode)
                )

    async def _settle(self, action: ClaimedAction, result: Result) -> None:
        kept = await self._write(
            action,
            lambda: self._outbox.settle(
                action.id,
                result.state,
                result.outcome,
                result.errcode,
                result.msgid,
                undoes=result.undoes,
                now=self._clock(),
            ),
        )
        if not kept:
            return
        self._metrics.actions.labels(action.kind.value, result.state.value).inc()
        age = self._clock() - action.created_at
        self._metrics.action_seconds.labels(action.kind.value).observe(age.total_seconds())
        self._tell(action, result.state, result.errcode, result.outcome)

    async def _postpone(self, action: ClaimedAction, error: Exception, delay: timedelta) -> None:
        outcome, errcode, now = _told(error), errcode_of(error), self._clock()
        kept = await self._write(
            action,
            lambda: self._outbox.postpone(action.id, now + delay, outcome, errcode, now=now),
        )
        if kept:
            self._metrics.action_postponements.labels(action.kind.value, str(errcode)).inc()
            self._tell(action, ActionState.QUEUED, errcode, outcome)

    async def _put_off(self, action: ClaimedAction, wait: timedelta) -> None:
        now = self._clock()
        kept = await self._write(
            action, lambda: self._outbox.put_off(action.id, now + wait, _CROWDED, now=now)
        )
        if kept:
            self._metrics.action_postponements.labels(action.kind.value, "").inc()

    async def _write(self, action: ClaimedAction, write: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the result is kept; a ledger that is away is awaited for a while."""
        try:
            kept = await self._insist(write)
        except Exception as error:  # noqa: BLE001 - the lease ends, and the action is begun again
            self._log.error("result not kept", action=action.id, exc_info=error)
            return False
        if not kept:
            self._log.warning("action moved on meanwhile", action=action.id)
        return kept

    async def _insist(self, write: Callable[[], Awaitable[bool]]) -> bool:
        for wait in _WAITS:
            try:
                return await write()
            except LedgerUnavailable:
                await asyncio.sleep(wait)
        return await write()

    def _tell(
        self, action: ClaimedAction, state: ActionState, errcode: int | None, outcome: str
    ) -> None:
        self._log.info(
            "action",
            action=action.id,
            kind=action.kind,
            violation=action.violation.id,
            state=state,
            attempt=action.attempts,
            errcode=errcode,
            outcome=outcome,
        )


def _told(error: Exception) -> str:
    return redact_text(str(error)) if isinstance(error, WeComError) else type(error).__name__
