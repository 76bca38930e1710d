"""When it is unusual that nobody writes: a forecast by the hour of the week."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Final

_HOUR: Final = timedelta(hours=1)
_INSTANT: Final = timedelta(microseconds=1)

# For each hour of the week (0: Monday 00:00 UTC) how many messages came in it, week by week.
Habit = Mapping[int, Sequence[int]]


def hour_of_week(moment: datetime) -> int:
    """0 for Monday from midnight UTC on, 167 for the last hour of Sunday."""
    moment = moment.astimezone(UTC)
    return moment.weekday() * 24 + moment.hour


def unusual_silence(
    habit: Habit, until: datetime, *, chance: float, most: timedelta
) -> timedelta | None:
    """The shortest silence ending `until` that comes about by chance less often than `chance`.

    None where even `most` would be nothing special: at night, and while the habit is unknown.
    """
    missing = -math.log(chance)
    end = until
    while until - end < most:
        begin = _hour_before(end)
        weight = improbability(habit.get(hour_of_week(begin), ()))
        share = (end - begin) / _HOUR
        if weight * share >= missing:
            return until - end + _HOUR * (missing / weight)
        missing -= weight * share
        end = begin
    return None


def improbability(counts: Sequence[int]) -> float:
    """-ln of the chance that an hour like these passes without a message; 0 where none are known.

    Negative binomial: people write in bursts and not every week alike, so that a silence is less
    improbable than the mean alone says.  The spread is that of the weeks seen, and one week more
    of which nothing but the mean is known (an exponential spread).
    """
    mean = fmean(counts) if counts else 0.0
    if not mean:
        return 0.0
    seen = sum((count - mean) ** 2 for count in counts)
    variance = (mean + mean**2 + seen) / len(counts)
    if variance <= mean * 1.001:
        return mean
    return mean**2 / (variance - mean) * math.log(variance / mean)


def _hour_before(end: datetime) -> datetime:
    return (end - _INSTANT).replace(minute=0, second=0, microsecond=0)
