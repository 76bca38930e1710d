"""Chats in which rules were broken."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.ledger.directory.chats import Chats
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import address
from moderator.web.console.forms import Asked, Line
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router

PAGE: Final = 50
_PATH: Final = "/console/chats"


class ChatsAsked(Asked):
    """`after` is the chat at which the page before ended."""

    after: Line = ""


def chat_routes(pages: Pages, access: Access, chats: Chats) -> APIRouter:
    """`/console/chats`."""
    router = page_router(pages)

    @router.get("/chats")
    async def list_chats(
        request: Request,
        wanted: Annotated[ChatsAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        found = await chats.page(bound=visitor.actor.departments, after=wanted.after, limit=PAGE)
        listed = sorted(found.items, key=lambda chat: (-chat.open, -chat.violations.number))
        return pages.render(
            request,
            visitor,
            "chats.html",
            chats=listed,
            next=address(_PATH, {}, after=found.next) if found.next else "",
            first=_PATH if wanted.after else "",
        )

    return router
