"""Many cases at once: begun from the queue, watched there, stopped or taken back."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.errors import JobTooLarge
from moderator.ledger.desk.job_records import Chosen, Job, JobKind, Order
from moderator.web.access import Visitor
from moderator.web.console.desk import Desk
from moderator.web.console.line import Line
from moderator.web.console.moments import zone_of
from moderator.web.console.routing import page_router, to
from moderator.web.console.toasts import Done, Toast, with_toast
from moderator.web.questions import Id, Note

_MOST: Final = 500  # chosen one by one: more than a page shows
_ITEMS: Final = 200
_Query = Annotated[str, Form(max_length=4000)]
_Deed = Annotated[Literal["confirm", "dismiss", "reopen", "assign"], Form()]
_Pick = Annotated[str, Form(pattern=r"^[0-9]{1,18}\.[0-9]{1,9}$")]


def bulk_routes(desk: Desk) -> APIRouter:
    """Begin, watch, stop, take back."""
    router = page_router(desk.pages)
    _add_beginning(router, desk)
    _add_watching(router, desk)
    _add_ending(router, desk)
    return router


def _add_beginning(router: APIRouter, desk: Desk) -> None:
    @router.post("/queue/bulk")
    async def begin(
        request: Request,
        visitor: Annotated[Visitor, Depends(desk.access.visits(Right.JUDGE))],
        deed: _Deed,
        chosen: Annotated[list[_Pick], Form(max_length=_MOST)] = [],  # noqa: B006 (never changed)
        everything: Annotated[str, Form()] = "",
        reason: Annotated[Note, Form()] = "",
        line: _Query = "",
    ) -> Response:
        fitting = Line.of(line, visitor.actor, zone_of(request))
        if not chosen and not everything:
            return to(with_toast(fitting.address, Toast(done=Done.NOTHING_CHOSEN)))
        wanted = Chosen(wanted=fitting.filter) if everything else Chosen(ids=_ids(chosen))
        order = _order(deed, reason, visitor)
        try:
            job = await desk.jobs.start(visitor.actor, order, wanted)
        except JobTooLarge:
            return to(with_toast(fitting.address, Toast(done=Done.TOO_MANY)))
        return to(fitting.but(job=job.id))


def _add_watching(router: APIRouter, desk: Desk) -> None:
    sees = desk.access.visits(Right.SEE)

    @router.get("/jobs/{job_id}")
    async def details(
        request: Request,
        job_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(sees)],
    ) -> Response:
        job = await desk.jobs.one(job_id, visitor.actor)
        items = await desk.jobs.items(job_id, visitor.actor, limit=_ITEMS)
        return desk.pages.render(request, visitor, "job.html", job=job, items=items)

    @router.get("/jobs/{job_id}/panel")
    async def panel(
        request: Request,
        job_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(sees)],
    ) -> Response:
        job = await desk.jobs.one(job_id, visitor.actor)
        return desk.pages.render(request, visitor, "job_panel.html", job=job)


def _add_ending(router: APIRouter, desk: Desk) -> None:
    judges = desk.access.visits(Right.JUDGE)

    @router.post("/jobs/{job_id}/cancel")
    async def cancel(
        job_id: Annotated[Id, Path()], visitor: Annotated[Visitor, Depends(judges)]
    ) -> Response:
        await desk.jobs.cancel(job_id, visitor.actor)
        return to(with_toast(f"/console/queue?job={job_id}", Toast(done=Done.CANCELLED)))

    @router.post("/jobs/{job_id}/undo")
    async def undo(
        job_id: Annotated[Id, Path()], visitor: Annotated[Visitor, Depends(judges)]
    ) -> Response:
        job = await desk.jobs.undo(job_id, visitor.actor)
        if job is None:
            return to(with_toast(f"/console/jobs/{job_id}", Toast(done=Done.NOTHING_TO_UNDO)))
        return to(f"/console/queue?job={job.id}")


async def job_of(desk: Desk, request: Request, visitor: Visitor) -> Job | None:
    """The job that the address of the queue names."""
    named = request.query_params.get("job", "")
    if not named.isascii() or not named.isdigit() or len(named) > len(str(2**63)) - 1:
        return None
    return await desk.jobs.one(int(named), visitor.actor)


def _order(deed: str, reason: str, visitor: Visitor) -> Order:
    whom = visitor.actor.name if deed == "assign" else ""
    return Order(JobKind(deed), reason=reason, whom=whom)


def _ids(chosen: list[str]) -> Mapping[int, int | None]:
    pairs = (one.split(".") for one in chosen)
    return {int(id_): int(version) for id_, version in pairs}
