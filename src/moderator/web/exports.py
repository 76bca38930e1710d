"""`/api/v1/exports`: the lists as files, and what became of each export."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.exporting.table import Format
from moderator.ledger.desk.exports import Exports, Fate
from moderator.ledger.desk.progress import Progress
from moderator.ledger.desk.selections import (
    PeopleFilter,
    actions_selected,
    audit_selected,
    people_selected,
    violations_selected,
)
from moderator.policy.policy import Policy
from moderator.web.access import Access
from moderator.web.audit import AuditSearch
from moderator.web.downloads import Downloads
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import ActionSearch, Name
from moderator.web.registry import PeopleSearch
from moderator.web.searching import ViolationSearch

CHINA: Final = "Asia/Shanghai"
WATCH: Final = r"^([0-9a-f]{32})?$"


def _a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder's name is an OSError
        raise ValueError("is no time zone of the IANA data base") from None
    return name


class Written(BaseModel):
    """How an export is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: Annotated[str, Field(max_length=64), AfterValidator(_a_zone)] = Field(
        CHINA,
        description="IANA name of the zone of moments in CSV and XLSX; JSON lines have UTC.",
        json_schema_extra={"format": "time-zone"},
    )

    watch: Annotated[str, Field(pattern=WATCH)] = Field(
        "",
        description="A random name for this export: while it is under way"
        " `/exports/progress/{watch}` tells you how far it is.",
    )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class ViolationExport(ViolationSearch, Written):
    """Which violations to export, and how."""


class ActionExport(ActionSearch, Written):
    """Which actions to export, and how."""


class PeopleExport(PeopleSearch, Written):
    """Whose standing to export, and how."""

    sender: Name | None = Field(None, description="userid; left out: everybody with a violation.")

    def as_filter(self, bound: frozenset[int] | None) -> PeopleFilter:
        """The filter for somebody who may see no more than the departments of `bound`."""
        return PeopleFilter(
            sender=self.sender, text=self.text, department=self.department, bound=bound
        )


class AuditExport(AuditSearch, Written):
    """Which rows of the audit log to export, and how."""


class ExportAnswer(BaseModel):
    """What the audit log tells of an export."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    subject: str = Field(description="What was exported.")
    format: Format
    filter: dict[str, Any]
    fate: Fate = Field(description="`begun`: under way, or cut off with the process.")
    begun_at: AwareDatetime
    ended_at: AwareDatetime | None
    rows: int | None = Field(description="How many had left by its end.")
    hash: str = Field(description="SHA-256 of those rows as JSON lines.")
    reason: str = Field(description="Why it was aborted.")


class ProgressAnswer(BaseModel):
    """How far an export is."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    done: int = Field(description="Rows written.")
    total: int = Field(description="Rows that there were when it began.")


Ending = Annotated[Format, Path(description="What the file shall be.")]
ExportId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="`X-Export-Id`.")]

_FILE: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.OK.value: {
        "description": "The file, as an attachment.",
        "content": {
            format_.media_type: {"schema": {"type": "string", "format": "binary"}}
            for format_ in Format
        },
        "headers": {
            "X-Export-Id": {
                "description": "Ask `/exports/{export_id}` afterwards what became of it.",
                "schema": {"type": "string"},
            },
            "X-Export-Rows": {"description": "XLSX only.", "schema": {"type": "integer"}},
            "X-Export-SHA256": {"description": "XLSX only.", "schema": {"type": "string"}},
        },
    },
    **responses(HTTPStatus.TOO_MANY_REQUESTS),
}


def exports_router(
    exports: Exports,
    progress: Progress,
    access: Access,
    *,
    corp: str,
    policy: Callable[[], Policy],
    clock: Callable[[], datetime],
) -> APIRouter:
    """The routes under `/api/v1/exports`; the caller needs `Right.EXPORT`."""
    router = APIRouter(
        prefix="/api/v1/exports",
        tags=["exports"],
        responses=responses(*ALWAYS),
    )
    downloads = Downloads(exports=exports, progress=progress, clock=clock)
    _add_violations(router, downloads, access)
    _add_people(router, downloads, access, corp, policy)
    _add_audit(router, downloads, access)
    _add_fates(router, exports, downloads, access)
    return router


def _add_violations(router: APIRouter, downloads: Downloads, access: Access) -> None:
    may = Depends(access.needs(Right.EXPORT))

    @router.get("/violations.{ending}", response_class=Response, responses=_FILE)
    async def export_violations(
        wanted: Annotated[ViolationExport, Query()],
        ending: Ending,
        actor: Annotated[Actor, may],
    ) -> Response:
        """Export violations by the filters of their list, newest first, without their texts."""
        selection = violations_selected(wanted.as_filter(actor.departments))
        return downloads.of(selection, ending, actor, wanted.zone, wanted.watch)

    @router.get("/actions.{ending}", response_class=Response, responses=_FILE)
    async def export_actions(
        wanted: Annotated[ActionExport, Query()],
        ending: Ending,
        actor: Annotated[Actor, may],
    ) -> Response:
        """Export actions by the filters of their list, newest first."""
        selection = actions_selected(wanted.as_filter(), actor.departments)
        return downloads.of(selection, ending, actor, wanted.zone, wanted.watch)


def _add_people(
    router: APIRouter,
    downloads: Downloads,
    access: Access,
    corp: str,
    policy: Callable[[], Policy],
) -> None:
    @router.get("/people.{ending}", response_class=Response, responses=_FILE)
    async def export_people(
        wanted: Annotated[PeopleExport, Query()],
        ending: Ending,
        actor: Annotated[Actor, Depends(access.needs(Right.EXPORT))],
    ) -> Response:
        """Export what counts for and against everybody with a violation, as it stands now."""
        people = wanted.as_filter(actor.departments)
        selection = people_selected(corp, people, policy(), now=downloads.clock())
        return downloads.of(selection, ending, actor, wanted.zone, wanted.watch)


def _add_audit(router: APIRouter, downloads: Downloads, access: Access) -> None:
    sees = [Depends(access.needs(Right.SEE_AUDIT))]

    @router.get("/audit.{ending}", response_class=Response, responses=_FILE, dependencies=sees)
    async def export_audit(
        wanted: Annotated[AuditExport, Query()],
        ending: Ending,
        actor: Annotated[Actor, Depends(access.needs(Right.EXPORT))],
    ) -> Response:
        """Export the audit log, newest first, each row with its link in the chain.

        It tells of everybody: whoever is bound to departments may not have it.
        """
        if actor.departments is not None:
            told = "The audit log is not divided by departments, and you are bound to some."
            raise Refusal(HTTPStatus.FORBIDDEN, "forbidden", told)
        return downloads.of(
            audit_selected(wanted.as_filter()), ending, actor, wanted.zone, wanted.watch
        )


def _add_fates(router: APIRouter, exports: Exports, downloads: Downloads, access: Access) -> None:
    @router.get("/progress/{watch}", responses=responses(HTTPStatus.NOT_FOUND))
    async def watch_export(
        watch: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="As it was given.")],
        actor: Annotated[Actor, Depends(access.needs(Right.EXPORT))],
    ) -> ProgressAnswer:
        """Tell how many rows of an export of yours are written; nothing once it has ended."""
        return ProgressAnswer.model_validate(await downloads.course(watch, actor))

    @router.get("/{export_id}", responses=responses(HTTPStatus.NOT_FOUND))
    async def explain_export(
        export_id: ExportId, actor: Annotated[Actor, Depends(access.needs(Right.EXPORT))]
    ) -> ExportAnswer:
        """Tell what became of an export of yours: whole or aborted, how many rows, their hash."""
        return ExportAnswer.model_validate(await exports.one(export_id, by=actor.name))
