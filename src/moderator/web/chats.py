"""`/api/v1/chats`: where rules were broken."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.directory.chats import Chats
from moderator.web.access import Access
from moderator.web.answers import CountAnswer
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Limit, Name, Question


class ChatQuery(Question):
    """Which chats to list."""

    limit: Limit = 50
    cursor: Name | None = Field(None, description="`next` of the page before.")


class ChatAnswer(BaseModel):
    """What the latest hundred violations of a chat say, as far as you may see them."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    chat: str = Field(description="WeCom's chatid.")
    violations: CountAnswer
    open: int
    people: int = Field(description="How many different senders.")
    last_sent_at: AwareDatetime


class ChatPage(BaseModel):
    """Chats by their ids.  A page may be short, even empty: only without `next` is it the last."""

    model_config = ConfigDict(frozen=True)

    items: tuple[ChatAnswer, ...]
    next: str | None


def chats_router(chats: Chats, access: Access) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api/v1", tags=["chats"], responses=responses(*ALWAYS))

    @router.get("/chats")
    async def list_chats(
        wanted: Annotated[ChatQuery, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> ChatPage:
        """List chats with violations."""
        page = await chats.page(
            bound=actor.departments, after=wanted.cursor or "", limit=wanted.limit
        )
        return ChatPage(items=tuple(map(ChatAnswer.model_validate, page.items)), next=page.next)

    return router
