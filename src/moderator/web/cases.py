"""`/api/v1/violations/{id}` and who may read it unmasked: reasons, grants, the second person."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.evidence.legal_holds import Scope
from moderator.ledger.evidence.unmasking import Look, Unmasking, Unmaskings, UnmaskingState
from moderator.web.access import Access
from moderator.web.answers import ViolationDetail
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id, Limit, Reason


class WithReason(BaseModel):
    """The reason; recorded in the audit log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class UnmaskingAnswer(_Answer):
    """Somebody's request to read what a violation's sender wrote."""

    id: int
    violation_id: int
    asked_by: str
    asked_at: AwareDatetime
    reason: str
    state: UnmaskingState = Field(description="`waiting` for a second person, or answered.")
    until: AwareDatetime = Field(description="End of the reading time, or of the waiting.")
    answered_by: str = Field(description="The second person; empty where one is enough.")
    answered_at: datetime | None
    refusal: str


class UnmaskingList(_Answer):
    """Requests that wait for a second person, oldest first."""

    items: tuple[UnmaskingAnswer, ...]


class HoldAnswer(_Answer):
    """What keeps evidence from being erased."""

    id: int
    scope: Scope
    target: str = Field(description="The violation's id, the userid, or the chatid.")
    reason: str
    placed_by: str
    placed_at: AwareDatetime
    released_at: datetime | None
    released_by: str
    release_reason: str


class CaseAnswer(ViolationDetail):
    """A violation, as far as the caller may see it now."""

    unmasking: UnmaskingAnswer | None = Field(
        None, description="Your own request, while it is granted or waits."
    )
    holds: tuple[HoldAnswer, ...] = Field((), description="Legal holds over it.")

    @classmethod
    def at(cls, look: Look) -> Self:
        found = look.unmasking
        more = {
            "unmasking": UnmaskingAnswer.model_validate(found) if found else None,
            "holds": tuple(map(HoldAnswer.model_validate, look.holds)),
        }
        return cls.of(look.violation).model_copy(update=more)


def cases_router(unmaskings: Unmaskings, access: Access) -> APIRouter:
    """The routes by which one violation is read."""
    router = APIRouter(prefix="/api/v1", tags=["evidence"], responses=responses(*ALWAYS))
    missing = responses(HTTPStatus.NOT_FOUND)
    answered = responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

    @router.get("/violations/{violation_id}", responses=missing)
    async def explain_violation(
        violation_id: Annotated[Id, Path()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> CaseAnswer:
        """Explain one violation: what matched and where, which rule and clause, what followed.

        What its sender wrote is withheld, unless you have an unmasking of it.  Who looked, and
        whether unmasked, goes into the audit log.
        """
        return CaseAnswer.at(await unmaskings.look(violation_id, actor))

    @router.post(
        "/violations/{violation_id}/unmaskings",
        status_code=HTTPStatus.CREATED,
        responses=missing,
    )
    async def ask_to_read(
        violation_id: Annotated[Id, Path()],
        why: WithReason,
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
    ) -> UnmaskingAnswer:
        """Ask to read what the sender wrote: granted at once, or once somebody else agrees."""
        asked = await unmaskings.ask(violation_id, actor, reason=why.reason)
        return UnmaskingAnswer.model_validate(asked)

    @router.get("/unmaskings")
    async def list_waiting_unmaskings(
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
        limit: Annotated[Limit, Query()] = 50,
    ) -> UnmaskingList:
        """List the requests that wait for a second person, oldest first."""
        found = await unmaskings.waiting(actor, limit=limit)
        return UnmaskingList(items=tuple(map(UnmaskingAnswer.model_validate, found)))

    @router.post("/unmaskings/{unmasking_id}/grant", responses=answered)
    async def grant_unmasking(
        unmasking_id: Annotated[Id, Path()],
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
    ) -> UnmaskingAnswer:
        """Grant somebody else's request to read; never your own."""
        return _answered(await unmaskings.grant(unmasking_id, actor))

    @router.post("/unmaskings/{unmasking_id}/refuse", responses=answered)
    async def refuse_unmasking(
        unmasking_id: Annotated[Id, Path()],
        why: WithReason,
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
    ) -> UnmaskingAnswer:
        """Refuse a request to read, or withdraw your own."""
        return _answered(await unmaskings.refuse(unmasking_id, actor, reason=why.reason))

    return router


def _answered(outcome: tuple[Unmasking, bool]) -> UnmaskingAnswer:
    unmasking, applied = outcome
    if not applied:
        told = f"{unmasking.state} by {unmasking.answered_by or 'nobody'}, or void since."
        raise Refusal(HTTPStatus.CONFLICT, "answered_already", told)
    return UnmaskingAnswer.model_validate(unmasking)
