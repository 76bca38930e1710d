"""What somebody decides on the page of a case: forms that lead on to the next case."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Actor, Right
from moderator.errors import NothingToUndo
from moderator.ledger.records import Judged, Resolved, Status
from moderator.web.access import Visitor
from moderator.web.console.case import case_page, following
from moderator.web.console.desk import Desk
from moderator.web.console.line import Line
from moderator.web.console.moments import zone_of
from moderator.web.console.routing import page_router, to
from moderator.web.console.toasts import Done, Toast, with_toast
from moderator.web.questions import Id, Name, Note

_CASE: Final = "/cases/{violation_id}"
_ACTION: Final = "/actions/{action_id}"
_IN_VAIN: Final = {
    Done.APPROVED: Done.DECIDED_BEFORE,
    Done.REFUSED: Done.DECIDED_BEFORE,
    Done.PROPOSED: Done.NOTHING_TO_UNDO,
}

_Version = Annotated[int, Form(ge=1, lt=2**31)]
_Query = Annotated[str, Form(max_length=4000)]
_Words = Annotated[Note, Form()]
_Person = Annotated[str, Form(max_length=128, pattern=r"^[^\x00]*$")]
_Why = Annotated[Literal["false_alarm", "work", "excused"], Form()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """The case that a form is about, as its page showed it to whoever sent it."""

    request: Request
    visitor: Visitor
    id: int
    version: int
    line: Line

    @property
    def actor(self) -> Actor:
        return self.visitor.actor

    @property
    def deed(self) -> dict[str, Any]:
        """The arguments that every decision takes besides its own."""
        return {"by": self.actor.name, "version": self.version, "bound": self.actor.departments}


@dataclass(frozen=True, slots=True)
class _Proposal:
    """The action that a form is about, and the line in which its case stood."""

    id: int
    actor: Actor
    line: Line

    @property
    def deed(self) -> tuple[int, str]:
        return self.id, self.actor.name

    @property
    def bound(self) -> frozenset[int] | None:
        return self.actor.departments

    def answer(self, resolved: Resolved, done: Done) -> Response:
        """Back to its case, saying what was done, or that there was nothing to do."""
        told = done if resolved.applied else _IN_VAIN[done]
        case = resolved.action.violation_id
        return to(with_toast(self.line.case(case), Toast(done=told, of=case, action=self.id)))


def deciding_routes(desk: Desk) -> APIRouter:
    """One address for each decision; each answers with the way on."""
    router = page_router(desk.pages)
    judges = desk.access.visits(Right.JUDGE)

    async def sent(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(judges)],
        version: _Version,
        line: _Query = "",
    ) -> _Case:
        return _Case(
            request=request,
            visitor=visitor,
            id=violation_id,
            version=version,
            line=Line.of(line, visitor.actor, zone_of(request)),
        )

    case_sent = Depends(sent)
    _add_verdicts(router, desk, case_sent)
    _add_handing_on(router, desk, case_sent)
    _add_proposals(router, desk)
    return router


def _add_verdicts(router: APIRouter, desk: Desk, sent: Any) -> None:
    @router.post(_CASE + "/confirm")
    async def confirm(case: Annotated[_Case, sent]) -> Response:
        judged = await desk.judging.judge(case.id, Status.CONFIRMED, **case.deed)
        return await _onward(desk, case, judged, Done.CONFIRMED)

    @router.post(_CASE + "/dismiss")
    async def dismiss(
        case: Annotated[_Case, sent], why: _Why = "false_alarm", reason: _Words = ""
    ) -> Response:
        said = desk.pages.catalogue(case.request, case.visitor).say(f"case.why_{why}")
        told = f"{said}: {reason}" if reason else said
        judged = await desk.judging.judge(case.id, Status.DISMISSED, reason=told, **case.deed)
        return await _onward(desk, case, judged, Done.DISMISSED)

    @router.post(_CASE + "/reopen")
    async def reopen(case: Annotated[_Case, sent]) -> Response:
        judged = await desk.judging.judge(case.id, Status.OPEN, **case.deed)
        return await _stay(desk, case, judged, Done.REOPENED)

    @router.post(_CASE + "/undo")
    async def undo(case: Annotated[_Case, sent]) -> Response:
        try:
            judged = await desk.judging.undo(case.id, **case.deed)
        except NothingToUndo:
            return to(with_toast(case.line.case(case.id), Toast(done=Done.NOTHING_TO_UNDO)))
        return await _stay(desk, case, judged, Done.UNDONE)


def _add_handing_on(router: APIRouter, desk: Desk, sent: Any) -> None:
    @router.post(_CASE + "/escalate")
    async def escalate(
        case: Annotated[_Case, sent],
        whom: Annotated[Name, Form()],
        reason: Annotated[str, Form(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")],
    ) -> Response:
        judged = await desk.judging.escalate(case.id, whom, reason=reason, **case.deed)
        return await _onward(desk, case, judged, Done.ESCALATED)

    @router.post(_CASE + "/assign")
    async def assign(
        case: Annotated[_Case, sent], whom: _Person = "", me: Annotated[str, Form()] = ""
    ) -> Response:
        judged = await desk.judging.assign(case.id, case.actor.name if me else whom, **case.deed)
        return await _stay(desk, case, judged, Done.ASSIGNED)

    @router.post(_CASE + "/note")
    async def note(
        case: Annotated[_Case, sent],
        text: Annotated[str, Form(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")],
    ) -> Response:
        judged = await desk.judging.note(case.id, text, **case.deed)
        return await _stay(desk, case, judged, Done.NOTED)


def _add_proposals(router: APIRouter, desk: Desk) -> None:
    approves, proposals = Depends(desk.access.visits(Right.APPROVE)), desk.outbox.proposals

    async def sent(
        request: Request,
        action_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, approves],
        line: _Query = "",
    ) -> _Proposal:
        return _Proposal(action_id, visitor.actor, Line.of(line, visitor.actor, zone_of(request)))

    action_sent = Depends(sent)

    @router.post(_ACTION + "/approve")
    async def approve(one: Annotated[_Proposal, action_sent]) -> Response:
        return one.answer(await proposals.approve(*one.deed, bound=one.bound), Done.APPROVED)

    @router.post(_ACTION + "/refuse")
    async def refuse(one: Annotated[_Proposal, action_sent], reason: _Words = "") -> Response:
        return one.answer(await proposals.refuse(*one.deed, reason, bound=one.bound), Done.REFUSED)

    @router.post(_ACTION + "/undo")
    async def undo(one: Annotated[_Proposal, action_sent]) -> Response:
        return one.answer(await proposals.undo(*one.deed, bound=one.bound), Done.PROPOSED)


async def _onward(desk: Desk, case: _Case, judged: Judged, done: Done) -> Response:
    """To the next case of the line, or to the list where there is none; 409 if it was not done."""
    if not judged.applied:
        return await _too_late(desk, case)
    after = await following(desk, case.line, judged.violation)
    way = case.line.past(case.id).case(after) if after else case.line.address
    return to(with_toast(way, _toast(judged, done)))


async def _stay(desk: Desk, case: _Case, judged: Judged, done: Done) -> Response:
    if not judged.applied:
        return await _too_late(desk, case)
    return to(with_toast(case.line.case(case.id), _toast(judged, done)))


async def _too_late(desk: Desk, case: _Case) -> Response:
    """The case as somebody else left it, to be decided on once more."""
    status = HTTPStatus.CONFLICT
    return await case_page(desk, case.request, case.visitor, case.id, case.line, status=status)


def _toast(judged: Judged, done: Done) -> Toast:
    return Toast(done=done, of=judged.violation.id, version=judged.violation.version)
