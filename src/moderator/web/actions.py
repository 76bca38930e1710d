"""`/api/v1/actions` and `/pauses`: what is to be done, what came of it, what holds it up."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Query

from moderator.ledger.outbox import Outbox
from moderator.ledger.records import Resolved
from moderator.web.access import Access
from moderator.web.answers import ActionDetail, ActionPage, PauseAnswer, PauseList, Requeued
from moderator.web.problems import Refusal, responses
from moderator.web.questions import ActionQuery, Id, Lifting, RefusalOfAction, Requeueing


def add_actions(router: APIRouter, outbox: Outbox, access: Access) -> None:
    """The routes; `access` gives the name of who asks."""
    _add_lists(router, outbox)
    _add_approval(router, outbox, access)
    _add_mending(router, outbox, access)


def _add_lists(router: APIRouter, outbox: Outbox) -> None:
    @router.get("/actions", tags=["actions"])
    async def list_actions(wanted: Annotated[ActionQuery, Query()]) -> ActionPage:
        """List actions, newest first.

        `accepted` says that WeCom took it: whether a person received it nobody can know.
        """
        found = await outbox.list(wanted.as_filter(), before=wanted.before, limit=wanted.limit + 1)
        items = tuple(ActionDetail.model_validate(action) for action in found[: wanted.limit])
        return ActionPage(
            items=items, next=str(items[-1].id) if len(found) > wanted.limit else None
        )

    @router.get("/pauses", tags=["actions"])
    async def list_pauses() -> PauseList:
        """List what WeCom refuses until somebody mends something, newest first."""
        found = await outbox.pauses.list()
        return PauseList(items=tuple(PauseAnswer.model_validate(pause) for pause in found))


def _add_approval(router: APIRouter, outbox: Outbox, access: Access) -> None:
    decided = responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    log = structlog.get_logger("moderator.web")

    @router.post("/actions/{action_id}/approve", tags=["actions"], responses=decided)
    async def approve_action(
        action_id: Annotated[Id, Path()], holder: Annotated[str, Depends(access)]
    ) -> ActionDetail:
        """Have a proposed action carried out, in the name of the token's holder."""
        resolved = await outbox.approve(action_id, holder)
        _refuse_second(resolved)
        log.info("approved", action=action_id, by=holder)
        return ActionDetail.model_validate(resolved.action)

    @router.post("/actions/{action_id}/refuse", tags=["actions"], responses=decided)
    async def refuse_action(
        action_id: Annotated[Id, Path()],
        refusal: RefusalOfAction,
        holder: Annotated[str, Depends(access)],
    ) -> ActionDetail:
        """Cancel a proposed action, in the name of the token's holder."""
        resolved = await outbox.refuse(action_id, holder, refusal.reason)
        _refuse_second(resolved)
        log.info("refused", action=action_id, by=holder)
        return ActionDetail.model_validate(resolved.action)


def _add_mending(router: APIRouter, outbox: Outbox, access: Access) -> None:
    log = structlog.get_logger("moderator.web")

    @router.post("/actions/requeue", tags=["actions"])
    async def requeue_actions(
        wanted: Requeueing, holder: Annotated[str, Depends(access)]
    ) -> Requeued:
        """Try failed, expired and unsupported actions again, in the name of the token's holder.

        Without `dry_run: false` they are only counted.
        """
        if wanted.dry_run:
            return Requeued(number=await outbox.count_buried(wanted.as_filter()), dry_run=True)
        number = await outbox.requeue(wanted.as_filter(), by=holder, reason=wanted.reason)
        log.info("requeued", number=number, by=holder)
        return Requeued(number=number, dry_run=False)

    @router.post(
        "/pauses/{pause_id}/lift",
        tags=["actions"],
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def lift_pause(
        pause_id: Annotated[Id, Path()],
        lifting: Lifting,
        holder: Annotated[str, Depends(access)],
    ) -> PauseAnswer:
        """Have WeCom called again, in the name of the token's holder.

        After a wrong secret WeCom is still not asked before an hour is over: it would ban us.
        """
        now = datetime.now(UTC)
        lifted = await outbox.pauses.lift(pause_id, by=holder, reason=lifting.reason, now=now)
        if lifted is None:
            raise Refusal(HTTPStatus.CONFLICT, "not_paused", "The pause had ended.")
        log.info("lifted", pause=pause_id, by=holder)
        return PauseAnswer.model_validate(lifted)


def _refuse_second(resolved: Resolved) -> None:
    if not resolved.applied:
        now = resolved.action
        by = f", decided by {now.decided_by}" if now.decided_by else ""
        raise Refusal(
            HTTPStatus.CONFLICT, "not_proposed", f"The action is no proposal: {now.state}{by}."
        )
