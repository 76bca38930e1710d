"""`/api/v1/failed-messages`: callbacks that could not be processed, and wait to be replayed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.recording.failed import FailedMessages
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Cursor, Limit, Question


class FailedQuery(Question):
    """Which callbacks to list."""

    settled: bool = Field(False, description="Those too that were replayed well.")
    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class FailedAnswer(BaseModel):
    """A callback as it was received; what it holds is encrypted and not told."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    app: str
    reason: str = Field(description="What kind of fault it was.")
    attempts: int
    received_at: AwareDatetime
    settled_at: AwareDatetime | None = Field(description="When it was replayed well.")
    expires_at: AwareDatetime
    erased_at: AwareDatetime | None = Field(description="When its time was over.")


class FailedPage(BaseModel):
    """Callbacks, oldest first; `next` is the `cursor` of the following page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[FailedAnswer, ...]
    next: str | None


def failed_router(failed: FailedMessages, access: Access) -> APIRouter:
    """The route.  Nobody knows whose these messages are: whoever has a bound sees none."""
    router = APIRouter(prefix="/api/v1", tags=["failed messages"], responses=responses(*ALWAYS))

    @router.get("/failed-messages")
    async def list_failed(
        wanted: Annotated[FailedQuery, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.OPERATE))],
    ) -> FailedPage:
        """List callbacks that could not be processed, oldest first."""
        if actor.departments is not None:
            return FailedPage(items=(), next=None)
        after = int(wanted.cursor) if wanted.cursor else 0
        found = await failed.list(settled=wanted.settled, after=after, limit=wanted.limit + 1)
        items = tuple(map(FailedAnswer.model_validate, found[: wanted.limit]))
        return FailedPage(items=items, next=str(items[-1].id) if len(found) > len(items) else None)

    return router
