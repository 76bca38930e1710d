"""What waits to be judged: counted whole, by severity and age."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.ledger import crowds

from moderator.domain.rule import Severity
from moderator.ledger.counting.days import DayCounts
from moderator.ledger.counting.waiting import Ages, OpenCases
from moderator.ledger.database.engine import Engine
from moderator.ledger.records import Status, ViolationFilter

NOW = datetime(2026, 2, 20, 14, 30, tzinfo=UTC)
SPAN = timedelta(days=20)


def by_hand(there: list[crowds.One], bound: frozenset[int] | None) -> dict[Severity, Ages]:
    wanted = ViolationFilter(bound=bound, statuses=(Status.OPEN,))
    found = Counter(
        (one.severity, age(NOW - one.sent_at)) for one in there if crowds.fits(one, wanted)
    )
    return {each: Ages(*(found[each, name] for name in Ages.__slots__)) for each in Severity}


def age(of: timedelta) -> str:
    if of > timedelta(days=7):
        return "week"
    return "day" if of > timedelta(days=1) else "new"


@pytest.mark.parametrize("beforehand", [False, True])
@pytest.mark.parametrize("bound", [None, frozenset({2})])
async def test_every_open_case_is_counted_by_severity_and_age(
    database: Engine, bound: frozenset[int] | None, *, beforehand: bool
) -> None:
    """All of each severity, however many graver ones there are, and whether days are counted."""
    await crowds.keep_directory(database)
    drawn = crowds.drawn(400, random.Random(3), since=NOW - SPAN, span=SPAN)
    there = await crowds.keep(database, drawn)
    if beforehand:
        assert await DayCounts(database).count(NOW) > 7

    found = await OpenCases(database).by_severity(NOW, bound)

    assert found == by_hand(there, bound)
    assert min(ages.week * ages.day * ages.new for ages in found.values()) > 0
