"""How rules do: how much they hit, what people made of it, and whether an alarm holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger.counting.alarms import Alarm, Alarms
from moderator.ledger.counting.counted import Dimension, Period
from moderator.ledger.counting.days import CHINA
from moderator.ledger.counting.statistics import Statistics, Tally
from moderator.ledger.database.engine import Engine
from moderator.ledger.records import ViolationFilter

_MOST_RULES: Final = 10_000
_MOST_ALARMS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHealth:
    """A rule's last `days`, today included; only violations whose gravest rule it was.

    `before` are as many days before that.
    """

    days: int
    tally: Tally = field(default_factory=Tally)
    before: Tally = field(default_factory=Tally)
    alarm: Alarm | None = None

    @property
    def hits_per_day(self) -> float:
        return self.tally.total / self.days

    @property
    def confirmed_rate(self) -> float | None:
        return self.tally.confirmed_rate

    @property
    def dismissed_rate(self) -> float | None:
        confirmed = self.tally.confirmed_rate
        return None if confirmed is None else 1 - confirmed


class RuleHealths:
    """Tells the health of rules."""

    def __init__(self, engine: Engine) -> None:
        self._statistics = Statistics(engine)
        self._alarms = Alarms(engine)

    async def all(
        self, now: datetime, *, days: int = 30, bound: frozenset[int] | None = None
    ) -> Mapping[str, RuleHealth]:
        """Of every rule that hit lately, or is held by an alarm; by id, rules long gone too.

        Alarms are the company's: somebody with a bound sees them on rules that hit within it.
        """
        today = now.astimezone(CHINA).date() + timedelta(days=1)
        period = Period(today - timedelta(days=days), today)
        shares = await self._statistics.shares(
            period, Dimension.RULE, ViolationFilter(bound=bound), most=_MOST_RULES
        )
        found = await self._alarms.list(open_only=True, limit=_MOST_ALARMS)
        alarms = {alarm.rule: alarm for alarm in found}
        healths = {
            share.key: RuleHealth(
                days=days, tally=share.tally, before=share.before, alarm=alarms.pop(share.key, None)
            )
            for share in shares
        }
        others = alarms if bound is None else {}
        return healths | {rule: RuleHealth(days=days, alarm=held) for rule, held in others.items()}
