"""When a silence is unusual."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.policy.silence import Habit, hour_of_week, improbability, unusual_silence

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def every_hour(*counts: int) -> Habit:
    return dict.fromkeys(range(168), counts)


def unusual(habit: Habit, until: datetime = MONDAY, chance: float = 1e-4) -> timedelta | None:
    return unusual_silence(habit, until, chance=chance, most=WEEK)


def test_the_week_begins_on_monday_in_utc() -> None:
    """Whatever the zone of the moment."""
    shanghai = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
    assert (hour_of_week(MONDAY), hour_of_week(shanghai)) == (0, 0)
    assert hour_of_week(MONDAY - timedelta(seconds=1)) == 167


def test_what_is_unknown_is_never_unusual() -> None:
    """A fresh installation learns first."""
    assert unusual({}) is None
    assert unusual(every_hour(0, 0)) is None


def test_the_busier_the_app_the_sooner_its_silence_is_unusual() -> None:
    """Ten messages an hour allow hours, a thousand allow minutes."""
    few, many = unusual(every_hour(*[10] * 8)), unusual(every_hour(*[1000] * 8))

    assert few is not None
    assert many is not None
    assert timedelta(minutes=50) < few < timedelta(hours=5)
    assert timedelta(minutes=1) < many < timedelta(minutes=40)


def test_one_week_says_less_than_eight() -> None:
    """The first week's figures may have been chance."""
    one, eight = unusual(every_hour(1000)), unusual(every_hour(*[1000] * 8))

    assert one is not None
    assert eight is not None
    assert one > 3 * eight


def test_an_app_that_is_quiet_some_weeks_may_be_quiet() -> None:
    """Weeks that differ make a silence less improbable than their mean says."""
    even, uneven = unusual(every_hour(*[100] * 8)), unusual(every_hour(*[0, 200] * 4))

    assert even is not None
    assert uneven is not None
    assert uneven > 2 * even


def test_the_night_does_not_count() -> None:
    """Hours in which nobody ever writes add nothing to the silence before them."""
    by_day = dict.fromkeys(range(9, 18), (100,) * 8)
    evening = unusual(by_day, MONDAY + timedelta(hours=18))
    midnight = unusual(by_day, MONDAY + timedelta(hours=24))

    assert evening is not None
    assert midnight is not None
    assert midnight - evening == timedelta(hours=6)


def test_the_first_hour_of_the_day_is_judged_by_itself() -> None:
    """In the morning the night is part of the silence, but not of what makes it unusual."""
    by_day = dict.fromkeys(range(9, 18), (100,) * 8)
    morning = unusual(by_day, MONDAY + timedelta(hours=9, minutes=5))

    assert morning is None or morning > timedelta(hours=15)


def test_independent_messages_come_as_poisson_says() -> None:
    """Where the weeks hardly differ, the chance of an empty hour is e to the minus mean."""
    assert improbability([5] * 8) == pytest.approx(5.0)


def test_one_week_alone_has_an_exponential_spread() -> None:
    """The chance of an empty hour is then 1 in 1 + mean."""
    assert improbability([99]) == pytest.approx(math.log(100))


@given(st.lists(st.integers(0, 10**6), max_size=26))
def test_an_hour_is_never_more_improbable_than_by_its_mean(counts: list[int]) -> None:
    """Spread only makes silence likelier; nothing makes it a certainty below zero."""
    mean = sum(counts) / len(counts) if counts else 0.0
    assert 0.0 <= improbability(counts) <= mean * 1.001 + 1e-9
