"""How many violations there were, of what and when, and what people made of them.

Days are China's.  What is asked of the whole company, or of a department, comes from the days that
are counted already; days that are not, and every other question, are counted afresh, all as of one
moment.  The canary's violations are left out.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Subquery, cast, extract, func, literal_column, select

from moderator.ledger.counting.counted import Dimension, Period, counted, during, uncounted
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.reading.conditions import fitting
from moderator.ledger.reading.visible import among
from moderator.ledger.records import Status, ViolationFilter
from moderator.ledger.schema.tables import violations

ANY: Final = ViolationFilter()


class Unit(StrEnum):
    """What a timeline is cut into; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many violations, by what people made of them."""

    open: int = 0
    confirmed: int = 0
    dismissed: int = 0

    @property
    def total(self) -> int:
        return self.open + self.confirmed + self.dismissed

    @property
    def confirmed_rate(self) -> float | None:
        """Which part of what was judged is confirmed; None where nothing was."""
        judged = self.confirmed + self.dismissed
        return self.confirmed / judged if judged else None


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, week or month of a timeline; its first day may lie before the period."""

    since: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one category, rule, department …, compared with the period before."""

    key: str
    tally: Tally
    before: Tally


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """How long violations waited for people, from the recording to the decision that stands."""

    number: int
    median: timedelta | None
    ninety: timedelta | None  # nine of ten were decided within


class Statistics:
    """Counts; each answer is exact for the moment at which it is asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def _at_one_moment(self) -> AsyncIterator[Transaction]:
        async with self._engine.begin() as transaction:
            await transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield transaction

    async def total(self, period: Period, wanted: ViolationFilter = ANY) -> Tally:
        async with self._at_one_moment() as transaction:
            found = counted(period, await uncounted(transaction, period), wanted)
            row = await transaction.row(select(*_tallied(found)))
        return _tally(row) if row else Tally()

    async def timeline(
        self, period: Period, unit: Unit, wanted: ViolationFilter = ANY
    ) -> tuple[Moment, ...]:
        """Every day, week or month that the period touches, those without violations too."""
        async with self._at_one_moment() as transaction:
            found = counted(period, await uncounted(transaction, period), wanted)
            begun = func.date_trunc(literal_column(f"'{unit}'"), found.c.day)
            since = cast(begun, Date).label("since")
            statement = select(since, *_tallied(found)).group_by(since)
            tallies = {row["since"]: _tally(row) for row in await transaction.rows(statement)}
        return tuple(Moment(day, tallies.get(day, Tally())) for day in _beginnings(period, unit))

    async def shares(
        self, period: Period, by: Dimension, wanted: ViolationFilter = ANY, *, most: int = 50
    ) -> tuple[Share, ...]:
        """The largest first, each compared with the period before."""
        async with self._at_one_moment() as transaction:
            found, earlier = [
                counted(each, await uncounted(transaction, each), wanted, by)
                for each in (period, period.before)
            ]
            now = await _largest(transaction, found, most)
            before = await _same(transaction, earlier, list(now))
        return tuple(Share(key, tally, before.get(key, Tally())) for key, tally in now.items())

    async def decision_times(self, period: Period, wanted: ViolationFilter = ANY) -> DecisionTimes:
        """Of what was sent in the period and is judged."""
        waited = extract("epoch", violations.c.judged_at - violations.c.recorded_at)
        statement = select(
            func.count().label("number"),
            *(
                func.percentile_cont(part).within_group(waited).label(name)
                for name, part in (("median", 0.5), ("ninety", 0.9))
            ),
        ).where(
            violations.c.status != literal_column("'open'"),
            violations.c.judged_at.is_not(None),
            *during(period),
            *fitting(wanted),
        )
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
        if row is None or not row["number"]:
            return DecisionTimes(0, None, None)
        median, ninety = (timedelta(seconds=float(row[name])) for name in ("median", "ninety"))
        return DecisionTimes(row["number"], median, ninety)


async def _largest(transaction: Transaction, found: Subquery, most: int) -> dict[str, Tally]:
    total = func.sum(found.c.violations)
    statement = select(found.c.key, *_tallied(found)).group_by(found.c.key)
    rows = await transaction.rows(statement.order_by(total.desc(), found.c.key).limit(most))
    return {row["key"]: _tally(row) for row in rows}


async def _same(transaction: Transaction, found: Subquery, keys: Sequence[str]) -> dict[str, Tally]:
    statement = select(found.c.key, *_tallied(found)).group_by(found.c.key)
    rows = await transaction.rows(statement.where(among(found.c.key, keys))) if keys else []
    return {row["key"]: _tally(row) for row in rows}


def _tallied(found: Subquery) -> Iterator[ColumnElement[Any]]:
    for status in Status:
        of_status = func.sum(found.c.violations).filter(found.c.status == status.value)
        yield func.coalesce(of_status, 0).label(status.value)


def _tally(row: Row) -> Tally:
    return Tally(**{status.value: int(row[status.value]) for status in Status})


def _beginnings(period: Period, unit: Unit) -> Iterator[date]:
    day = _beginning(period.since, unit)
    while day < period.until:
        yield day
        # 32 days lead into the next month from any day of this one's beginning.
        day = _beginning(day + timedelta(days={"day": 1, "week": 7, "month": 32}[unit]), unit)


def _beginning(day: date, unit: Unit) -> date:
    if unit is Unit.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit is Unit.WEEK else day
