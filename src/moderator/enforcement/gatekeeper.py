"""The gate before every call of WeCom: its limits, its refusals and its absence, respected."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.enforcement.breaker import Breakers
from moderator.enforcement.limits import charges, frequency
from moderator.errors import WeComHeld, WeComPaused, WeComRefused, WeComUnreachable
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.limits.admission import Admissions, Admitted
from moderator.ledger.limits.allowances import Allowances, Full
from moderator.ledger.limits.pauses import (
    Cause,
    Pause,
    Pauses,
    begin_pause,
    in_the_way,
    last_asked,
    later,
)
from moderator.telemetry.metrics import Metrics
from moderator.wecom.errors import (
    BUSY,
    NO_SUCH_MEMBER,
    PERMISSION,
    TOO_MANY_CALLS,
    WRONG_SECRET,
    Remedy,
    classify,
)
from moderator.wecom.gate import Call

# WeCom bans an address for an hour that shows a wrong secret again; so long is the shortest pause.
_BAN: Final = timedelta(hours=1)
_FIRST: Final = timedelta(minutes=1)  # as long as a change of 企业可信IP takes
_LONGEST: Final = timedelta(hours=1)
_LONGEST_OF_SECRETS: Final = timedelta(hours=24)


class Gatekeeper:
    """Lets calls pass while WeCom takes them; all processes on one ledger agree.

    What is paused, blocked or full is kept in the ledger; the breakers are this process's own.
    """

    counts_people = True

    def __init__(
        self,
        engine: Engine,
        metrics: Metrics,
        *,
        corp: str,
        clock: Callable[[], datetime],
        breakers: Breakers | None = None,
    ) -> None:
        self.pauses = Pauses(engine)
        self.allowances = Allowances(engine)
        self.breakers = breakers or Breakers(on_change=metrics.show_breaker)
        self._admissions = Admissions(engine)
        self._people = People(engine)
        self._metrics = metrics
        self._corp = corp
        self._clock = clock
        self._log = structlog.get_logger("moderator.enforcement")

    @asynccontextmanager
    async def passing(self, call: Call) -> AsyncIterator[None]:
        """Around a call; raises `WeComHeld` or `WeComPaused` instead of it, and `LedgerError`."""
        self._refuse_while_open(call)
        admitted = await self._admitted(call)
        self._refuse_while_open(call)
        probe = self.breakers.begin(call.family)
        try:
            yield
        except WeComUnreachable:
            self.breakers.failed(call.family, self._clock(), probe=probe)
            raise
        except WeComRefused as refusal:
            await self._refused(call, refusal, admitted, probe=probe)
            raise
        except BaseException:
            if probe:
                self.breakers.abandoned(call.family)
            raise
        await self._answered(call, admitted)

    @asynccontextmanager
    async def fetching(self, call: Call) -> AsyncIterator[None]:
        """Around gettoken: one process at a time, and never again within an hour of a wrong secret.

        That a person lifted the pause changes nothing about that hour.
        """
        pause: Pause | None = None
        async with self.pauses.alone(call.credential) as transaction:
            now = self._clock()
            asked = await last_asked(transaction, call.credential, WRONG_SECRET)
            if asked and now < asked + _BAN:
                standing = await in_the_way(transaction, call.credential, call.path)
                raise WeComPaused(
                    WRONG_SECRET[0],
                    "invalid credential",
                    call.path,
                    asked + _BAN,
                    standing[0].holder if standing else "",
                )
            try:
                yield
            except WeComRefused as refusal:
                if refusal.code not in WRONG_SECRET:
                    raise
                cause = _cause(call, refusal)
                pause = await begin_pause(transaction, cause, now=now, until=now + _BAN)
        if pause:
            raise self._paused(call, pause, fresh=True)

    def _refuse_while_open(self, call: Call) -> None:
        until = self.breakers.open_until(call.family, self._clock())
        if until:
            cause = f"waits: WeCom does not answer ({call.family})"
            raise self._held(call, "breaker", cause, until, f"breaker/{call.family}")

    async def _admitted(self, call: Call) -> Admitted:
        found = await self._admissions.ask(
            call.credential, call.path, charges(call), self._clock(), next_probe=self._next_probe
        )
        match found:
            case Pause():
                raise self._paused(call, found)
            case Full(key, until, blocked):
                cause = "WeCom refuses more for now" if blocked else "WeCom's limit is reached"
                kind = "blocked" if blocked else "full"
                raise self._held(
                    call, kind, f"waits its turn: {cause} ({key})", until, f"full/{key}"
                )
            case Admitted():
                return found

    def _next_probe(self, pause: Pause) -> datetime:
        secret = pause.errcode in WRONG_SECRET
        first, longest = (_BAN, _LONGEST_OF_SECRETS) if secret else (_FIRST, _LONGEST)
        return later(pause, self._clock(), first=first, longest=longest)

    async def _answered(self, call: Call, admitted: Admitted) -> None:
        if self.breakers.answered(call.family):
            await self.pauses.wake(f"breaker/{call.family}", self._clock())
        if admitted.probing:
            await self._mended(call, admitted)
        first = frequency(call)[0]
        if first.key in admitted.blocked:
            await self.allowances.unblock(first)

    async def _mended(self, call: Call, admitted: Admitted) -> None:
        await self.pauses.lift_all(
            admitted.probing, by="probe", reason=f"{call.path} works again", now=self._clock()
        )
        self._log.info("app works again", app=call.app, path=call.path)

    async def _refused(
        self, call: Call, refusal: WeComRefused, admitted: Admitted, *, probe: bool
    ) -> None:
        if isinstance(refusal, WeComPaused):  # of the token: the call itself was not made
            self.breakers.abandoned(call.family)
            return
        if refusal.code == BUSY:
            self.breakers.failed(call.family, self._clock(), probe=probe)
            return
        if self.breakers.answered(call.family):
            await self.pauses.wake(f"breaker/{call.family}", self._clock())
        remedy = classify(refusal.code)
        if remedy is Remedy.PAUSE_APP:
            raise await self._pause(call, refusal) from refusal
        if refusal.code == TOO_MANY_CALLS:
            await self.allowances.block(frequency(call)[0], self._clock())
        if refusal.code in NO_SUCH_MEMBER and call.about:
            await self._people.mark_gone(self._corp, call.about, at=self._clock())
        if admitted.probing and remedy is not Remedy.RETRY:
            await self._mended(call, admitted)

    async def _pause(self, call: Call, refusal: WeComRefused) -> WeComPaused:
        now = self._clock()
        secret = refusal.code in WRONG_SECRET
        # A wrong secret is kept where it was asked for; this may be a refusal that is remembered.
        pause = await self.pauses.pause(
            _cause(call, refusal),
            now=now,
            until=now + (_BAN if secret else _FIRST),
            asked=not secret,
        )
        return self._paused(call, pause, fresh=True)

    def _paused(self, call: Call, pause: Pause, *, fresh: bool = False) -> WeComPaused:
        if fresh:
            self._log.error(
                "app paused",
                app=pause.app,
                path=pause.path or "everything",
                errcode=pause.errcode,
                reason=pause.reason,
                until=pause.probe_at.isoformat(),
            )
        self._metrics.count_hold(call.family, "paused")
        return WeComPaused(
            pause.errcode, pause.reason, call.path, pause.probe_at, pause.holder, fresh
        )

    def _held(self, call: Call, kind: str, cause: str, until: datetime, held_by: str) -> WeComHeld:
        self._metrics.count_hold(call.family, kind)
        return WeComHeld(call.path, cause, until, held_by)


def _cause(call: Call, refusal: WeComRefused) -> Cause:
    """What is paused: the one call that is not permitted, or the whole app."""
    return Cause(
        app=call.app,
        path=call.path if refusal.code in PERMISSION else "",
        credential=call.credential,
        errcode=refusal.code,
        reason=refusal.message,
    )
