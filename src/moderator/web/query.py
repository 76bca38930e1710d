"""`/api/v1`: what compliance staff ask and decide."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Path, Query

from moderator.ledger.outbox import Outbox
from moderator.ledger.records import Judged
from moderator.ledger.violations import Violations
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.actions import add_actions
from moderator.web.answers import (
    ViolationDetail,
    ViolationPage,
    ViolationSummary,
)
from moderator.web.problems import Refusal, responses
from moderator.web.questions import (
    Id,
    Judgement,
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
    add_actions(router, outbox, access)
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
