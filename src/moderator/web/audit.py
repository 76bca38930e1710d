"""`/api/v1/audit`: who did what, and who looked at what."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.audit import Audit, AuditFilter, AuditRow
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Cursor, Limit, Moment, Question

_Text = Annotated[str, Field(max_length=256, pattern=r"^[^\x00]*$")]


class AuditSearch(Question):
    """Which rows are meant; what is left out fits any.  Ranges exclude their end."""

    actor: _Text = Field("", description="Who did it, by the name in the log.")
    action: _Text = Field(
        "", description="What was done; `violation` matches all about violations."
    )
    subject: _Text = Field("", description="Subject, such as `violation/17`.")
    since: Moment | None = Field(None, description="At that time or later.")
    until: Moment | None = Field(None, description="Before that time.")

    def as_filter(self) -> AuditFilter:
        return AuditFilter(
            actor=self.actor,
            action=self.action,
            subject=self.subject,
            since=self.since,
            until=self.until,
        )


class AuditQuery(AuditSearch):
    """Which rows to list."""

    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class AuditAnswer(BaseModel):
    """One row, with its hashes in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(description="Rises by one from row to row.")
    at: AwareDatetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    previous: str = Field(description="`hash` of the row before.")
    hash: str

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        return cls(
            number=row.number,
            at=row.at,
            actor=row.deed.actor,
            action=row.deed.action,
            subject=row.deed.subject,
            detail=dict(row.deed.detail),
            previous=row.previous.hex(),
            hash=row.hash.hex(),
        )


class AuditPage(BaseModel):
    """Rows, newest first; `next` is the `cursor` of the following page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[AuditAnswer, ...]
    next: str | None


def audit_router(audit: Audit, access: Access) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["access"], responses=responses(*ALWAYS))

    @router.get("/audit")
    async def list_audit(
        wanted: Annotated[AuditQuery, Query()],
        _: Annotated[Actor, Depends(access.needs(Right.SEE_AUDIT))],
    ) -> AuditPage:
        """List the audit log, newest first."""
        before = int(wanted.cursor) if wanted.cursor else None
        found = await audit.page(wanted.as_filter(), before=before, limit=wanted.limit + 1)
        items = tuple(map(AuditAnswer.of, found[: wanted.limit]))
        more = len(found) > wanted.limit
        return AuditPage(items=items, next=str(items[-1].number) if more else None)

    return router
