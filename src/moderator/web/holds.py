"""`/api/v1/holds`: what must not be erased, whatever its time to live says."""

from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from moderator.domain.access import Actor, Right
from moderator.ledger.evidence.legal_holds import Hold, LegalHolds, Scope
from moderator.web.access import Access
from moderator.web.cases import HoldAnswer, WithReason
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Cursor, Id, Limit, Name, Reason


class Placing(BaseModel):
    """What to hold, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scope: Scope
    target: Name = Field(description="The violation's id, the userid, or the chatid.")
    reason: Reason

    @model_validator(mode="after")
    def _a_violation_has_a_number(self) -> Self:
        number = self.target.isascii() and self.target.isdecimal()
        if self.scope is Scope.VIOLATION and not (number and int(self.target) < 2**63):
            raise ValueError("the target of a violation's hold is its id")
        return self


class Placed(HoldAnswer):
    """A hold that was just placed."""

    covers: int = Field(description="Violations with text that it keeps from being erased now.")


class HoldList(BaseModel):
    """Holds, newest first; `next` is the `cursor` of the following page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[HoldAnswer, ...]
    next: str | None


def holds_router(holds: LegalHolds, access: Access) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["evidence"], responses=responses(*ALWAYS))

    @router.get("/holds")
    async def list_holds(
        _: Annotated[Actor, Depends(access.needs(Right.SEE_AUDIT))],
        *,
        released: Annotated[bool, Query(description="Those that ended too.")] = False,
        limit: Annotated[Limit, Query()] = 50,
        cursor: Annotated[Cursor | None, Query(description="`next` of the page before.")] = None,
    ) -> HoldList:
        """List legal holds, newest first."""
        before = int(cursor) if cursor else None
        found = await holds.list(released=released, before=before, limit=limit + 1)
        items = tuple(HoldAnswer.model_validate(hold) for hold in found[:limit])
        more = str(items[-1].id) if len(found) > limit else None
        return HoldList(items=items, next=more)

    @router.post(
        "/holds", status_code=HTTPStatus.CREATED, responses=responses(HTTPStatus.NOT_FOUND)
    )
    async def place_hold(
        wanted: Placing, actor: Annotated[Actor, Depends(access.needs(Right.ADMINISTER))]
    ) -> Placed:
        """Keep the evidence about a violation, a person or a chat until the hold is released."""
        hold = await holds.place(wanted.scope, wanted.target, reason=wanted.reason, by=actor.name)
        return Placed(**_told(hold), covers=await holds.covered(hold.id))

    @router.post(
        "/holds/{hold_id}/release",
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def release_hold(
        hold_id: Annotated[Id, Path()],
        why: WithReason,
        actor: Annotated[Actor, Depends(access.needs(Right.ADMINISTER))],
    ) -> HoldAnswer:
        """End a hold; what is past its time is erased soon after."""
        hold, applied = await holds.release(hold_id, reason=why.reason, by=actor.name)
        if not applied:
            told = f"Released by {hold.released_by}: {hold.release_reason}"
            raise Refusal(HTTPStatus.CONFLICT, "released_already", told)
        return HoldAnswer.model_validate(hold)

    return router


def _told(hold: Hold) -> dict[str, object]:
    return HoldAnswer.model_validate(hold).model_dump()
