"""Times of day as people live them."""

from datetime import UTC, datetime, time

import pytest

from moderator.policy.hours import end_of, local_date
from moderator.policy.policy import Hours

NIGHT = Hours(start=time(22), end=time(7, 30), timezone="Asia/Shanghai")
OFFICE = Hours(
    start=time(9), end=time(18), timezone="Asia/Shanghai", days=frozenset({0, 1, 2, 3, 4})
)
WEEKEND = Hours(start=time(0), end=time(0), timezone="Asia/Shanghai", days=frozenset({5, 6}))


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in March 2026; the second is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (utc(2, 13, 59), None),  # 21:59 in Shanghai
        (utc(2, 14), utc(2, 23, 30)),
        (utc(2, 23, 29), utc(2, 23, 30)),
        (utc(2, 23, 30), None),
    ],
)
def test_a_span_may_run_over_midnight(now: datetime, end: datetime | None) -> None:
    """From ten in the evening to half past seven, wherever UTC changes its date."""
    assert end_of(NIGHT, now) == end


@pytest.mark.parametrize(("day", "inside"), [(2, True), (6, True), (7, False), (8, False)])
def test_a_span_may_hold_on_some_days_only(day: int, *, inside: bool) -> None:
    """Office hours are from Monday to Friday."""
    assert (end_of(OFFICE, utc(day, 3)) is not None) is inside


def test_spans_that_touch_end_together() -> None:
    """A Saturday that is quiet all day is followed by the Sunday."""
    assert end_of(WEEKEND, utc(7, 3)) == utc(8, 16)


def test_a_change_of_the_clocks_moves_the_end() -> None:
    """The night of 29 March 2026 is an hour shorter in Berlin."""
    night = Hours(start=time(22), end=time(7), timezone="Europe/Berlin")

    assert end_of(night, utc(27, 22)) == utc(28, 6)
    assert end_of(night, utc(28, 22)) == utc(29, 5)


def test_the_date_is_that_of_the_place() -> None:
    """In Shanghai it is tomorrow from four in the afternoon, UTC."""
    assert [local_date(utc(2, hour), "Asia/Shanghai").day for hour in (15, 16)] == [2, 3]
