"""`/console/cases/{id}`: one violation, what to make of it, and who it is about."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from moderator.domain.access import Right
from moderator.ledger.evidence.unmasking import Look, Unmasking, is_own
from moderator.ledger.records import Cursor, ViolationFilter, ViolationRecord
from moderator.policy.prospects import Prospects, prospects
from moderator.web.access import Visitor
from moderator.web.console.desk import Desk, Notice
from moderator.web.console.line import Line, place_of
from moderator.web.console.marking import marked
from moderator.web.console.moments import zone_of
from moderator.web.console.outcomes import OutcomeWords
from moderator.web.console.policy_words import PolicyWords
from moderator.web.console.routing import page_router
from moderator.web.console.timeline import Event, timeline
from moderator.web.questions import Id

_OTHERS: Final = 25  # violations of the same person
_SHORT_PAGES: Final = 5  # that may be empty where a rare condition holds for none of many rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """Everything that the page shows.

    `asked` are requests of others to read the text, `next` is the case that follows in the line.
    """

    look: Look
    timeline: Sequence[Event]
    prospects: Prospects
    notices: Sequence[Notice]
    viewers: Sequence[str]
    asked: Sequence[Unmasking]
    next: int | None


def case_routes(desk: Desk) -> APIRouter:
    """The page of a case, and who else looks at it."""
    router = page_router(desk.pages)
    sees = desk.access.visits(Right.SEE)

    @router.get("/cases/{violation_id}")
    async def case(
        request: Request,
        violation_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(sees)],
    ) -> Response:
        line = Line.of(request.url.query, visitor.actor, zone_of(request))
        return await case_page(desk, request, visitor, violation_id, line)

    @router.get("/cases/{violation_id}/viewers")
    async def viewers(
        violation_id: Annotated[Id, Path()], visitor: Annotated[Visitor, Depends(sees)]
    ) -> Response:
        await desk.violations.one(violation_id, bound=visitor.actor.departments)
        others = await desk.presence.here(violation_id, visitor.actor.name, visitor.at)
        return JSONResponse(list(others))

    return router


async def case_page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    violation_id: int,
    line: Line,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """The page; with the status 409 it says that somebody else was quicker."""
    view = await _view(desk, request, visitor, violation_id, line)
    violation = view.look.violation
    words = PolicyWords(desk.book().policy, desk.pages.catalogue(request, visitor))
    return desk.pages.render(
        request,
        visitor,
        "case.html",
        status=status,
        line=line,
        view=view,
        changed=status is HTTPStatus.CONFLICT,
        texts=marked(violation.fields, violation.hits),
        rules=_descriptions(desk, violation),
        colleagues=await _colleagues(desk),
        outcomes=OutcomeWords(words.policy, words.catalogue),
        unit_title=words.conversion,
        ladder_title=words.ladder,
        rung_title=words.rung,
    )


async def _view(
    desk: Desk, request: Request, visitor: Visitor, violation_id: int, line: Line
) -> CaseView:
    actor = visitor.actor
    look = await desk.unmaskings.look(violation_id, actor)
    violation = look.violation
    same = ViolationFilter(sender=violation.sender, bound=actor.departments)
    decisions, others, standing, notices, viewers, after = await asyncio.gather(
        desk.judging.decisions(violation_id, bound=actor.departments),
        desk.violations.page(same, limit=_OTHERS),
        desk.merits.standing(violation.corp, violation.sender),
        desk.notices(violation),
        desk.presence.here(violation_id, actor.name, visitor.at),
        following(desk, line, violation),
    )
    catalogue = desk.pages.catalogue(request, visitor)
    return CaseView(
        look=look,
        timeline=timeline(violation, decisions, others.items, catalogue),
        prospects=prospects(standing, desk.book().policy, visitor.at),
        notices=notices,
        viewers=viewers,
        asked=await _asked(desk, visitor, violation_id),
        next=after,
    )


async def following(desk: Desk, line: Line, violation: ViolationRecord) -> int | None:
    """The next case of the line after this one; None at its end."""
    after: Cursor | None = place_of(violation, line.wanted.sort)
    for _ in range(_SHORT_PAGES):
        page = await desk.violations.page(line.filter, after, 1, sort=line.wanted.sort)
        if page.items:
            return page.items[0].id
        if page.next is None:
            return None
        after = page.next
    return None


def _descriptions(desk: Desk, violation: ViolationRecord) -> Mapping[str, str]:
    wanted = set(violation.rules)
    return {rule.id: rule.description for rule in desk.book().rules if rule.id in wanted}


async def _asked(desk: Desk, visitor: Visitor, violation_id: int) -> Sequence[Unmasking]:
    """What the visitor may agree to, where two persons are needed."""
    actor = visitor.actor
    if desk.unmaskings.persons == 1 or not actor.may(Right.UNMASK):
        return ()
    waiting = await desk.unmaskings.waiting(actor, of=violation_id)
    return [one for one in waiting if not is_own(one, actor)]


async def _colleagues(desk: Desk) -> Sequence[str]:
    """Who may be given a case."""
    known = [one for one in await desk.accounts.list() if one.disabled_at is None]
    return [one.name for one in known if one.actor().may(Right.JUDGE)]
