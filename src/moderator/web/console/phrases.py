"""What would have prevented a false alarm: phrases for the rule to let through, and adding one."""

from typing import Annotated, Final
from urllib.parse import quote

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
_RULE: Final = r"^[a-z][a-z0-9-]*$"


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

    edits = desk.access.visits(Right.EDIT_RULES)

    @router.post("/cases/{violation_id}/phrases")
    async def add(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(edits)],
        rule: Annotated[str, Form(max_length=80, pattern=_RULE)],
        phrase: _Phrase,
    ) -> Response:
        refused, answer = await _added(desk, rule, phrase, visitor)
        return _page(desk, request, visitor, violation_id, answer=answer, refused=refused)

    @router.post("/rules/{rule}/phrases")
    async def add_to_rule(
        request: Request,
        rule: Annotated[str, Path(max_length=80, pattern=_RULE)],
        visitor: Annotated[Visitor, Depends(edits)],
        phrase: _Phrase,
    ) -> Response:
        """From the page of the rule: whoever keeps the rules need not read what people wrote."""
        refused, answer = await _added(desk, rule, phrase, visitor)
        return _page(desk, request, visitor, rule, answer=answer, refused=refused)

    return router


async def _added(
    desk: Desk, rule: str, phrase: str, visitor: Visitor
) -> tuple[str, PhraseAnswer | None]:
    """Why it was refused, or what came of it."""
    try:
        return "", await desk.allowing.add(rule, phrase, visitor.actor)
    except Refusal as refusal:
        return refusal.detail, None


def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    of: int | str,
    *,
    proposals: tuple[Proposal, ...] | None = None,
    answer: PhraseAnswer | None = None,
    refused: str = "",
) -> Response:
    """`of` is the id of the case or of the rule from whose page it was asked for."""
    case = isinstance(of, int)
    say = desk.pages.catalogue(request, visitor).say
    return desk.pages.render(
        request,
        visitor,
        "phrases.html",
        back=f"/console/cases/{of}" if case else f"/console/rules/{quote(str(of), safe='')}",
        back_text=say("case.title", id=of) if case else str(of),
        proposals=proposals,
        answer=answer,
        refused=refused,
    )
