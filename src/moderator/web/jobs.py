"""`/api/v1/jobs`: one decision for many violations, with progress, cancel, results and undo."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from moderator.domain.access import Actor, Right
from moderator.ledger.desk.job_records import ItemState
from moderator.ledger.desk.jobs import Jobs
from moderator.web.access import Access
from moderator.web.deeds import (
    BulkOrder,
    ItemAnswer,
    ItemPage,
    JobAnswer,
    JobPage,
    JobUndoing,
)
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id, Pages

_Job = Annotated[Id, Path()]


class JobQuery(Pages):
    """Which page of jobs."""


class ItemQuery(Pages):
    """Which items of a job."""

    state: ItemState | None = Field(None, description="Those of one state.")


def jobs_router(jobs: Jobs, access: Access) -> APIRouter:
    """The routes; whoever is bound to departments sees jobs of their own only."""
    router = APIRouter(prefix="/api/v1/jobs", tags=["jobs"], responses=responses(*ALWAYS))
    _add_reading(router, jobs, access)
    _add_changing(router, jobs, access)
    return router


def _add_reading(router: APIRouter, jobs: Jobs, access: Access) -> None:
    judges = access.needs(Right.JUDGE)
    missing = responses(HTTPStatus.NOT_FOUND)

    @router.get("")
    async def list_jobs(
        page: Annotated[JobQuery, Query()], actor: Annotated[Actor, Depends(judges)]
    ) -> JobPage:
        """List jobs, newest first."""
        found = await jobs.list(actor, before=page.before, limit=page.limit + 1)
        items = tuple(JobAnswer.model_validate(job) for job in found[: page.limit])
        return JobPage(items=items, next=str(items[-1].id) if len(found) > page.limit else None)

    @router.get("/{job_id}", responses=missing)
    async def tell_job(job_id: _Job, actor: Annotated[Actor, Depends(judges)]) -> JobAnswer:
        """Tell how far a job is."""
        return JobAnswer.model_validate(await jobs.one(job_id, actor))

    @router.get("/{job_id}/items", responses=missing)
    async def list_items(
        job_id: _Job,
        page: Annotated[ItemQuery, Query()],
        actor: Annotated[Actor, Depends(judges)],
    ) -> ItemPage:
        """Tell what became of each violation of a job, by id."""
        found = await jobs.items(
            job_id, actor, state=page.state, after=page.before or 0, limit=page.limit + 1
        )
        items = tuple(ItemAnswer.model_validate(item) for item in found[: page.limit])
        more = len(found) > page.limit
        return ItemPage(items=items, next=str(items[-1].violation_id) if more else None)


def _add_changing(router: APIRouter, jobs: Jobs, access: Access) -> None:
    judges = access.needs(Right.JUDGE)
    begun, missing = HTTPStatus.ACCEPTED, responses(HTTPStatus.NOT_FOUND)
    refused = responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

    @router.post("", status_code=begun, responses=refused)
    async def begin_job(bulk: BulkOrder, actor: Annotated[Actor, Depends(judges)]) -> JobAnswer:
        """Begin to confirm, dismiss, reopen or assign many violations.

        Which ones, and at which version, is settled now; what somebody else changes before its
        turn comes is left alone.  You must still have the right when it comes.
        """
        return JobAnswer.model_validate(await jobs.start(actor, bulk.order, bulk.of.chosen()))

    @router.post("/{job_id}/cancel", responses=missing)
    async def cancel_job(job_id: _Job, actor: Annotated[Actor, Depends(judges)]) -> JobAnswer:
        """Leave the rest of a job undone.  A job that has ended stays as it is."""
        return JobAnswer.model_validate(await jobs.cancel(job_id, actor))

    @router.post("/{job_id}/undo", status_code=begun, responses=refused)
    async def undo_job(
        job_id: _Job, undoing: JobUndoing, actor: Annotated[Actor, Depends(judges)]
    ) -> JobAnswer:
        """Begin a job that takes back what a job did and nobody changed since."""
        job = await jobs.undo(job_id, actor, reason=undoing.reason)
        if job is None:
            told = "The job runs, is being undone, or undoes another one."
            raise Refusal(HTTPStatus.CONFLICT, "not_to_be_undone", told)
        return JobAnswer.model_validate(job)
