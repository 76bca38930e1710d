"""Watching how often rules hit, and raising an alarm when one jumps."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

import structlog

from moderator.enforcement.notices import Situation
from moderator.enforcement.rounds import Rounds
from moderator.errors import LedgerError
from moderator.ledger.counting.alarms import Alarm, Alarms
from moderator.ledger.counting.rates import KEPT, Comparison, HourCount, Rates
from moderator.policy.alarm import Sensitivity, jumped
from moderator.settings import AlarmSettings
from moderator.telemetry.metrics import Metrics

_HOUR: Final = timedelta(hours=1)


class Tally:
    """Counts in memory: messages, and how many people each rule hit within the hour.

    A person counts once an hour: nobody can hold a rule up by breaking it again and again.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._count = HourCount(_hour_of(clock()))
        self._seen: set[tuple[str, str]] = set()
        self._untold: list[HourCount] = []

    def count(self, sender: str, rules: Collection[str]) -> None:
        """One message of `sender` was looked at; `rules` hit."""
        now = self._clock()
        if now - self._count.hour >= _HOUR:
            self._untold.append(self._count)
            self._count = HourCount(_hour_of(now))
            self._seen.clear()
        self._count.messages += 1
        for rule in {rule for rule in rules if (rule, sender) not in self._seen}:
            self._seen.add((rule, sender))
            self._count.hits[rule] = self._count.hits.get(rule, 0) + 1

    def take(self) -> list[HourCount]:
        """What was counted since the last time; give it back where it could not be kept."""
        taken = [*self._untold, self._count]
        self._untold = []
        self._count = HourCount(self._count.hour)
        return [count for count in taken if count.messages]

    def give_back(self, counts: list[HourCount]) -> None:
        self._untold = [*counts, *self._untold]


class AlarmWatch:
    """Adds the tally to the ledger every so often and looks for rules that jump."""

    def __init__(
        self,
        rates: Rates,
        alarms: Alarms,
        settings: AlarmSettings,
        metrics: Metrics,
        *,
        rules: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        """`rules` is how many rules there are to raise false alarms."""
        self._rates = rates
        self._alarms = alarms
        self._settings = settings
        self._metrics = metrics
        self._rules = rules
        self._clock = clock
        self._forgotten = clock()
        self._rounds = Rounds(settings.every)
        self._log = structlog.get_logger("moderator.alarms")
        self.tally = Tally(clock)

    async def run(self) -> None:
        """Work until `stop`, then keep what is still only in memory."""
        stopped = False
        while not stopped:
            await self._rounds.wait()
            stopped = self._rounds.stopped
            await self._look_again()

    def stop(self) -> None:
        self._rounds.stop()

    async def look(self) -> list[Alarm]:
        """Keep what was counted and raise what alarms there are; raises `LedgerError`."""
        await self._keep()
        now = self._clock()
        # The hour that has begun and the one before: what is new, but not too little to judge.
        this_hour = _hour_of(now)
        oldest = this_hour - timedelta(days=self._settings.history_days)
        compared = await self._rates.compare(since=this_hour - _HOUR, oldest=oldest)
        raised = [alarm for found in compared if (alarm := await self._judged(found, now))]
        self._metrics.rule_alarms.set(len(await self._alarms.list(open_only=True)))
        await self._forget(now)
        return raised

    async def _look_again(self) -> None:
        try:
            await self.look()
        except LedgerError as error:  # what was counted is kept in memory for the next look
            self._log.warning("rates not kept", exc_info=error)

    async def _keep(self) -> None:
        counts = self.tally.take()
        try:
            await self._rates.add(counts)
        except LedgerError:
            self.tally.give_back(counts)
            raise

    async def _judged(self, found: Comparison, now: datetime) -> Alarm | None:
        probability = jumped(
            found.now, found.usual, rules=self._rules(), sensitivity=_sensitivity(self._settings)
        )
        if probability is None:
            return None
        alarm = await self._alarms.raise_(found, probability, detail=_remark(found), now=now)
        if alarm is not None:
            self._metrics.rule_alarms_raised.labels(found.rule).inc()
            self._log.error("alarm", alarm=alarm.id, rule=alarm.rule, hits=alarm.hits)
        return alarm

    async def _forget(self, now: datetime) -> None:
        if now - self._forgotten >= timedelta(hours=1):
            await self._rates.forget(now - KEPT)
            self._forgotten = now


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _sensitivity(settings: AlarmSettings) -> Sensitivity:
    return Sensitivity(
        significance=settings.significance,
        least_hits=settings.least_hits,
        least_messages=settings.least_messages,
        least_ratio=settings.least_ratio,
    )


def _remark(found: Comparison) -> str:
    now, usual = found.now, found.usual
    figures = f"{now.hits}/{now.messages} ≫ {usual.hits}/{usual.messages}"
    return f"{Situation.RULE_ALARM.value} {found.rule} {figures}"
