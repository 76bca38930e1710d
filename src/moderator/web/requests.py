"""`/api/v1`: what people were asked to do, and that they did it."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.actions.requests import Requests
from moderator.web.access import Access
from moderator.web.answers import ActionDetail
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id, Note

_Name = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]


class Recall(BaseModel):
    """A message that its sender recalled, as the archive's `revoke` names it (`pre_msgid`)."""

    model_config = ConfigDict(extra="forbid")

    message: _Name = Field(description="msgid of the recalled message.")


class Settled(BaseModel):
    """The requests that this settled; none where nobody was asked, or not yet."""

    actions: tuple[ActionDetail, ...]


class Compliance(BaseModel):
    """A person's confirmation that it was done."""

    model_config = ConfigDict(extra="forbid")

    note: Note = ""


def requests_router(requests: Requests, access: Access, *, corp: str) -> APIRouter:
    """The routes that settle requests."""
    judges = access.needs(Right.JUDGE)
    router = APIRouter(
        prefix="/api/v1",
        tags=["actions"],
        responses=responses(*ALWAYS),
    )
    log = structlog.get_logger("moderator.web")

    @router.post("/recalls")
    async def tell_recall(recall: Recall, actor: Annotated[Actor, Depends(judges)]) -> Settled:
        """Report that a message of the archive was recalled; may be reported more than once."""
        settled = await requests.recalled(
            corp, recall.message, by=actor.name, bound=actor.departments
        )
        log.info("recalled", actions=[action.id for action in settled], by=actor.name)
        return Settled(actions=tuple(ActionDetail.model_validate(action) for action in settled))

    @router.post(
        "/actions/{action_id}/complied",
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def tell_complied(
        action_id: Annotated[Id, Path()],
        compliance: Compliance,
        actor: Annotated[Actor, Depends(judges)],
    ) -> ActionDetail:
        """Confirm that what a person was asked to do (recall, remove, mute) was done."""
        resolved = await requests.complied(
            action_id, by=actor.name, note=compliance.note, bound=actor.departments
        )
        if not resolved.applied:
            raise Refusal(
                HTTPStatus.CONFLICT,
                "no_open_request",
                f"This is not an open request: {resolved.action.kind}, {resolved.action.state}.",
            )
        log.info("complied", action=action_id, by=actor.name)
        return ActionDetail.model_validate(resolved.action)

    return router
