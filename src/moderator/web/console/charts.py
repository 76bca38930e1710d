"""Charts as geometry: numbers in, coordinates out; `charts.html` draws them as SVG.

All coordinates lie on a canvas of `WIDTH` by `HEIGHT` that the page stretches to its place, so
words stand beside a drawing and never in it.  Colours come from style sheets by class.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 200
LEVELS: Final = 5  # of a heat map, beside nothing at all

_INTERVALS: Final = 4  # lines across a chart
_WORDS: Final = 8  # beneath a chart
_GAP: Final = 0.2  # of a column
_HOURS: Final = 24
_WEEKDAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of a chart: `ticks` from the top down to 0, evenly apart."""

    ticks: tuple[int, ...]

    @property
    def most(self) -> int:
        return self.ticks[0]

    def height(self, value: float) -> float:
        return round(HEIGHT * value / self.most, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - self.height(value), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a period stands: its column, and whether its word is written beneath.

    `minor` words, every second one, are left out where there is little room.
    """

    label: str
    x: float
    width: float
    middle: float
    labelled: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A number compared with the period before; `percent` is None if that was zero."""

    now: int
    before: int

    @property
    def direction(self) -> str:
        return "same" if self.now == self.before else "up" if self.now > self.before else "down"

    @property
    def percent(self) -> int | None:
        return round(100 * (self.now - self.before) / self.before) if self.before else None

    @property
    def times(self) -> int:
        """How often as much it is, where that says more than a percentage; else 0."""
        return round(self.now / self.before) if self.before and self.now >= 10 * self.before else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One period of a trend; `before` is the same place in the period before."""

    place: Place
    value: int
    before: int | None
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A line over an area, and the period before as a line: `points` of SVG polylines."""

    axis: Axis
    marks: tuple[Mark, ...]
    line: str
    area: str
    before: str
    change: Change | None

    @property
    def total(self) -> int:
        return sum(mark.value for mark in self.marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What one series adds to a column; `series` counts from 0."""

    series: int
    value: int
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One period of stacked bars, lowest segment first."""

    place: Place
    x: float
    width: float
    values: tuple[int, ...]
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stacked:
    """Stacked bars; `totals` of each series."""

    axis: Axis
    series: tuple[str, ...]
    totals: tuple[int, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One horizontal bar; `percent` of the widest."""

    label: str
    value: int
    percent: float
    change: Change | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A small line without axes."""

    values: tuple[int, ...]
    line: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One hour of one weekday; `level` 0 is nothing, `LEVELS` the most there is."""

    hour: int
    value: int
    level: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Seven rows (Monday first) of 24 cells."""

    rows: tuple[tuple[Cell, ...], ...]
    most: int


def axis(largest: int) -> Axis:
    """A scale in whole steps of 1, 2 or 5 times a power of ten, to `largest` or a little above."""
    step = _step(largest)
    steps = max(1, ceil(largest / step))
    return Axis(tuple(range(steps * step, -1, -step)))


def trend(
    points: Sequence[tuple[str, int]], before: Sequence[int] = (), *, marked: int = _WORDS
) -> Trend:
    """A trend over periods, each with its word; `before` are the same periods one time earlier."""
    values = [value for _, value in points]
    scale = axis(max((*values, *before), default=0))
    places = _places([label for label, _ in points], marked)
    earlier = [*before, *[None] * len(points)][: len(points)] if before else [None] * len(points)
    line = _points(places, values, scale)
    return Trend(
        axis=scale,
        marks=tuple(
            Mark(place=place, value=value, before=past, y=scale.y(value))
            for place, value, past in zip(places, values, earlier, strict=True)
        ),
        line=line,
        area=_area(line, places),
        before=_points(places, before, scale),
        change=Change(sum(values), sum(before)) if before else None,
    )


def stacked(
    series: Sequence[str], columns: Sequence[tuple[str, Sequence[int]]], *, marked: int = _WORDS
) -> Stacked:
    """Bars of one segment a series, each column with its word."""
    scale = axis(max((sum(values) for _, values in columns), default=0))
    places = _places([label for label, _ in columns], marked)
    return Stacked(
        axis=scale,
        series=tuple(series),
        totals=tuple(sum(values[i] for _, values in columns) for i in range(len(series))),
        columns=tuple(
            _column(place, values, scale)
            for place, (_, values) in zip(places, columns, strict=True)
        ),
    )


def bars(rows: Iterable[tuple[str, int, int | None, str]]) -> tuple[Bar, ...]:
    """Rows of label, value, the value a period before (None: not compared) and an address."""
    listed = list(rows)
    most = max((value for _, value, _, _ in listed), default=0) or 1
    return tuple(
        Bar(
            label=label,
            value=value,
            percent=round(100 * value / most, 1),
            change=None if past is None else Change(value, past),
            address=address,
        )
        for label, value, past, address in listed
    )


def sparkline(values: Sequence[int]) -> Sparkline:
    """A line of numbers, the highest at the top."""
    places = _places([""] * len(values), 0)
    line = _points(places, values, Axis((max((*values, 1)), 0)))
    return Sparkline(tuple(values), line, _area(line, places))


def heat_map(counts: Mapping[tuple[int, int], int]) -> HeatMap:
    """How much happened in each hour of each weekday, by (weekday, hour); Monday is 0."""
    most = max(counts.values(), default=0)
    rows = (
        tuple(_cell(day, hour, counts.get((day, hour), 0), most) for hour in range(_HOURS))
        for day in range(_WEEKDAYS)
    )
    return HeatMap(tuple(rows), most)


def _step(largest: int) -> int:
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * _INTERVALS >= largest:
                return factor * power
        power *= 10


def _places(labels: Sequence[str], marked: int) -> list[Place]:
    width = WIDTH / max(1, len(labels))
    every = ceil(len(labels) / marked) if marked else len(labels) + 1
    # From the last one backwards: the latest is what people look for.
    last = len(labels) - 1
    return [
        Place(
            label=label,
            x=round(i * width, 1),
            width=round(width, 1),
            middle=round((i + 0.5) * width, 1),
            labelled=bool(marked) and (last - i) % every == 0,
            minor=bool(marked) and (last - i) // every % 2 == 1,
        )
        for i, label in enumerate(labels)
    ]


def _points(places: Sequence[Place], values: Sequence[int], scale: Axis) -> str:
    pairs = zip(places, values, strict=False)
    return " ".join(f"{place.middle:g},{scale.y(value):g}" for place, value in pairs)


def _area(line: str, places: Sequence[Place]) -> str:
    """The line, closed along the bottom."""
    if not line:
        return ""
    return f"{places[0].middle:g},{HEIGHT} {line} {places[-1].middle:g},{HEIGHT}"


def _column(place: Place, values: Sequence[int], scale: Axis) -> Column:
    segments, below = [], 0
    for i, value in enumerate(values):
        below += value
        if value:
            height = scale.height(value)
            segments.append(Segment(series=i, value=value, y=scale.y(below), height=height))
    return Column(
        place=place,
        x=round(place.x + place.width * _GAP / 2, 1),
        width=round(place.width * (1 - _GAP), 1),
        values=tuple(values),
        segments=tuple(segments),
    )


def _cell(day: int, hour: int, value: int, most: int) -> Cell:
    width, height = WIDTH / _HOURS, HEIGHT / _WEEKDAYS
    return Cell(
        hour=hour,
        value=value,
        level=ceil(LEVELS * value / most) if most else 0,
        x=round(hour * width, 1),
        y=round(day * height, 1),
        width=round(width - 2, 1),
        height=round(height - 2, 1),
    )
