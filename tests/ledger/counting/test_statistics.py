"""Statistics: the same numbers, counted day by day beforehand or afresh."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import median

import pytest
from sqlalchemy import select, update
from tests.ledger import crowds

from moderator.domain import canary
from moderator.ledger.counting.counted import Dimension, Period
from moderator.ledger.counting.days import CHINA, DayCounts, last_settled
from moderator.ledger.counting.statistics import Moment, Share, Statistics, Tally, Unit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import Status, ViolationFilter
from moderator.ledger.schema.statistics import counted_days, stale_days, violation_days
from moderator.ledger.schema.tables import violations

# Long ago, so that whatever comes or changes leaves its mark.
SINCE = datetime(2026, 1, 28, tzinfo=UTC)
SPAN = timedelta(days=6)
PERIOD = Period(date(2026, 1, 28), date(2026, 2, 3))
LATER = datetime(2026, 2, 20, tzinfo=UTC)


def day_of(one: crowds.One) -> date:
    return one.sent_at.astimezone(CHINA).date()


def tallied(many: list[crowds.One], period: Period, wanted: ViolationFilter) -> Tally:
    found = Counter(
        one.status.value
        for one in many
        if crowds.fits(one, wanted) and period.since <= day_of(one) < period.until
    )
    return Tally(**found)


def keys(one: crowds.One, by: Dimension) -> list[str]:
    match by:
        case Dimension.DEPARTMENT:
            return [str(id_) for id_ in one.departments]
        case Dimension.RULE:
            return [one.rules[0]]
        case _:
            return [str(getattr(one, by.value))]


async def crowd(database: Engine, seed: int) -> list[crowds.One]:
    await crowds.keep_directory(database)
    return await crowds.keep(
        database, crowds.drawn(150, random.Random(seed), since=SINCE, span=SPAN)
    )


@pytest.fixture
def statistics(database: Engine) -> Statistics:
    return Statistics(database)


@pytest.mark.parametrize("beforehand", [False, True])
async def test_any_question_is_answered_exactly_whether_counted_beforehand_or_not(
    judging: Judging,
    database: Engine,
    statistics: Statistics,
    violations: Violations,
    *,
    beforehand: bool,
) -> None:
    """Totals by any filter, after later arrivals and decisions too, are those of the rows."""
    there = await crowd(database, seed=5)
    dice = random.Random(6)
    if beforehand:
        assert await DayCounts(database).count(LATER) > SPAN.days
        there += await crowds.keep(database, crowds.drawn(5, dice, since=SINCE, span=SPAN))
        there = [await judged(judging, one) if one.id % 40 == 0 else one for one in there]
    wanted = [crowds.any_filter(dice, SINCE) for _ in range(25)]
    plain = ViolationFilter(category="abuse", statuses=(Status.OPEN, Status.CONFIRMED))
    theirs = ViolationFilter(bound=frozenset({2}))
    for each in (ViolationFilter(), plain, theirs, ViolationFilter(department=31), *wanted):
        assert await statistics.total(PERIOD, each) == tallied(there, PERIOD, each), each


async def judged(judging: Judging, one: crowds.One) -> crowds.One:
    status = Status.DISMISSED if one.status is Status.CONFIRMED else Status.CONFIRMED
    await judging.judge(one.id, status, by="wang", version=one.version)
    return replace(one, status=status)


@pytest.mark.parametrize("beforehand", [False, True])
async def test_shares_stand_beside_the_period_before(
    database: Engine, statistics: Statistics, *, beforehand: bool
) -> None:
    """Whatever they are told apart by: the largest first, and the same keys three days earlier."""
    there = await crowd(database, seed=7)
    if beforehand:
        await DayCounts(database).count(LATER)
    period = Period(date(2026, 1, 31), date(2026, 2, 3))
    for by in Dimension:
        for wanted in (ViolationFilter(), ViolationFilter(bound=frozenset({2}))):
            seen = [one for one in there if crowds.fits(one, wanted)]
            told = await statistics.shares(period, by, wanted, most=200)
            within = {"2", "21", "22"} if wanted.bound and by is Dimension.DEPARTMENT else None
            assert list(told) == shares_of(seen, period, by, within), (by, wanted)


def shares_of(
    many: list[crowds.One], period: Period, by: Dimension, within: set[str] | None
) -> list[Share]:
    everything = {key for one in many for key in keys(one, by)}
    found = []
    for key in everything if within is None else everything & within:
        theirs = [one for one in many if key in keys(one, by)]
        now, before = (tallied(theirs, each, ViolationFilter()) for each in (period, period.before))
        found.append(Share(key, now, before))
    return sorted(
        (one for one in found if one.tally.total), key=lambda one: (-one.tally.total, one.key)
    )


@pytest.mark.parametrize(
    ("unit", "beginnings"),
    [
        (Unit.DAY, [date(2026, 1, 28) + timedelta(days=day) for day in range(6)]),
        (Unit.WEEK, [date(2026, 1, 26), date(2026, 2, 2)]),
        (Unit.MONTH, [date(2026, 1, 1), date(2026, 2, 1)]),
    ],
)
async def test_a_timeline_has_every_day_week_or_month(
    database: Engine, statistics: Statistics, unit: Unit, beginnings: list[date]
) -> None:
    """Each with its own violations, which together are all; those without any are there too."""
    there = await crowd(database, seed=8)
    quiet = ViolationFilter(sender="zhao", category="fraud")

    moments = await statistics.timeline(PERIOD, unit)

    assert [moment.since for moment in moments] == beginnings
    for moment, end in zip(moments, [*beginnings[1:], PERIOD.until], strict=True):
        part = Period(max(moment.since, PERIOD.since), end)
        assert moment == Moment(moment.since, tallied(there, part, ViolationFilter()))
    assert len(await statistics.timeline(PERIOD, unit, quiet)) == len(beginnings)


async def test_decision_times_are_medians_of_what_is_judged(
    database: Engine, statistics: Statistics
) -> None:
    """From the recording to the decision; open ones are not waited for."""
    there = await crowd(database, seed=9)
    waited = [
        (one.judged_at - one.recorded_at).total_seconds()
        for one in there
        if one.judged_at and PERIOD.since <= day_of(one) < PERIOD.until
    ]

    times = await statistics.decision_times(PERIOD)

    assert times.number == len(waited)
    assert times.median == timedelta(seconds=median(waited))
    assert times.ninety is not None
    assert times.median < times.ninety < timedelta(hours=10)
    nothing = await statistics.decision_times(PERIOD, ViolationFilter(sender="nobody"))
    assert (nothing.number, nothing.median) == (0, None)


async def test_the_canary_is_in_no_statistic(database: Engine, statistics: Statistics) -> None:
    """Neither counted afresh nor beforehand."""
    await crowd(database, seed=10)
    every = update(violations).values(category=canary.CATEGORY, judged_at=LATER)
    async with database.begin() as transaction:
        await transaction.rows(every)

    assert await statistics.total(PERIOD) == Tally()
    assert (await statistics.decision_times(PERIOD)).number == 0
    await DayCounts(database).count(LATER)
    assert await statistics.total(PERIOD) == Tally()


async def test_a_change_that_is_not_committed_when_its_day_is_counted_keeps_its_mark(
    database: Engine, statistics: Statistics
) -> None:
    """Counting sees the day as it was; the mark makes the day be counted again."""
    there = await crowd(database, seed=11)
    some = next(one for one in there if one.status is Status.OPEN)
    day = day_of(some)
    whole = Period(day, day + timedelta(days=1))
    await DayCounts(database).count(LATER)
    change = update(violations).where(violations.c.id == some.id).values(status="confirmed")

    async with database.begin() as transaction:
        await transaction.rows(change)
        assert await DayCounts(database).count(LATER) == 0
        before = await statistics.total(whole)
    async with database.begin() as transaction:
        marks = await transaction.rows(select(stale_days.c.day))
        kept = await transaction.rows(
            Prepared("SELECT sum(violations) FROM violation_days WHERE day = $1", ("day",), {}),
            day=day,
        )
    after = await statistics.total(whole)

    assert [mark["day"] for mark in marks] == [day]
    assert kept[0]["sum"] == before.total == after.total
    assert after.confirmed == before.confirmed + 1
    assert await DayCounts(database).count(LATER) == 1
    assert await statistics.total(whole) == after
    assert await DayCounts(database).count(LATER) == 0


async def test_a_transaction_marks_a_day_once(database: Engine) -> None:
    """Thousands of late messages leave no more than one mark for each day."""
    await crowd(database, seed=12)
    await DayCounts(database).count(LATER)
    async with database.begin() as transaction:
        await transaction.rows(update(violations).values(status="open"))
        await transaction.rows(update(violations).values(status="dismissed"))
        marks = await transaction.rows(select(stale_days.c.day))
        days = await transaction.rows(select(counted_days.c.day))

    assert len(marks) == len({mark["day"] for mark in marks}) <= len(days)


async def test_a_day_that_may_still_change_unmarked_is_not_counted(database: Engine) -> None:
    """What is younger than a day leaves no mark, so its day is not over."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)  # 20:00 in China
    assert last_settled(now) == date(2026, 2, 28)
    await crowd(database, seed=13)

    await DayCounts(database).count(SINCE + timedelta(days=3))

    async with database.begin() as transaction:
        days = {row["day"] for row in await transaction.rows(select(violation_days.c.day))}
    assert max(days) <= date(2026, 1, 29)
