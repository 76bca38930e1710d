"""Watching that people still write: an app that falls silent is an incident.

WeCom loses a callback for good after some fifteen seconds, switches callbacks off after failures
and says so to nobody; all that is seen on this side is that nothing comes any more.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.errors import LedgerError
from moderator.ledger.counting.hours import AppHours, Heard
from moderator.policy.silence import Habit, unusual_silence
from moderator.settings import SilenceSettings
from moderator.telemetry.metrics import Metrics

_HOUR: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=7)  # a habit repeats by then


@dataclass(frozen=True, slots=True)
class Silence:
    """How long an app has been silent; `unusual` is what would be, None where nothing is yet."""

    since: datetime
    lasts: timedelta
    unusual: timedelta | None

    @property
    def is_unusual(self) -> bool:
        return self.unusual is not None and self.lasts >= self.unusual

    @property
    def told(self) -> dict[str, str | float | None]:
        """The same in plain values, for logs and health pages."""
        unusual = self.unusual.total_seconds() if self.unusual else None
        return {"since": self.since.isoformat(), "unusual_after_seconds": unusual}


class SilenceWatch:
    """Counts what is heard of each app, learns what is usual and tells of what is not."""

    def __init__(
        self,
        hours: AppHours,
        settings: SilenceSettings,
        metrics: Metrics,
        *,
        apps: Collection[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._hours = hours
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._begun = clock()  # what came before this process is no silence of the app's
        self._heard: dict[tuple[str, datetime], Heard] = {}
        self._latest: dict[str, Heard] = {}  # of those, by app: the one that is counted in
        self._last: dict[str, datetime] = {}
        self._habits: Mapping[str, Habit] = {}
        self._learned: datetime | None = None
        self._apps = tuple(apps)
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("moderator.silence")
        self.silences: dict[str, Silence] = {}

    def heard(self, app: str) -> None:
        """Somebody wrote to `app`."""
        now = self._clock()
        heard = self._latest.get(app)
        if heard is None or not heard.hour <= now < heard.hour + _HOUR:
            hour = _hour_of(now)
            heard = self._heard.setdefault((app, hour), Heard(app, hour, 0, now))
            self._latest[app] = heard
        heard.messages += 1
        heard.last_at = now

    async def run(self) -> None:
        """Look until `stop`, then keep what is still only in memory."""
        stopped = False
        while not stopped:
            try:
                await self.look()
            except LedgerError as error:  # what was heard is kept in memory for the next look
                self._log.warning("silence not judged", exc_info=error)
            stopped = await self._stopped_meanwhile()
        await self._keep_the_rest()

    def stop(self) -> None:
        self._stopping.set()

    async def look(self) -> dict[str, Silence]:
        """Keep what was heard and judge every app's silence; raises `LedgerError`."""
        await self._keep()
        await self._learn()
        now = self._clock()
        for app in self._apps:
            self._show(app, self._judged(app, now))
        return self.silences

    async def _stopped_meanwhile(self) -> bool:
        try:
            async with asyncio.timeout(self._settings.every.total_seconds()):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def _keep_the_rest(self) -> None:
        try:
            await self._keep()
        except LedgerError as error:  # some minutes of counts, no message
            self._log.warning("counts not kept", exc_info=error)

    async def _keep(self) -> None:
        taken, self._heard, self._latest = self._heard, {}, {}
        try:
            await self._hours.add(tuple(taken.values()))
        except LedgerError:
            for heard in taken.values():
                self._give_back(heard)
            raise
        self._last = await self._hours.last()

    def _give_back(self, heard: Heard) -> None:
        newer = self._heard.setdefault((heard.app, heard.hour), heard)
        if newer is not heard:
            newer.messages += heard.messages

    async def _learn(self) -> None:
        this_hour = _hour_of(self._clock())
        if self._learned == this_hour:
            return
        oldest = this_hour - timedelta(weeks=self._settings.weeks)
        self._habits = await self._hours.habits(since=oldest, until=this_hour)
        await self._hours.forget(oldest)
        self._learned = this_hour

    def _judged(self, app: str, now: datetime) -> Silence:
        since = max(self._last.get(app, self._begun), self._begun)
        unusual = unusual_silence(
            self._habits.get(app, {}), now, chance=self._settings.chance, most=_LONGEST
        )
        least = None if unusual is None else max(unusual, self._settings.least)
        return Silence(since, now - since, least)

    def _show(self, app: str, silence: Silence) -> None:
        before = self.silences.get(app)
        self.silences[app] = silence
        self._metrics.show_silence(
            app,
            last=self._last.get(app),
            unusual=silence.unusual,
            is_unusual=silence.is_unusual,
        )
        if silence.is_unusual and not (before and before.is_unusual):
            self._log.error("silence", app=app, **silence.told)
        elif before and before.is_unusual and not silence.is_unusual:
            self._log.info("silence over", app=app)


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
