"""`/api/v1`: what compliance staff ask and decide."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Query

from moderator.ledger.outbox import Outbox
from moderator.ledger.records import Judged, Resolved
from moderator.ledger.violations import Violations
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.answers import (
    ActionDetail,
    ActionPage,
    ViolationDetail,
    ViolationPage,
    ViolationSummary,
)
from moderator.web.problems import Refusal, responses
from moderator.web.questions import (
    ActionQuery,
    Id,
    Judgement,
    RefusalOfAction,
    ViolationQuery,
)

_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def query_router(violations: Violations, outbox: Outbox, settings: ApiSettings) -> APIRouter:
    """The routes under `/api/v1`; each asks for a bearer token."""
    access = Access(settings)
    router = APIRouter(
        prefix="/api/v1", dependencies=[Depends(access)], responses=responses(*_ALWAYS)
    )
    _add_violations(router, violations, access)
    _add_actions(router, outbox, access)
    return router


def _add_violations(router: APIRouter, violations: Violations, access: Access) -> None:
    missing = responses(HTTPStatus.NOT_FOUND)
    log = structlog.get_logger("moderator.web")

    @router.get("/violations", tags=["violations"])
    async def list_violations(wanted: Annotated[ViolationQuery, Query()]) -> ViolationPage:
        """List violations, newest first."""
        page = await violations.page(wanted.as_filter(), wanted.before, wanted.limit)
        items = tuple(ViolationSummary.model_validate(item) for item in page.items)
        return ViolationPage(items=items, next=_cursor(page.next))

    @router.get("/violations/{violation_id}", tags=["violations"], responses=missing)
    async def explain_violation(
        violation_id: Annotated[Id, Path()], holder: Annotated[str, Depends(access)]
    ) -> ViolationDetail:
        """Explain one violation: what matched and where, which rule and clause, what followed."""
        violation = await violations.one(violation_id)
        log.info("read", violation=violation_id, by=holder)
        return ViolationDetail.of(violation)

    @router.post(
        "/violations/{violation_id}/decision",
        tags=["violations"],
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def judge_violation(
        violation_id: Annotated[Id, Path()],
        judgement: Judgement,
        holder: Annotated[str, Depends(access)],
    ) -> ViolationDetail:
        """Confirm or dismiss a violation, or open it again, in the name of the token's holder.

        A dismissal gives the strike back, cancels what was not yet carried out and takes back a
        warning that is less than 24 hours old.
        """
        judged = await violations.judge(
            violation_id,
            judgement.status,
            by=holder,
            reason=judgement.note,
            version=judgement.version,
        )
        _refuse_stale(judged)
        log.info("judged", violation=violation_id, decision=judgement.decision, by=holder)
        return ViolationDetail.of(judged.violation)


def _add_actions(router: APIRouter, outbox: Outbox, access: Access) -> None:
    decided = responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    log = structlog.get_logger("moderator.web")

    @router.get("/actions", tags=["actions"])
    async def list_actions(wanted: Annotated[ActionQuery, Query()]) -> ActionPage:
        """List actions, newest first."""
        found = await outbox.list(wanted.state, before=wanted.before, limit=wanted.limit + 1)
        items = tuple(ActionDetail.model_validate(action) for action in found[: wanted.limit])
        return ActionPage(
            items=items, next=_cursor(items[-1].id if len(found) > wanted.limit else None)
        )

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


def _cursor(id_: int | None) -> str | None:
    return None if id_ is None else str(id_)


def _refuse_stale(judged: Judged) -> None:
    if not judged.applied:
        now = judged.violation
        raise Refusal(
            HTTPStatus.CONFLICT,
            "changed_meanwhile",
            f"Version {now.version}, {now.status} by {now.judged_by or 'nobody'}: read it again.",
        )


def _refuse_second(resolved: Resolved) -> None:
    if not resolved.applied:
        now = resolved.action
        by = f", decided by {now.decided_by}" if now.decided_by else ""
        raise Refusal(
            HTTPStatus.CONFLICT, "not_proposed", f"The action is no proposal: {now.state}{by}."
        )
