"""Charts as geometry."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.web.console.charts import (
    HEIGHT,
    LEVELS,
    WIDTH,
    Change,
    axis,
    bars,
    heat_map,
    sparkline,
    stacked,
    trend,
)

_COUNTS = st.lists(st.integers(0, 10**9), max_size=120)


def _pairs(points: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in points.split())]


@pytest.mark.parametrize(
    ("largest", "ticks"),
    [
        (0, (1, 0)),
        (1, (1, 0)),
        (3, (3, 2, 1, 0)),
        (7, (8, 6, 4, 2, 0)),
        (41, (60, 40, 20, 0)),
        (400, (400, 300, 200, 100, 0)),
        (1001, (1500, 1000, 500, 0)),
    ],
)
def test_ticks(largest: int, ticks: tuple[int, ...]) -> None:
    """A scale has whole, round steps and ends at the largest value or a little above."""
    assert axis(largest).ticks == ticks


@given(st.integers(0, 10**12))
def test_every_scale(largest: int) -> None:
    """Every scale holds its largest value, is even, and has few lines."""
    ticks = axis(largest).ticks

    assert ticks[-1] == 0
    assert ticks[0] >= largest
    assert len(ticks) <= 5
    assert len({above - below for above, below in pairwise(ticks)}) == 1


def test_trend() -> None:
    """A trend's line passes the middle of each column at the height of its value."""
    drawn = trend([("a", 0), ("b", 2), ("c", 4)])

    assert drawn.line == "166.7,200 500,100 833.3,0"
    assert drawn.area == "166.7,200 166.7,200 500,100 833.3,0 833.3,200"
    assert drawn.change is None


def test_trend_and_the_period_before() -> None:
    """The period before is drawn on the same scale, and compared as a whole."""
    drawn = trend([("a", 1), ("b", 2)], [4, 0])

    assert drawn.before == "250,0 750,200"
    assert [(mark.value, mark.before) for mark in drawn.marks] == [(1, 4), (2, 0)]
    assert drawn.change == Change(3, 4)


def test_shorter_period_before() -> None:
    """Days that the period before did not have are not compared."""
    drawn = trend([("a", 1), ("b", 2), ("c", 3)], [1, 1])

    assert [mark.before for mark in drawn.marks] == [1, 1, None]


@pytest.mark.parametrize(("number", "written"), [(1, 1), (8, 8), (9, 5), (31, 8), (90, 8)])
def test_words_beneath(number: int, written: int) -> None:
    """At most eight periods have their word beneath, the last one always."""
    marks = trend([(str(day), 1) for day in range(number)]).marks

    assert sum(mark.place.labelled for mark in marks) == written
    assert marks[-1].place.labelled
    assert not marks[-1].place.minor


@given(_COUNTS, _COUNTS)
def test_every_trend_stays_on_the_canvas(values: list[int], before: list[int]) -> None:
    """Whatever the numbers are, no point leaves the canvas and the line runs to the right."""
    drawn = trend([(str(i), value) for i, value in enumerate(values)], before[: len(values)])

    for points in (drawn.line, drawn.before):
        pairs = _pairs(points)
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in pairs)
        assert [x for x, _ in pairs] == sorted(x for x, _ in pairs)


def test_nothing_at_all() -> None:
    """A trend of nothing has a scale and no line."""
    drawn = trend([])

    assert (drawn.line, drawn.area, drawn.total) == ("", "", 0)
    assert drawn.axis.ticks == (1, 0)


def test_stacked() -> None:
    """Segments stand upon one another, each as high as its value; empty ones are not drawn."""
    drawn = stacked(["x", "y", "z"], [("a", [1, 0, 3]), ("b", [2, 2, 0])])

    first, second = drawn.columns
    assert [(one.series, one.y, one.height) for one in first.segments] == [
        (0, 150.0, 50.0),
        (2, 0.0, 150.0),
    ]
    assert [(one.series, one.y, one.height) for one in second.segments] == [
        (0, 100.0, 100.0),
        (1, 0.0, 100.0),
    ]
    assert drawn.totals == (3, 2, 3)


def test_columns_do_not_touch() -> None:
    """Columns keep a gap between them."""
    first, second = stacked(["x"], [("a", [1]), ("b", [1])]).columns

    assert first.x + first.width < second.x


def test_bars() -> None:
    """The widest bar takes all the room, the others their share of it."""
    widest, half = bars([("a", 10, None, ""), ("b", 5, 10, "/b")])

    assert (widest.percent, widest.change) == (100.0, None)
    assert (half.percent, half.change, half.address) == (50.0, Change(5, 10), "/b")


def test_bars_of_nothing() -> None:
    """Bars of nothing have no width."""
    assert [bar.percent for bar in bars([("a", 0, 0, "")])] == [0.0]


@pytest.mark.parametrize(
    ("now", "before", "direction", "percent"),
    [(3, 2, "up", 50), (1, 4, "down", -75), (2, 2, "same", 0), (5, 0, "up", None)],
)
def test_change(now: int, before: int, direction: str, percent: int | None) -> None:
    """A change has a direction, and a percentage unless there was nothing before."""
    change = Change(now, before)

    assert (change.direction, change.percent) == (direction, percent)


def test_sparkline() -> None:
    """A sparkline is highest at its highest number, and flat at the bottom for nothing."""
    assert sparkline([0, 4]).line == "250,200 750,0"
    assert sparkline([0, 0]).line == "250,200 750,200"


def test_heat_map() -> None:
    """An hour's level is its share of the busiest, in whole steps; nothing is level 0."""
    drawn = heat_map({(0, 9): 100, (6, 23): 1})

    assert [len(row) for row in drawn.rows] == [24] * 7
    assert drawn.rows[0][9].level == LEVELS
    assert drawn.rows[6][23].level == 1
    assert drawn.rows[3][3].level == 0
    assert (drawn.rows[6][23].x, drawn.rows[6][23].y) == (958.3, 171.4)
