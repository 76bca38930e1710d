"""The open cases by how grave and how old they are: all of them, however many wait."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Integer, Select, cast, func, select

from moderator.domain import canary
from moderator.domain.rule import Severity
from moderator.ledger.counting.counted import Dimension, Period, counted, uncounted
from moderator.ledger.counting.days import CHINA
from moderator.ledger.database.engine import Engine
from moderator.ledger.reading.conditions import fitting
from moderator.ledger.reading.visible import among
from moderator.ledger.records import Status, ViolationFilter
from moderator.ledger.schema.tables import violations

_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)
_EVER: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Ages:
    """How many cases were sent more than a week ago, more than a day ago, and later."""

    week: int = 0
    day: int = 0
    new: int = 0

    @property
    def total(self) -> int:
        return self.week + self.day + self.new


class OpenCases:
    """Counts what waits to be judged, exactly and as of one moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def by_severity(
        self, now: datetime, bound: frozenset[int] | None = None
    ) -> Mapping[Severity, Ages]:
        """Every severity, also those of which nothing waits.

        What is older than a week is read off the days that are counted already.
        """
        wanted = ViolationFilter(bound=bound, statuses=(Status.OPEN,))
        today = now.astimezone(CHINA).date()
        long_ago = Period(today - _EVER, today - _WEEK)
        async with self._engine.begin() as transaction:
            await transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            missing = await uncounted(transaction, long_ago)
            stored = counted(long_ago, missing, wanted, Dimension.SEVERITY)
            severity = cast(stored.c.key, Integer).label("severity")
            number = func.sum(stored.c.violations).label("number")
            old = await transaction.rows(select(severity, number).group_by(severity))
            recent = await transaction.rows(_since(long_ago, wanted, now))
        found: dict[int, Ages] = defaultdict(Ages)
        for row in recent:
            found[row["severity"]] = Ages(row["week"], row["day"], row["new"])
        for row in old:
            later = found[row["severity"]]
            found[row["severity"]] = Ages(later.week + int(row["number"]), later.day, later.new)
        return {severity: found[int(severity)] for severity in Severity}


def _since(long_ago: Period, wanted: ViolationFilter, now: datetime) -> Select[tuple[int, ...]]:
    """The days after `long_ago`, to the second.

    Every severity is named, so that the index by gravity alone answers.
    """
    sent, begin = violations.c.sent_at, datetime.combine(long_ago.until, time.min, CHINA)
    week, day = sent < now - _WEEK, sent < now - _DAY
    ages = {"week": week, "day": day & ~week, "new": ~day}
    return (
        select(
            violations.c.severity,
            *(func.count().filter(of).label(name) for name, of in ages.items()),
        )
        .where(
            among(violations.c.severity, map(int, Severity)),
            sent >= begin,
            violations.c.category != canary.CATEGORY,
            *fitting(wanted),
        )
        .group_by(violations.c.severity)
    )
