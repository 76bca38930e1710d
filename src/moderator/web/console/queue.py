"""`/console/queue`: the cases that wait, the gravest and oldest first."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.ledger.desk.views import View
from moderator.ledger.directory.departments import ListedDepartment
from moderator.ledger.records import Count, Cursor, Page
from moderator.web import cursors
from moderator.web.access import Visitor
from moderator.web.console.addresses import Chip
from moderator.web.console.bulk import job_of
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.desk import Desk
from moderator.web.console.line import Line, Standing, Wanted, Whose
from moderator.web.console.moments import zone_of
from moderator.web.console.routing import page_router, to
from moderator.web.console.toasts import Done, Toast, with_toast
from moderator.web.problems import Refusal

_SHOWN: Final = 40  # rows of one page
_COUNTED: Final = 1000
# Where the catalogue has words for the values of a condition.
_SECTIONS: Final = {
    "status": "status",
    "severity": "severity",
    "max_severity": "severity",
    "category": "category",
}
_ViewName = Annotated[str, Form(min_length=1, max_length=80, pattern=r"^\s*[^\x00\s][^\x00]*$")]
_Query = Annotated[str, Form(max_length=4000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One way to look at the line, and how many it holds; None: not counted."""

    key: str
    address: str
    current: bool
    count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """Everything that the page shows."""

    page: Page
    count: Count
    tabs: Sequence[Tab]
    chips: Sequence[Chip]
    views: Sequence[View]
    categories: Mapping[str, str]
    departments: Sequence[ListedDepartment]
    first: str
    next: str


def queue_routes(desk: Desk) -> APIRouter:
    """The list and its saved views."""
    router = page_router(desk.pages)
    sees = desk.access.visits(Right.SEE)

    @router.get("/queue")
    async def queue(request: Request, visitor: Annotated[Visitor, Depends(sees)]) -> Response:
        line = Line.of(request.url.query, visitor.actor, zone_of(request))
        after = _cursor(request.query_params.get("cursor", ""), line)
        view = await _view(desk, desk.pages.catalogue(request, visitor), line, after)
        job = await job_of(desk, request, visitor)
        return desk.pages.render(request, visitor, "queue.html", line=line, view=view, job=job)

    @router.post("/views")
    async def save_view(
        visitor: Annotated[Visitor, Depends(sees)],
        request: Request,
        name: _ViewName,
        line: _Query = "",
    ) -> Response:
        kept = Line.of(line, visitor.actor, zone_of(request))
        query = kept.address.partition("?")[2]
        saved = await desk.views.save(visitor.actor.name, name.strip(), query)
        if saved is None:
            raise Refusal(HTTPStatus.CONFLICT, "too_many_views", "There are too many views.")
        return to(with_toast(kept.address, Toast(done=Done.SAVED)))

    @router.post("/views/delete")
    async def delete_view(visitor: Annotated[Visitor, Depends(sees)], name: _ViewName) -> Response:
        await desk.views.delete(visitor.actor.name, name)
        return to(with_toast("/console/queue", Toast(done=Done.DELETED)))

    return router


async def _view(desk: Desk, catalogue: Catalogue, line: Line, after: Cursor | None) -> QueueView:
    page, views, count, tabs, departments = await asyncio.gather(
        desk.violations.page(line.filter, after, _SHOWN, sort=line.wanted.sort),
        desk.views.list(line.actor.name),
        desk.violations.count(line.filter, most=_COUNTED),
        _tabs(desk, line),
        desk.departments.tree(bound=line.actor.departments),
    )
    further = cursors.written(page.next, line.address) if page.next else ""
    return QueueView(
        page=page,
        count=count,
        tabs=tabs,
        chips=_chips(line, catalogue),
        views=views,
        categories=_categories(desk, catalogue),
        departments=departments,
        first=line.address if after else "",
        next=line.but(cursor=further) if further else "",
    )


async def _tabs(desk: Desk, line: Line) -> Sequence[Tab]:
    """What is waiting, by who it is waiting for; and what is done."""
    tabs = []
    for whose in Whose:
        own = Line(wanted=Wanted(whose=whose), actor=line.actor, zone=line.zone)
        current = line.wanted.status is Standing.OPEN and line.wanted.whose is whose
        count = await desk.violations.count(own.filter, most=_COUNTED)
        tabs.append(
            Tab(
                key=whose.value or "open",
                address=line.but(status="", whose=whose.value),
                current=current,
                count=count,
            )
        )
    for status in (Standing.CONFIRMED, Standing.DISMISSED, Standing.ANY):
        current = line.wanted.status is status
        address = line.but(status=status.value, whose="", sort="newest")
        tabs.append(Tab(key=status.value, address=address, current=current))
    return tabs


def _chips(line: Line, catalogue: Catalogue) -> Sequence[Chip]:
    severity, names = line.wanted.severity, line.narrowed
    if not severity or severity != line.wanted.max_severity:
        return [_chip(line, name, catalogue) for name in names]
    only = Chip(
        text=catalogue.say("queue.by_only", value=catalogue.word("severity", severity)),
        without=line.but(severity="", max_severity=""),
    )
    others = [name for name in names if name not in ("severity", "max_severity")]
    return [only, *(_chip(line, name, catalogue) for name in others)]


def _chip(line: Line, name: str, catalogue: Catalogue) -> Chip:
    value = line.wanted.model_dump(mode="json")[name]
    if name in _SECTIONS:
        value = catalogue.word(_SECTIONS[name], value)
    elif name == "whose":
        value = catalogue.say(f"queue.tab_{value}")
    return Chip(text=catalogue.say(f"queue.by_{name}", value=value), without=line.but(**{name: ""}))


def _categories(desk: Desk, catalogue: Catalogue) -> Mapping[str, str]:
    """Those of the rules in use, in words."""
    known = {rule.category for rule in desk.book().rules}
    named = {id_: catalogue.word("category", id_) for id_ in known}
    return dict(sorted(named.items(), key=lambda item: item[1]))


def _cursor(text: str, line: Line) -> Cursor | None:
    if not text:
        return None
    try:
        return cursors.read(text, line.address)
    except ValueError as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refusal(status, "invalid_request", "No such page.") from error
