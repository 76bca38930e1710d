"""Times of day and days of the week, as the people of a place live them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from moderator.policy.policy import Hours

_DAY = timedelta(days=1)


def end_of(hours: Hours, now: datetime) -> datetime | None:
    """When the span that `now` lies in ends; None where it lies in none.

    Spans on consecutive days that touch, such as a whole weekend, end with the last of them.
    """
    end = _end_of_one(hours, now)
    if end is None:
        return None
    for _ in range(7):
        further = _end_of_one(hours, end)
        if further is None:
            return end
        end = further
    return end  # every hour of every day: the loader refuses it, a week is enough here


def local_date(now: datetime, timezone: str) -> date:
    """The date in that zone."""
    return now.astimezone(ZoneInfo(timezone)).date()


def _end_of_one(hours: Hours, now: datetime) -> datetime | None:
    zone = ZoneInfo(hours.timezone)
    today = local_date(now, hours.timezone)
    for day in (today - _DAY, today):
        last = day if hours.start < hours.end else day + _DAY
        begins = datetime.combine(day, hours.start, zone)
        ends = datetime.combine(last, hours.end, zone)
        if day.weekday() in hours.days and begins <= now < ends:
            return ends.astimezone(now.tzinfo)
    return None
