"""What would have prevented a false alarm: phrases for the rule to let through, and adding one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.web.access import Visitor
from moderator.web.allowing import PhraseAnswer, Proposal
from moderator.web.console.desk import Desk
from moderator.web.console.routing import page_router
from moderator.web.problems import Refusal
from moderator.web.questions import Id

_Phrase = Annotated[str, Form(min_length=2, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Rule = Annotated[str, Form(max_length=80, pattern=r"^[a-z][a-z0-9-]*$")]


def phrase_routes(desk: Desk) -> APIRouter:
    """`/console/cases/{id}/phrases`: a page, of which scripts show the middle beside the case."""
    router = page_router(desk.pages)

    @router.get("/cases/{violation_id}/phrases")
    async def propose(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(desk.access.visits(Right.UNMASK))],
    ) -> Response:
        found = await desk.allowing.proposals(violation_id, visitor.actor)
        return _page(desk, request, visitor, violation_id, proposals=found)

    @router.post("/cases/{violation_id}/phrases")
    async def add(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(desk.access.visits(Right.EDIT_RULES))],
        rule: _Rule,
        phrase: _Phrase,
    ) -> Response:
        refused, answer = "", None
        try:
            answer = await desk.allowing.add(rule, phrase, visitor.actor)
        except Refusal as refusal:
            refused = refusal.detail
        return _page(desk, request, visitor, violation_id, answer=answer, refused=refused)

    return router


def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    violation_id: int,
    *,
    proposals: tuple[Proposal, ...] | None = None,
    answer: PhraseAnswer | None = None,
    refused: str = "",
) -> Response:
    return desk.pages.render(
        request,
        visitor,
        "phrases.html",
        case=violation_id,
        proposals=proposals,
        answer=answer,
        refused=refused,
    )
