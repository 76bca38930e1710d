"""What belongs to no page: the start, the choice of language, unknown addresses."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Right
from moderator.web.access import Access, Visitor
from moderator.web.console.catalogue import COOKIE, LANGUAGES
from moderator.web.console.navigation import places_of
from moderator.web.console.pages import Pages
from moderator.web.console.routing import error_page, page_router

_YEAR: Final = 365 * 24 * 3600
_INSIDE: Final = "/console/"


def frame_routes(pages: Pages, access: Access) -> APIRouter:
    """`/console/` (the first page that the visitor may see) and `/console/language`."""
    router = page_router(pages)

    @router.get("/")
    async def start(visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))]) -> Response:
        return RedirectResponse(places_of(visitor.actor)[0].path, HTTPStatus.SEE_OTHER)

    @router.post("/language")
    async def choose_language(
        request: Request,
        language: Annotated[str, Form()] = "",
        back: Annotated[str, Form(alias="next")] = "",
    ) -> Response:
        answer = RedirectResponse(inside(back), HTTPStatus.SEE_OTHER)
        if language in LANGUAGES:
            secure = request.url.scheme == "https"
            answer.set_cookie(
                COOKIE, language, max_age=_YEAR, path="/console", secure=secure, samesite="lax"
            )
        return answer

    return router


def elsewhere_routes(pages: Pages, access: Access) -> APIRouter:
    """Every other address below `/console/`; comes after all other routes."""
    router = page_router(pages)
    known = [Depends(access.visits(Right.ACCOUNT))]

    @router.api_route("/{path:path}", methods=["GET", "POST"], dependencies=known)
    async def nowhere(request: Request) -> Response:
        return error_page(pages, request, HTTPStatus.NOT_FOUND)

    return router


def inside(address: str) -> str:
    """The address, if it is one of the console; else its start: nobody is led to other hosts."""
    return address if address.startswith(_INSIDE) else _INSIDE
