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
from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.statistics import Statistics, Unit
from moderator.ledger.counting.waiting import Ages
from moderator.ledger.evidence.unmasking import is_own
from moderator.ledger.records import Count, Sort, Status, ViolationFilter, ViolationRecord
from moderator.web.access import Visitor
from moderator.web.console.charts import Trend, trend
from moderator.web.console.desk import Desk
from moderator.web.console.health import DescribedPart, described
from moderator.web.console.line import Line, Wanted, Whose
from moderator.web.console.moments import CHINA, zone_of
from moderator.web.console.routing import page_router
from moderator.web.console.statistics import Counts
from moderator.web.console.unmaskings import PATH as REQUESTS
from moderator.web.health import Condition

_WEEKS: Final = 4
_GRAVEST: Final = 6  # cases shown
_COUNTED: Final = 2000
_ASKED: Final = 100  # requests to read that are counted
_WRONG: Final = frozenset({Condition.FAILING, Condition.DEGRADED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open cases of one severity."""

    severity: str
    ages: Ages
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

    waiting: Sequence[Waiting]
    own: Sequence[Own]
    gravest: Sequence[ViolationRecord]
    trend: Trend
    wrong: Sequence[DescribedPart]
    line: Line

    @property
    def total(self) -> int:
        return sum(one.ages.total for one in self.waiting)


def today_routes(desk: Desk, counts: Counts) -> APIRouter:
    """The page."""
    router = page_router(desk.pages)

    @router.get("/today")
    async def today(
        request: Request, visitor: Annotated[Visitor, Depends(desk.access.visits(Right.SEE))]
    ) -> Response:
        view = await _view(desk, counts, request, visitor)
        return desk.pages.render(request, visitor, "today.html", view=view)

    return router


async def _view(desk: Desk, counts: Counts, request: Request, visitor: Visitor) -> TodayView:
    line = Line(wanted=Wanted(), actor=visitor.actor, zone=zone_of(request))
    waiting, own, page, course, parts = await asyncio.gather(
        _waiting(visitor, counts, line),
        _own(desk, line, visitor),
        desk.violations.page(line.filter, None, _GRAVEST, sort=Sort.GRAVEST),
        _trend(counts.statistics, visitor),
        desk.health(),
    )
    catalogue = desk.pages.catalogue(request, visitor)
    return TodayView(
        waiting=waiting,
        own=own,
        gravest=page.items,
        trend=course,
        wrong=[one for one in described(parts, catalogue) if one.part.condition in _WRONG],
        line=line,
    )


async def _waiting(visitor: Visitor, counts: Counts, line: Line) -> Sequence[Waiting]:
    """The gravest first."""
    found = await counts.open_cases.by_severity(visitor.at, visitor.actor.departments)
    return [
        Waiting(
            severity=one.label,
            ages=found[one],
            address=line.but(severity=one.label, max_severity=one.label),
        )
        for one in sorted(found, reverse=True)
    ]


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
        asked = await desk.unmaskings.waiting(actor, limit=_ASKED)
        others = Count(sum(not is_own(one, actor) for one in asked), more=len(asked) == _ASKED)
        listed.append(Own(key="unmaskings", count=others, address=REQUESTS))
    return listed


def _proposed(actor: Actor) -> ViolationFilter:
    return ViolationFilter(
        bound=actor.departments, statuses=(Status.OPEN,), action_states=(ActionState.PROPOSED,)
    )


async def _trend(statistics: Statistics, visitor: Visitor) -> Trend:
    """Violations by day, compared with as many days before."""
    until = visitor.at.astimezone(CHINA).date() + timedelta(days=1)
    period = Period(until - timedelta(weeks=_WEEKS), until)
    wanted = ViolationFilter(bound=visitor.actor.departments)
    now = await statistics.timeline(period, Unit.DAY, wanted)
    before = await statistics.timeline(period.before, Unit.DAY, wanted)
    return trend(
        [(f"{day.since:%m-%d}", day.tally.total) for day in now],
        [day.tally.total for day in before],
    )
