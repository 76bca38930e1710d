"""Legal holds: what is not erased while somebody may need it before a court."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.errors import NotFound
from moderator.ledger.evidence.legal_holds import Hold, LegalHolds, Scope
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import address
from moderator.web.console.forms import Asked, Line, Unset
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router, to
from moderator.web.questions import Id, Reason

PAGE: Final = 50
_PATH: Final = "/console/holds"
_LARGEST: Final = 2**63
_Sees = Callable[..., Awaitable[Visitor]]


class HoldsAsked(Asked):
    """Which holds, what the form is filled in with, and what was just done with hold `of`."""

    released: bool = False
    before: Annotated[Id | None, Unset] = None
    scope: Scope = Scope.VIOLATION
    target: Line = ""
    done: Literal["", "placed", "released", "released_before"] = ""
    of: Annotated[Id | None, Unset] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form holds; `fault` says what is wrong with its target."""

    scope: Scope
    target: str
    reason: str = ""
    fault: str = ""


def hold_routes(pages: Pages, access: Access, holds: LegalHolds) -> APIRouter:
    """`/console/holds`: to be seen with the audit log, to be changed by admins."""
    router = page_router(pages)
    _add_listing(router, pages, access.visits(Right.SEE_AUDIT), holds)
    _add_changing(router, pages, access.visits(Right.ADMINISTER), holds)
    return router


def _add_listing(router: APIRouter, pages: Pages, sees: _Sees, holds: LegalHolds) -> None:
    @router.get("/holds")
    async def list_holds(
        request: Request,
        wanted: Annotated[HoldsAsked, Query()],
        visitor: Annotated[Visitor, Depends(sees)],
    ) -> Response:
        draft = Draft(scope=wanted.scope, target=wanted.target)
        return await _page(pages, request, visitor, holds, wanted, draft)


def _add_changing(router: APIRouter, pages: Pages, administers: _Sees, holds: LegalHolds) -> None:
    @router.post("/holds")
    async def place(
        request: Request,
        visitor: Annotated[Visitor, Depends(administers)],
        scope: Annotated[Scope, Form()],
        reason: Annotated[Reason, Form()],
        target: Annotated[Line, Form()] = "",
    ) -> Response:
        meant = target.strip().removeprefix("#") if scope is Scope.VIOLATION else target.strip()
        fault = _fault(scope, meant)
        try:
            if not fault:
                by = visitor.actor.name
                hold = await holds.place(scope, meant, reason=reason.strip(), by=by)
                return to(address(_PATH, {"done": "placed", "of": hold.id}))
        except NotFound:
            fault = "unknown"
        draft = Draft(scope=scope, target=target, reason=reason, fault=fault)
        return await _page(pages, request, visitor, holds, HoldsAsked(), draft)

    @router.post("/holds/{hold_id}/release")
    async def release(
        hold_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(administers)],
        reason: Annotated[Reason, Form()],
    ) -> Response:
        by = visitor.actor.name
        _, applied = await holds.release(hold_id, reason=reason.strip(), by=by)
        done = "released" if applied else "released_before"
        return to(address(_PATH, {"released": "true", "done": done, "of": hold_id}))


async def _page(
    pages: Pages,
    request: Request,
    visitor: Visitor,
    holds: LegalHolds,
    wanted: HoldsAsked,
    draft: Draft,
) -> Response:
    found = await holds.list(released=wanted.released, before=wanted.before, limit=PAGE + 1)
    shown, kept = found[:PAGE], {"released": "true" if wanted.released else ""}
    placed = wanted.of if wanted.done == "placed" else None
    return pages.render(
        request,
        visitor,
        "holds.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if draft.fault else HTTPStatus.OK,
        holds=shown,
        asked=wanted,
        draft=draft,
        scopes=list(Scope),
        covers=None if placed is None else await holds.covered(placed),
        place_of=place_of,
        next=address(_PATH, kept, before=shown[-1].id) if len(found) > PAGE else "",
        first=address(_PATH, kept) if wanted.before else "",
    )


def place_of(hold: Hold) -> str:
    """Where what is held can be looked at."""
    match hold.scope:
        case Scope.VIOLATION:
            return f"/console/cases/{hold.target}"
        case Scope.PERSON:
            return f"/console/people/{quote(hold.target, safe='')}"
        case Scope.CHAT:
            return address("/console/queue", {"status": "any", "chat": hold.target})


def _fault(scope: Scope, target: str) -> str:
    """What is wrong with the target, before the ledger is asked."""
    if not target:
        return "missing"
    number = target.isascii() and target.isdecimal() and int(target) < _LARGEST
    return "number" if scope is Scope.VIOLATION and not number else ""
