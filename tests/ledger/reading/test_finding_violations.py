"""Lists of violations: every filter, every order, page by page, while others are recorded."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from tests.ledger import crowds

from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading import finding as finding_violations
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import Count, Cursor, Sort, Status, ViolationFilter

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = timedelta(hours=40)
# How far a page may look, and how many may be put in order: nothing in the way; short pages;
# everything taken together.
WAYS = {"walked": (10_000, 0.1), "short": (7, 0.1), "together": (10_000, 10_000)}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    most, few = WAYS[request.param]
    monkeypatch.setattr(finding_violations, "MOST", most)
    monkeypatch.setattr(finding_violations, "MOST_INDEXED", most)
    monkeypatch.setattr(finding_violations, "FEW", few)
    return str(request.param)


async def test_every_filter_gives_all_that_fit_once_and_in_order_while_others_arrive(
    database: Engine, violations: Violations, way: str
) -> None:
    """Any conditions together, any order: what was there at the start comes exactly once."""
    dice = random.Random(way)
    await crowds.keep_directory(database)
    there = await crowds.keep(database, crowds.drawn(120, dice, since=SINCE, span=SPAN))
    for _ in range(60):
        wanted, sort = crowds.any_filter(dice, SINCE), dice.choice(tuple(Sort))
        seen: list[int] = []
        after: Cursor | None = None
        arrived: list[crowds.One] = []
        while True:
            page = await violations.page(wanted, after, dice.choice((1, 3, 20)), sort=sort)
            seen += [item.id for item in page.items]
            if (after := page.next) is None:
                break
            if len(arrived) < 2:
                more = crowds.drawn(1, dice, since=SINCE, span=SPAN)
                arrived += await crowds.keep(database, more)
        everybody = crowds.in_order([*there, *arrived], wanted, sort)
        late = {one.id for one in arrived}
        assert seen == [id_ for id_ in everybody if id_ in seen], (wanted, sort)
        assert [id_ for id_ in seen if id_ not in late] == [
            id_ for id_ in everybody if id_ not in late
        ], (wanted, sort)
        there += arrived


async def test_every_filter_is_counted_or_said_to_have_more(
    database: Engine, violations: Violations, way: str
) -> None:
    """A count is exact up to what was asked; where it is not, it is no more than there are."""
    dice = random.Random(f"count {way}")
    await crowds.keep_directory(database)
    there = await crowds.keep(database, crowds.drawn(100, dice, since=SINCE, span=SPAN))
    for _ in range(60):
        wanted, most = crowds.any_filter(dice, SINCE), dice.choice((1, 10, 1000))
        number = sum(crowds.fits(one, wanted) for one in there)
        counted = await violations.count(wanted, most=most)
        if way == "short" and counted.more:
            assert counted.number <= min(number, most)
        else:
            assert counted == Count(min(number, most), more=number > most), wanted


async def test_a_page_costs_no_more_than_it_may_look_at(
    database: Engine, violations: Violations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing fits, a page ends after so many looks, empty, and says where to go on."""
    monkeypatch.setattr(finding_violations, "MOST", 5)
    monkeypatch.setattr(finding_violations, "FEW", 0.1)
    dice = random.Random(1)
    there = await crowds.keep(database, crowds.drawn(12, dice, since=SINCE, span=SPAN))
    oldest = crowds.in_order(there, ViolationFilter(), Sort.OLDEST)

    page = await violations.page(ViolationFilter(rule="no-such"), sort=Sort.OLDEST)

    assert page.items == ()
    assert page.next is not None
    assert page.next.id == oldest[4]


async def test_a_change_of_status_neither_repeats_nor_loses_others(
    database: Engine, violations: Violations
) -> None:
    """Somebody judges what is on the first page while another reads on."""
    dice = random.Random(2)
    there = await crowds.keep(database, crowds.drawn(30, dice, since=SINCE, span=SPAN))
    wanted = ViolationFilter(statuses=(Status.OPEN,))
    waiting = crowds.in_order(there, wanted, Sort.GRAVEST)

    first = await violations.page(wanted, None, 3, sort=Sort.GRAVEST)
    judged = first.items[1]
    judging = Judging(database)
    await judging.judge(judged.id, Status.CONFIRMED, by="wang", version=judged.version)
    second = await violations.page(wanted, first.next, 200, sort=Sort.GRAVEST)

    assert [item.id for item in (*first.items, *second.items)] == waiting


async def test_another_department_is_neither_listed_nor_counted(
    database: Engine, violations: Violations
) -> None:
    """Whatever else is asked, nothing beyond the bound is there, not even as a number."""
    dice = random.Random(3)
    there = await crowds.keep(database, crowds.drawn(60, dice, since=SINCE, span=SPAN))
    within = {one.id for one in there if 22 in one.departments}
    for sort in Sort:
        page = await violations.page(ViolationFilter(bound=frozenset({22})), None, 200, sort=sort)
        assert {item.id for item in page.items} == within
    beyond = ViolationFilter(bound=frozenset({22}), department=31)
    both = {one.id for one in there if {22, 31} <= set(one.departments)}

    assert {item.id for item in (await violations.page(beyond)).items} == both
    assert await violations.count(beyond) == Count(len(both))
    assert await violations.count(ViolationFilter(bound=frozenset())) == Count(0)
