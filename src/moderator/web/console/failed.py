"""Callbacks that came and could not be processed: why, and processing them again."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Depends, Form, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Right
from moderator.ledger.recording.failed import FailedMessages
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import address
from moderator.web.console.forms import Asked, Unset
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.questions import Id

PAGE: Final = 50
_PATH: Final = "/console/failed"
_Number = Annotated[int, Field(ge=0, le=PAGE)]


class Replayed(Protocol):
    """What came of replaying one; `error` is empty where it went well."""

    @property
    def error(self) -> str: ...


class FailedAsked(Asked):
    """Which callbacks, and what came of the last replay."""

    settled: bool = False
    after: Annotated[Id | None, Unset] = None
    well: _Number = 0
    again: _Number = 0
    gone: _Number = 0


def failed_routes(
    pages: Pages,
    access: Access,
    failed: FailedMessages,
    replay: Callable[[int, str], Awaitable[Replayed | None]],
) -> APIRouter:
    """`/console/failed`; `replay` takes an id and who asks, and gives None where none waits."""
    router = page_router(pages)
    operates = access.visits(Right.OPERATE)

    @router.get("/failed")
    async def list_failed(
        request: Request,
        wanted: Annotated[FailedAsked, Query()],
        visitor: Annotated[Visitor, Depends(operates)],
    ) -> Response:
        found = await failed.list(settled=wanted.settled, after=wanted.after or 0, limit=PAGE + 1)
        shown, asked = found[:PAGE], wanted.told("well", "again", "gone")
        return pages.render(
            request,
            visitor,
            "failed.html",
            messages=shown,
            asked=wanted,
            waiting=await failed.count(),
            replayed=wanted.well + wanted.again + wanted.gone > 0,
            next=address(_PATH, asked, after=shown[-1].id) if len(found) > PAGE else "",
            first=address(_PATH, asked, after=None) if wanted.after else "",
        )

    @router.post("/failed/replay")
    async def replay_failed(
        visitor: Annotated[Visitor, Depends(operates)],
        ids: Annotated[list[Id] | None, Form(max_length=PAGE)] = None,
    ) -> Response:
        told = [await replay(id_, visitor.actor.name) for id_ in ids or ()]
        counted = {
            "well": sum(one is not None and not one.error for one in told),
            "again": sum(one is not None and bool(one.error) for one in told),
            "gone": sum(one is None for one in told),
        }
        return RedirectResponse(address(_PATH, counted), HTTPStatus.SEE_OTHER)

    return router
