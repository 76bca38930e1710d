"""`/api/v1`: what compliance staff ask and decide."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from moderator.domain.access import Actor, Right
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.reading.violations import Violations
from moderator.web.access import Access
from moderator.web.actions import add_actions
from moderator.web.answers import (
    CountAnswer,
    ViolationPage,
    ViolationSummary,
)
from moderator.web.problems import ALWAYS, responses
from moderator.web.searching import ViolationCount, ViolationQuery


def query_router(violations: Violations, outbox: Outbox, access: Access) -> APIRouter:
    """The routes under `/api/v1`."""
    router = APIRouter(prefix="/api/v1", responses=responses(*ALWAYS))
    _add_violations(router, violations, access)
    add_actions(router, outbox, access)
    return router


def _add_violations(router: APIRouter, violations: Violations, access: Access) -> None:
    @router.get("/violations", tags=["violations"], responses=responses(HTTPStatus.NOT_FOUND))
    async def list_violations(
        wanted: Annotated[ViolationQuery, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> ViolationPage:
        """List violations.  A page may be short, even empty: only without `next` is it the last."""
        page = await violations.page(
            wanted.as_filter(actor.departments), wanted.after, wanted.limit, sort=wanted.sort
        )
        items = tuple(ViolationSummary.model_validate(item) for item in page.items)
        return ViolationPage(items=items, next=wanted.cursor_at(page.next))

    @router.get("/violations/count", tags=["violations"])
    async def count_violations(
        wanted: Annotated[ViolationCount, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> CountAnswer:
        """Count violations, exactly up to `most`."""
        counted = await violations.count(wanted.as_filter(actor.departments), most=wanted.most)
        return CountAnswer.model_validate(counted)
