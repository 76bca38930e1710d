"""Violations by the hours of the week."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

from sqlalchemy import update

from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.week_hours import WeekHours
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ViolationFilter
from moderator.ledger.schema.tables import violations

Record = Callable[..., Awaitable[Recorded]]
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))


async def test_chinas_hours(record: Record, database: Engine, now: datetime) -> None:
    """What is sent on Monday at 9:31 UTC counts at 17 o'clock of China's Monday."""
    await record(1)
    await record(2)

    assert await WeekHours(database).counts(MARCH, ViolationFilter()) == {(0, 17): 2}


async def test_chinas_day(record: Record, database: Engine, now: datetime) -> None:
    """Late in the evening UTC it is the next day already."""
    await record(1)
    async with database.begin() as transaction:
        late = now.replace(hour=20)
        await transaction.rows(update(violations).values(sent_at=late))

    assert await WeekHours(database).counts(MARCH, ViolationFilter()) == {(1, 4): 1}


async def test_filtered(record: Record, database: Engine, now: datetime) -> None:
    """Only what fits the filter, and what was sent in the period, is counted."""
    await record(1)
    await record(2, sender="lisi")
    hours = WeekHours(database)

    assert await hours.counts(MARCH, ViolationFilter(sender="lisi")) == {(0, 17): 1}
    april = Period(MARCH.until, MARCH.until + timedelta(days=30))
    assert await hours.counts(april, ViolationFilter()) == {}
