"""`/api/v1/alarms`: rules that hit far more than usual, and who cleared them."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.counting.alarms import Alarms
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Cursor, Id, Limit, Words


class AlarmAnswer(BaseModel):
    """A rule that hit far more people than usual."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    rule: str
    raised_at: AwareDatetime
    since: AwareDatetime = Field(description="The hour from which `hits` and `messages` count.")
    hits: int = Field(description="People hit; each counts once an hour.")
    messages: int
    usual_hits: int
    usual_messages: int
    probability: float = Field(description="Of this many hits at the usual rate.")
    cleared_at: AwareDatetime | None = Field(
        description="Null while open: the rule's destructive actions are held."
    )
    cleared_by: str
    reason: str


class AlarmPage(BaseModel):
    """Alarms, newest first; `next` is the `cursor` of the following page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[AlarmAnswer, ...]
    next: str | None


class AlarmQuery(BaseModel):
    """Which alarms to list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    open: bool = Field(False, description="Only those not cleared.")
    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class Clearing(BaseModel):
    """Why a rule may act again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Words


def alarms_router(alarms: Alarms, access: Access, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes; each says what right it needs."""
    router = APIRouter(
        prefix="/api/v1/alarms",
        tags=["alarms"],
        responses=responses(*ALWAYS),
    )
    log = structlog.get_logger("moderator.web")

    @router.get("")
    async def list_alarms(
        wanted: Annotated[AlarmQuery, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE_OUTBOX))],
    ) -> AlarmPage:
        """List alarms over rules whose hit rate jumped, newest first.

        They count the whole company's messages, so a user bound to departments sees none.
        """
        if actor.departments is not None:
            return AlarmPage(items=(), next=None)
        before = int(wanted.cursor) if wanted.cursor else None
        found = await alarms.list(open_only=wanted.open, before=before, limit=wanted.limit + 1)
        items = tuple(AlarmAnswer.model_validate(alarm) for alarm in found[: wanted.limit])
        more = len(found) > wanted.limit
        return AlarmPage(items=items, next=str(items[-1].id) if more else None)

    @router.post(
        "/{alarm_id}/clear", responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    )
    async def clear_alarm(
        alarm_id: Annotated[Id, Path()],
        clearing: Clearing,
        actor: Annotated[Actor, Depends(access.needs(Right.OPERATE))],
    ) -> AlarmAnswer:
        """Let the rule act again, in the caller's name.

        What it did meanwhile is its usual rate from now on; what was held stays a proposal.
        """
        cleared = await alarms.clear(alarm_id, by=actor.name, reason=clearing.reason, now=clock())
        if not cleared.applied:
            by = cleared.alarm.cleared_by
            raise Refusal(HTTPStatus.CONFLICT, "cleared_before", f"Already cleared by {by}.")
        log.info("cleared", alarm=alarm_id, rule=cleared.alarm.rule, by=actor.name)
        return AlarmAnswer.model_validate(cleared.alarm)

    return router
