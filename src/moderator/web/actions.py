"""`/api/v1/actions` and `/pauses`: what is to be done, what came of it, what holds it up."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Path, Query

from moderator.domain.access import Actor, Right
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.records import Resolved
from moderator.web.access import Access
from moderator.web.answers import ActionDetail, ActionPage, PauseAnswer, PauseList, Requeued
from moderator.web.deeds import DecidedAction
from moderator.web.problems import Refusal, responses
from moderator.web.questions import ActionQuery, Id, Lifting, RefusalOfAction, Requeueing


def add_actions(router: APIRouter, outbox: Outbox, access: Access) -> None:
    """The routes; `access` gives the caller."""
    _add_lists(router, outbox, access)
    _add_approval(router, outbox, access)
    _add_mending(router, outbox, access)


def _add_lists(router: APIRouter, outbox: Outbox, access: Access) -> None:
    sees = access.needs(Right.SEE_OUTBOX)

    @router.get("/actions", tags=["actions"])
    async def list_actions(
        wanted: Annotated[ActionQuery, Query()], actor: Annotated[Actor, Depends(sees)]
    ) -> ActionPage:
        """List actions, newest first.

        `accepted` means that WeCom took it; whether a person received it cannot be known.
        """
        found = await outbox.list(
            wanted.as_filter(),
            before=wanted.before,
            limit=wanted.limit + 1,
            bound=actor.departments,
        )
        items = tuple(ActionDetail.model_validate(action) for action in found[: wanted.limit])
        return ActionPage(
            items=items, next=str(items[-1].id) if len(found) > wanted.limit else None
        )

    @router.get("/pauses", tags=["actions"])
    async def list_pauses(_: Annotated[Actor, Depends(sees)]) -> PauseList:
        """List what WeCom refuses until somebody fixes something, newest first."""
        found = await outbox.pauses.list()
        return PauseList(items=tuple(PauseAnswer.model_validate(pause) for pause in found))


def _add_approval(router: APIRouter, outbox: Outbox, access: Access) -> None:
    approves = access.needs(Right.APPROVE)
    decided: dict[int | str, dict[str, Any]] = {
        **responses(HTTPStatus.NOT_FOUND),
        HTTPStatus.CONFLICT.value: {
            "model": DecidedAction,
            "description": "Somebody else decided before; the action is in the answer.",
        },
    }
    proposals = outbox.proposals

    @router.post("/actions/{action_id}/approve", tags=["actions"], responses=decided)
    async def approve_action(
        action_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(approves)]
    ) -> ActionDetail:
        """Approve a proposed action, in the caller's name."""
        bound = actor.departments
        return _decided(await proposals.approve(action_id, actor.name, bound=bound))

    @router.post("/actions/{action_id}/refuse", tags=["actions"], responses=decided)
    async def refuse_action(
        action_id: Annotated[Id, Path()],
        refusal: RefusalOfAction,
        actor: Annotated[Actor, Depends(approves)],
    ) -> ActionDetail:
        """Refuse a proposed action, in the caller's name."""
        bound = actor.departments
        return _decided(await proposals.refuse(action_id, actor.name, refusal.reason, bound=bound))

    @router.post("/actions/{action_id}/undo", tags=["actions"], responses=decided)
    async def undo_action_decision(
        action_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(approves)]
    ) -> ActionDetail:
        """Undo a refusal, or an approval whose action has not begun.

        Not possible once it has begun, or while its violation is dismissed.
        """
        return _decided(await proposals.undo(action_id, actor.name, bound=actor.departments))


def _add_mending(router: APIRouter, outbox: Outbox, access: Access) -> None:
    operates = access.needs(Right.OPERATE)
    log = structlog.get_logger("moderator.web")

    @router.post("/actions/requeue", tags=["actions"])
    async def requeue_actions(
        wanted: Requeueing, actor: Annotated[Actor, Depends(operates)]
    ) -> Requeued:
        """Requeue failed, expired and unsupported actions, in the caller's name.

        Without `dry_run: false` they are only counted.
        """
        if wanted.dry_run:
            return Requeued(number=await outbox.count_buried(wanted.as_filter()), dry_run=True)
        number = await outbox.requeue(wanted.as_filter(), by=actor.name, reason=wanted.reason)
        log.info("requeued", number=number, by=actor.name)
        return Requeued(number=number, dry_run=False)

    @router.post(
        "/pauses/{pause_id}/lift",
        tags=["actions"],
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def lift_pause(
        pause_id: Annotated[Id, Path()],
        lifting: Lifting,
        actor: Annotated[Actor, Depends(operates)],
    ) -> PauseAnswer:
        """Lift a pause, so that WeCom is called again, in the caller's name.

        After a wrong secret WeCom is still not called within the hour: it would ban us.
        """
        now = datetime.now(UTC)
        lifted = await outbox.pauses.lift(pause_id, by=actor.name, reason=lifting.reason, now=now)
        if lifted is None:
            raise Refusal(HTTPStatus.CONFLICT, "not_paused", "The pause has already ended.")
        log.info("lifted", pause=pause_id, by=actor.name)
        return PauseAnswer.model_validate(lifted)


def _decided(resolved: Resolved) -> ActionDetail:
    now = ActionDetail.model_validate(resolved.action)
    if resolved.applied:
        return now
    by = f", decided by {now.decided_by}" if now.decided_by else ""
    raise Refusal(
        HTTPStatus.CONFLICT, "not_proposed", f"The action is {now.state}{by}.", current=now
    )
