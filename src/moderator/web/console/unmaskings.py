"""`/console/unmaskings`: requests to read that wait for a second person, oldest first."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.ledger.evidence.unmasking import is_own
from moderator.web.access import Visitor
from moderator.web.console.addresses import address
from moderator.web.console.desk import Desk
from moderator.web.console.routing import page_router
from moderator.web.questions import Id

PAGE: Final = 25
PATH: Final = "/console/unmaskings"


def unmasking_routes(desk: Desk) -> APIRouter:
    """The page; its forms are those of the page of a case."""
    router = page_router(desk.pages)

    @router.get("/unmaskings")
    async def list_requests(
        request: Request,
        visitor: Annotated[Visitor, Depends(desk.access.visits(Right.UNMASK))],
        after: Annotated[Id | None, Query()] = None,
    ) -> Response:
        actor = visitor.actor
        found = await desk.unmaskings.waiting(actor, after=after or 0, limit=PAGE + 1)
        shown = found[:PAGE]
        about = {one.violation_id for one in shown}
        cases = {one: await desk.violations.one(one) for one in about}
        return desk.pages.render(
            request,
            visitor,
            "unmaskings.html",
            requests=shown,
            cases=cases,
            own={one.id for one in shown if is_own(one, actor)},
            alone=desk.unmaskings.persons == 1,
            next=address(PATH, {"after": shown[-1].id}) if len(found) > PAGE else "",
            first=PATH if after else "",
        )

    return router
