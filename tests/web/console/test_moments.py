"""Times as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request

from moderator.web.console.catalogue import Catalogue
from moderator.web.console.moments import CHINA, absolute, duration, relative, zone_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1, hours=2), "yesterday"),
        (timedelta(days=40), "40 days ago"),
        (timedelta(days=90), "2025-12-02"),
        (-timedelta(hours=2), "in 2 h"),
    ],
)
def test_near_times_are_told_by_their_distance(distance: timedelta, told: str) -> None:
    """Far ones by their date."""
    assert relative(NOW - distance, NOW, CHINA, Catalogue("en")) == told


def test_the_whole_time_is_that_of_the_persons_zone() -> None:
    """With its distance from UTC, so that nobody has to guess."""
    assert absolute(NOW, CHINA) == "2026-03-02 17:30:00 +08:00"


def test_a_length_is_told_in_its_largest_unit() -> None:
    """How old something is."""
    assert duration(timedelta(days=3, hours=5), Catalogue("en")) == "3 days"
    assert duration(timedelta(minutes=59), Catalogue("en")) == "59 min"


@pytest.mark.parametrize(
    ("cookie", "zone"),
    [
        ("moderator_zone=Europe%2FBerlin", "Europe/Berlin"),
        ("moderator_zone=Europe/Berlin", "Europe/Berlin"),
        ("moderator_zone=Nowhere%2FLand", "Asia/Shanghai"),
        ("moderator_zone=..%2F..%2Fetc%2Fpasswd", "Asia/Shanghai"),
        ("moderator_zone=Europe", "Asia/Shanghai"),
        ("", "Asia/Shanghai"),
    ],
)
def test_the_zone_is_what_the_browser_told(cookie: str, zone: str) -> None:
    """China's, where it told none that exists."""
    scope = {"type": "http", "headers": [(b"cookie", cookie.encode())]}

    assert zone_of(Request(scope)) == ZoneInfo(zone)
