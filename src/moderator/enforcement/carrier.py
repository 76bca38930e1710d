"""One claimed action, from the claim to a state: nothing claimed is left without an end."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.domain.decision import ActionState
from moderator.enforcement.overtaken import overtaken
from moderator.enforcement.results import Result, accepted
from moderator.enforcement.retry import GiveUp, Wait, after_failure, errcode_of
from moderator.enforcement.sanctions import Sanctions
from moderator.errors import (
    LedgerError,
    LedgerUnavailable,
    WeComError,
    WeComHeld,
    WeComPaused,
)
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.records import ClaimedAction, Then
from moderator.telemetry.metrics import Metrics
from moderator.telemetry.redaction import redact_text

# One action is a handful of API calls of at most ten seconds each; what takes longer than this part
# of its lease is begun again.  The lease outlives it, so that no other worker begins it meanwhile.
LONGEST: Final = 2 / 3
_LOOK_AGAIN: Final = timedelta(minutes=5)  # after a look that told nothing
_LOOKED_LONG_ENOUGH: Final = timedelta(days=7)
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
        lease: timedelta,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._sanctions = sanctions
        self._metrics = metrics
        self._attempts = attempts
        self._longest = lease * LONGEST
        self._clock = clock
        self._jitter = jitter
        self._log = structlog.get_logger("moderator.enforcement")

    async def carry(self, action: ClaimedAction) -> None:
        """Settle or postpone `action`, whatever happens; raises nothing but cancellation."""
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                result = overtaken(action, self._clock())
                result = result or await self._sanctions.carry_out(action)
        except (WeComHeld, WeComPaused) as held:
            await self._put_off(action, held)
        except Exception as error:  # noqa: BLE001 - one broken action must not stop the others
            await self._fall_back(action, error)
        else:
            await self._settle(action, result)

    async def _fall_back(self, action: ClaimedAction, error: Exception) -> None:
        if not isinstance(error, WeComError | LedgerError):
            self._log.error("action broke", action=action.id, exc_info=error)
        # A service that died again and again must not have used up what the action has.
        verdict = after_failure(
            error,
            attempt=max(1, action.attempts - action.lost),
            attempts=self._attempts,
            jitter=self._jitter(),
        )
        match verdict:
            case _ if action.second_look:
                await self._look_again(action, error)
            case Wait(delay):
                await self._postpone(action, error, delay)
            case GiveUp(state):
                errcode = errcode_of(error)
                await self._settle(
                    action, Result(state=state, outcome=_told(error), errcode=errcode)
                )

    async def _settle(self, action: ClaimedAction, result: Result) -> None:
        if not await self._write(action, lambda: self._keep(action, result)):
            return
        self._metrics.actions.labels(action.kind.value, result.state.value).inc()
        age = self._clock() - action.created_at
        self._metrics.action_seconds.labels(action.kind.value).observe(age.total_seconds())
        self._tell(action, result.state, result.errcode, result.outcome)

    async def _keep(self, action: ClaimedAction, result: Result) -> bool:
        now = self._clock()
        then = Then(
            undoes=result.undoes,
            follow_ups=result.follow_ups,
            check_at=result.check_at,
            notice=result.notice,
        )
        if action.second_look:
            return await self._outbox.settle_look(
                action.id, result.state, result.outcome, then=then, now=now
            )
        return await self._outbox.settle(
            action.id,
            result.state,
            result.outcome,
            result.errcode,
            result.msgid,
            then=then,
            now=now,
        )

    async def _postpone(self, action: ClaimedAction, error: Exception, delay: timedelta) -> None:
        outcome, errcode, now = _told(error), errcode_of(error), self._clock()
        kept = await self._write(
            action,
            lambda: self._outbox.postpone(action.id, now + delay, outcome, errcode, now=now),
        )
        if kept:
            self._metrics.action_postponements.labels(action.kind.value, str(errcode)).inc()
            self._tell(action, ActionState.QUEUED, errcode, outcome)

    async def _put_off(self, action: ClaimedAction, held: WeComHeld | WeComPaused) -> None:
        if action.second_look:
            await self._look_later(action, held.until)
            return
        paused = isinstance(held, WeComPaused)
        errcode = held.code if isinstance(held, WeComPaused) and held.fresh else None
        outcome = f"paused: {_told(held)}" if paused else _told(held)
        kept = await self._write(
            action,
            lambda: self._outbox.put_off(
                action.id, held.until, outcome, errcode, held_by=held.held_by, now=self._clock()
            ),
        )
        if kept:
            label = "" if errcode is None else str(errcode)
            self._metrics.action_postponements.labels(action.kind.value, label).inc()

    async def _look_again(self, action: ClaimedAction, error: Exception) -> None:
        now = self._clock()
        if now - action.created_at < _LOOKED_LONG_ENOUGH:
            await self._look_later(action, now + _LOOK_AGAIN)
        else:
            await self._settle(action, accepted(f"could not be looked at again: {_told(error)}"))

    async def _look_later(self, action: ClaimedAction, until: datetime) -> None:
        await self._write(action, lambda: self._outbox.look_later(action.id, until))

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
