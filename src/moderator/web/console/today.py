"""`/console/today`: what waits, how it goes, what is wrong, what is the visitor's own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Actor, Right
from moderator.domain.decision import ActionState
from moderator.domain.rule import Severity
from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.statistics import Statistics, Unit
from moderator.ledger.records import Count, Sort, Status, ViolationFilter, ViolationRecord
from moderator.web.access import Visitor
from moderator.web.console.charts import Trend, trend
from moderator.web.console.desk import Desk
from moderator.web.console.health import Told, told
from moderator.web.console.line import Line, Wanted, Whose
from moderator.web.console.moments import CHINA, zone_of
from moderator.web.console.routing import page_router
from moderator.web.health import Condition

_WEEKS: Final = 4
_GRAVEST: Final = 6  # cases shown
_COUNTED: Final = 2000
_AGES: Final = (timedelta(days=7), timedelta(days=1), timedelta())  # older than that, oldest first
_WRONG: Final = frozenset({Condition.FAILING, Condition.DEGRADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open cases of one severity; `ages` are over a week, over a day, and younger."""

    severity: str
    count: Count
    ages: tuple[int, ...]
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Something that waits for the visitor."""

    key: str
    count: Count
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayView:
    """Everything that the page shows."""

    total: Count
    waiting: Sequence[Waiting]
    own: Sequence[Own]
    gravest: Sequence[ViolationRecord]
    trend: Trend
    wrong: Sequence[Told]
    line: Line


def today_routes(desk: Desk, statistics: Statistics) -> APIRouter:
    """The page."""
    router = page_router(desk.pages)

    @router.get("/today")
    async def today(
        request: Request, visitor: Annotated[Visitor, Depends(desk.access.visits(Right.SEE))]
    ) -> Response:
        view = await _view(desk, statistics, request, visitor)
        return desk.pages.render(request, visitor, "today.html", view=view)

    return router


async def _view(
    desk: Desk, statistics: Statistics, request: Request, visitor: Visitor
) -> TodayView:
    line = Line(wanted=Wanted(), actor=visitor.actor, zone=zone_of(request))
    total, waiting, own, page, course, parts = await asyncio.gather(
        desk.violations.count(line.filter, most=_COUNTED),
        _waiting(desk, line, visitor),
        _own(desk, line, visitor),
        desk.violations.page(line.filter, None, _GRAVEST, sort=Sort.GRAVEST),
        _trend(statistics, visitor),
        desk.health(),
    )
    catalogue = desk.pages.catalogue(request, visitor)
    return TodayView(
        total=total,
        waiting=waiting,
        own=own,
        gravest=page.items,
        trend=course,
        wrong=[one for one in told(parts, catalogue) if one.part.condition in _WRONG],
        line=line,
    )


async def _waiting(desk: Desk, line: Line, visitor: Visitor) -> Sequence[Waiting]:
    """The gravest first.  A count asks for "at least so grave", so each is less those above."""
    listed: list[Waiting] = []
    above: tuple[int, ...] = (0, 0, 0)
    for severity in sorted(Severity, reverse=True):
        counts = [
            await desk.violations.count(_older(visitor, severity, age), most=_COUNTED)
            for age in _AGES
        ]
        cumulative = tuple(count.number for count in counts)
        week, day, every = (now - less for now, less in zip(cumulative, above, strict=True))
        listed.append(
            Waiting(
                severity=severity.label,
                count=Count(every, more=counts[-1].more),
                ages=(week, max(day - week, 0), max(every - day, 0)),
                address=line.but(severity=severity.label),
            )
        )
        above = cumulative
    return listed


def _older(visitor: Visitor, severity: Severity, age: timedelta) -> ViolationFilter:
    return ViolationFilter(
        bound=visitor.actor.departments,
        statuses=(Status.OPEN,),
        severity=severity,
        sent_until=visitor.at - age if age else None,
    )


async def _own(desk: Desk, line: Line, visitor: Visitor) -> Sequence[Own]:
    """What waits for the visitor in person, as far as their rights go."""
    actor, listed = visitor.actor, []
    if actor.may(Right.JUDGE):
        for whose in (Whose.MINE, Whose.ASKED):
            own = Line(wanted=Wanted(whose=whose), actor=actor, zone=line.zone)
            count = await desk.violations.count(own.filter, most=_COUNTED)
            listed.append(Own(key=whose.value, count=count, address=own.address))
    if actor.may(Right.APPROVE):
        count = await desk.violations.count(_proposed(actor), most=_COUNTED)
        listed.append(Own(key="proposed", count=count, address=line.but(proposed="1")))
    if actor.may(Right.UNMASK) and desk.unmaskings.persons > 1:
        asked = await desk.unmaskings.waiting(actor)
        others = [one for one in asked if one.asked_by != actor.name]
        first = f"/console/cases/{others[0].violation_id}" if others else ""
        listed.append(Own(key="unmaskings", count=Count(len(others)), address=first))
    return listed


def _proposed(actor: Actor) -> ViolationFilter:
    return ViolationFilter(
        bound=actor.departments, statuses=(Status.OPEN,), action_states=(ActionState.PROPOSED,)
    )


async def _trend(statistics: Statistics, visitor: Visitor) -> Trend:
    """Violations by day, beside as many days before."""
    until = visitor.at.astimezone(CHINA).date() + timedelta(days=1)
    period = Period(until - timedelta(weeks=_WEEKS), until)
    wanted = ViolationFilter(bound=visitor.actor.departments)
    now = await statistics.timeline(period, Unit.DAY, wanted)
    before = await statistics.timeline(period.before, Unit.DAY, wanted)
    return trend(
        [(f"{day.since:%m-%d}", day.tally.total) for day in now],
        [day.tally.total for day in before],
    )
