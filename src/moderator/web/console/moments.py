"""Times as a person reads them: near ones by their distance, all in the person's own zone."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.requests import HTTPConnection

from moderator.web.console.catalogue import Catalogue

COOKIE: Final = "moderator_zone"  # set by a script: only the browser knows the zone
CHINA: Final = ZoneInfo("Asia/Shanghai")
_LONGEST_NAME: Final = 64
_UNITS: Final = (
    ("minutes", timedelta(minutes=1), timedelta(hours=1)),
    ("hours", timedelta(hours=1), timedelta(days=1)),
    ("days", timedelta(days=1), timedelta(days=60)),
)


def zone_of(request: HTTPConnection) -> ZoneInfo:
    """The zone that the person's browser told; China's where it told none that exists."""
    name = request.cookies.get(COOKIE, "").replace("%2F", "/")
    if not name or len(name) > _LONGEST_NAME:
        return CHINA
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        return CHINA


def absolute(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-03-02 17:30:05 +08:00`."""
    return moment.astimezone(zone).isoformat(" ", "seconds").replace("+", " +")


def relative(moment: datetime, now: datetime, zone: ZoneInfo, catalogue: Catalogue) -> str:
    """`5 minutes ago`, up to two months; the date beyond that."""
    distance = abs(now - moment)
    direction = "in" if moment > now else "ago"
    if distance < timedelta(minutes=1):
        return catalogue.say("time.now")
    for name, unit, end in _UNITS:
        if distance < end:
            return catalogue.say(f"time.{direction}_{name}", count=int(distance / unit))
    return f"{moment.astimezone(zone):%Y-%m-%d}"


def duration(length: timedelta, catalogue: Catalogue) -> str:
    """`3 days`: how old something is, in its largest unit."""
    for name, unit, end in _UNITS:
        if length < end or name == "days":
            return catalogue.say(f"time.{name}", count=max(int(length / unit), 0))
    raise AssertionError


def now() -> datetime:
    return datetime.now(UTC)
