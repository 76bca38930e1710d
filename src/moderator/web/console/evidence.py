"""Reading what somebody wrote, agreeing that another person does, and handing evidence out."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.errors import UnmaskingNeeded
from moderator.ledger.evidence.unmasking import Unmasking
from moderator.web.access import Visitor
from moderator.web.console.desk import Desk
from moderator.web.console.line import Line
from moderator.web.console.moments import zone_of
from moderator.web.console.routing import page_router, to
from moderator.web.console.toasts import Done, Toast, with_toast
from moderator.web.console.unmaskings import PATH as REQUESTS
from moderator.web.packs import handed_out
from moderator.web.questions import Id

_Query = Annotated[str, Form(max_length=4000)]
_Back = Annotated[Literal["case", "list"], Form()]
_Reason = Annotated[str, Form(min_length=1, max_length=500, pattern=r"^[^\x00]*\S[^\x00]*$")]


def evidence_routes(desk: Desk) -> APIRouter:
    """Forms on the page of a case; each asks for a reason, which goes into the audit log."""
    router = page_router(desk.pages)
    reads = desk.access.visits(Right.UNMASK)
    _add_reading(router, desk, reads)

    @router.post("/cases/{violation_id}/pack")
    async def pack(
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(reads)],
        reason: _Reason,
    ) -> Response:
        try:
            return await handed_out(desk.packs, violation_id, visitor.actor, reason=reason)
        except UnmaskingNeeded:
            back = f"/console/cases/{violation_id}"
            return to(with_toast(back, Toast(done=Done.UNMASKING_NEEDED)))

    return router


def _add_reading(router: APIRouter, desk: Desk, reads: Callable[..., Awaitable[Visitor]]) -> None:
    visits = Depends(reads)

    @router.post("/cases/{violation_id}/unmask")
    async def ask(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, visits],
        reason: _Reason,
        line: _Query = "",
    ) -> Response:
        await desk.unmaskings.ask(violation_id, visitor.actor, reason=reason)
        back = Line.of(line, visitor.actor, zone_of(request)).case(violation_id)
        alone = desk.unmaskings.persons == 1
        return to(back if alone else with_toast(back, Toast(done=Done.ASKED)))

    @router.post("/unmaskings/{unmasking_id}/grant")
    async def grant(
        unmasking_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, visits],
        back: _Back = "case",
    ) -> Response:
        answered, applied = await desk.unmaskings.grant(unmasking_id, visitor.actor)
        return _answered(answered, Done.GRANTED if applied else Done.DECIDED_BEFORE, back)

    @router.post("/unmaskings/{unmasking_id}/refuse")
    async def refuse(
        unmasking_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, visits],
        reason: _Reason,
        back: _Back = "case",
    ) -> Response:
        refused = await desk.unmaskings.refuse(unmasking_id, visitor.actor, reason=reason)
        answered, applied = refused
        return _answered(answered, Done.NOT_GRANTED if applied else Done.DECIDED_BEFORE, back)


def _answered(asked: Unmasking, done: Done, back: str) -> Response:
    """Back to where the answer was given."""
    page = REQUESTS if back == "list" else f"/console/cases/{asked.violation_id}"
    return to(with_toast(page, Toast(done=done)))
