"""How many violations, of what, when and where: in charts, compared with the period before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Actor, Right
from moderator.domain.rule import Severity
from moderator.ledger.counting.counted import Dimension, Period
from moderator.ledger.counting.statistics import DecisionTimes, Share, Statistics, Tally, Unit
from moderator.ledger.counting.waiting import OpenCases
from moderator.ledger.counting.week_hours import WeekHours
from moderator.ledger.directory.departments import Departments, ListedDepartment
from moderator.ledger.records import Status, ViolationFilter
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.charts import (
    Bar,
    Change,
    HeatMap,
    Stacked,
    Trend,
    bars,
    heat_map,
    stacked,
    trend,
)
from moderator.web.console.forms import Asked, Day, Line, Unset
from moderator.web.console.moments import CHINA
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router

_PATH: Final = "/console/statistics"
_PRESETS: Final = (7, 28, 91, 365)
_USUAL: Final = timedelta(days=28)
_LONGEST: Final = timedelta(days=1100)
_HEAT: Final = timedelta(days=28)  # four of each weekday; more would be counted row by row
_MOST: Final = 8  # bars in one picture
# Bars beside the trend, and what their rows put into the address.
_SHOWN: Final[Mapping[Dimension, str]] = {
    Dimension.CATEGORY: "category",
    Dimension.SEVERITY: "severity",
    Dimension.DEPARTMENT: "department",
    Dimension.RULE: "rule",
    Dimension.APP: "app",
}


class StatisticsAsked(Asked):
    """The filters in the address; `until` is the last day that is meant, in China."""

    since: Annotated[Day | None, Unset] = None
    until: Annotated[Day | None, Unset] = None
    unit: Annotated[Unit | None, Unset] = None
    category: Line = ""
    severity: Literal["", "low", "medium", "high", "critical"] = ""
    department: Annotated[Annotated[int, Field(ge=1, lt=2**31)] | None, Unset] = None
    app: Line = ""
    rule: Line = ""
    status: Annotated[Status | None, Unset] = None
    by: Literal["", "sender", "chat", "hours"] = ""  # what is counted row by row, on demand

    @model_validator(mode="after")
    def _in_order(self) -> "StatisticsAsked":
        if self.since and self.until and not timedelta() <= self.until - self.since < _LONGEST:
            raise ValueError("the period is too long, or ends before it begins")
        return self

    def period(self, today: date) -> Period:
        """The days meant: four weeks until today, where none are named."""
        until = (self.until or today) + timedelta(days=1)
        since = self.since or until - _USUAL
        return Period(min(max(since, until - _LONGEST), until - timedelta(days=1)), until)

    def as_filter(self, actor: Actor) -> ViolationFilter:
        return ViolationFilter(
            category=self.category or None,
            severity=Severity.of(self.severity) if self.severity else None,
            department=self.department,
            app=self.app or None,
            rule=self.rule or None,
            statuses=(self.status,) if self.status else (),
            bound=actor.departments,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that the page draws."""

    now: Tally
    before: Tally
    times: DecisionTimes
    trend: Trend
    statuses: Stacked
    bars: Mapping[str, Sequence[Bar]]
    heat: HeatMap | None

    @property
    def change(self) -> Change:
        return Change(self.now.total, self.before.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The parts that count."""

    statistics: Statistics
    open_cases: OpenCases
    hours: WeekHours
    departments: Departments


def statistics_routes(
    pages: Pages, access: Access, counts: Counts, *, clock: Callable[[], datetime]
) -> APIRouter:
    """`/console/statistics`."""
    router = page_router(pages)

    @router.get("/statistics")
    async def show_statistics(
        request: Request,
        wanted: Annotated[StatisticsAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        catalogue = pages.catalogue(request, visitor)
        today = clock().astimezone(CHINA).date()
        period, asked = wanted.period(today), wanted.told()
        tree = await counts.departments.tree(bound=visitor.actor.departments)
        words = _Words(catalogue, {str(each.id): each.name for each in tree}, asked)
        return pages.render(
            request,
            visitor,
            "statistics.html",
            asked=wanted,
            unit=_unit(wanted, period),
            since=period.since,
            until=period.until - timedelta(days=1),
            figures=await _figures(counts, wanted, period, visitor.actor, words),
            departments=tree,
            presets=[(days, _preset(asked, today, days)) for days in _PRESETS],
            preset=(period.until - period.since).days if wanted.until in (None, today) else 0,
            chips=_chips(asked, catalogue, tree),
            on_demand={by: address(_PATH, asked, by=by) for by in ("sender", "chat", "hours")},
            exports=_exports(wanted, period),
        )

    return router


@dataclass(frozen=True, slots=True)
class _Words:
    """Names what is counted, in the reader's language, and where a row of a picture leads."""

    catalogue: Catalogue
    departments: Mapping[str, str]
    asked: Mapping[str, Any]

    def row(
        self, by: Dimension, share: Share, *, compared: bool
    ) -> tuple[str, int, int | None, str]:
        return (
            self._label(by, share.key),
            share.tally.total,
            share.before.total if compared else None,
            self._place(by, share.key),
        )

    def _label(self, by: Dimension, key: str) -> str:
        match by:
            case Dimension.CATEGORY if self.catalogue.has(f"category.{key}"):
                return self.catalogue.say(f"category.{key}")
            case Dimension.SEVERITY:
                return self.catalogue.say(f"severity.{Severity(int(key)).label}")
            case Dimension.DEPARTMENT:
                return self.departments.get(key, f"#{key}")
            case _:
                return key or self.catalogue.say("statistics.none")

    def _place(self, by: Dimension, key: str) -> str:
        match by:
            case Dimension.SENDER:
                return f"/console/people/{quote(key, safe='')}"
            case Dimension.CHAT:
                return address("/console/queue", {"chat": key, "status": "any"})
            case Dimension.SEVERITY:
                return address(_PATH, self.asked, severity=Severity(int(key)).label)
            case _:
                return address(_PATH, self.asked, **{_SHOWN[by]: key})


async def _figures(
    counts: Counts, wanted: StatisticsAsked, period: Period, actor: Actor, words: _Words
) -> Figures:
    """One question after the other: a page may not take all connections at once."""
    chosen, unit = wanted.as_filter(actor), _unit(wanted, period)
    asked = counts.statistics
    moments = await asked.timeline(period, unit, chosen)
    past = await asked.timeline(period.before, unit, chosen)
    before = await asked.total(period.before, chosen)
    labels = [_label(moment.since, unit) for moment in moments]
    tallies = [moment.tally for moment in moments]
    drawn = {}
    for by in (*_SHOWN, *(each for each in Dimension if each.value == wanted.by)):
        shares = await asked.shares(period, by, chosen, most=_MOST)
        compared = before.total > 0  # else everything would be new
        drawn[by.value] = bars(words.row(by, share, compared=compared) for share in shares)
    return Figures(
        now=await asked.total(period, chosen),
        before=before,
        times=await asked.decision_times(period, chosen),
        trend=trend(
            [(label, tally.total) for label, tally in zip(labels, tallies, strict=True)],
            [moment.tally.total for moment in past],
        ),
        statuses=stacked(
            [words.catalogue.say(f"status.{status}") for status in Status],
            [
                (label, [getattr(tally, status.value) for status in Status])
                for label, tally in zip(labels, tallies, strict=True)
            ],
        ),
        bars=drawn,
        heat=await _heat(counts, period, chosen) if wanted.by == "hours" else None,
    )


async def _heat(counts: Counts, period: Period, chosen: ViolationFilter) -> HeatMap:
    lately = Period(max(period.since, period.until - _HEAT), period.until)
    return heat_map(await counts.hours.counts(lately, chosen))


def _unit(wanted: StatisticsAsked, period: Period) -> Unit:
    """What was asked for, or what gives a picture of some twenty to sixty points."""
    days = (period.until - period.since).days
    usual = Unit.DAY if days <= 62 else Unit.WEEK if days <= 400 else Unit.MONTH
    return wanted.unit or usual


def _label(day: date, unit: Unit) -> str:
    return f"{day:%Y-%m}" if unit is Unit.MONTH else f"{day:%m-%d}"


def _preset(asked: Mapping[str, Any], today: date, days: int) -> str:
    since = today - timedelta(days=days - 1)
    return address(_PATH, asked, since=since.isoformat(), until=None, unit=None)


def _exports(wanted: StatisticsAsked, period: Period) -> Mapping[str, str]:
    """The violations behind the numbers."""
    since, until = (datetime.combine(day, time(), CHINA) for day in (period.since, period.until))
    values = {
        "sent_after": since.isoformat(),
        "sent_before": until.isoformat(),
        **wanted.told("since", "until", "unit", "by"),
    }
    return {
        ending: address(f"/api/v1/exports/violations.{ending}", values)
        for ending in ("xlsx", "csv")
    }


def _chips(
    asked: Mapping[str, Any], catalogue: Catalogue, tree: Sequence[ListedDepartment]
) -> list[Chip]:
    paths = {each.id: each.path for each in tree}

    def words(name: str, value: Any) -> str:
        section = {"severity": "severity", "category": "category", "status": "status"}.get(name)
        key = f"{section}.{value}"
        shown = catalogue.say(key) if section and catalogue.has(key) else value
        shown = paths.get(value, f"#{value}") if name == "department" else shown
        return catalogue.say(
            "statistics.chip", name=catalogue.say(f"statistics.{name}"), value=shown
        )

    set_ = [name for name in asked if name not in {"since", "until", "unit", "by"}]
    return chips(_PATH, asked, [(name, words(name, asked[name])) for name in set_])
