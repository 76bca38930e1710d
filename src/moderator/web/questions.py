"""What may be asked of the query API: filters, pages and decisions, checked before use."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.rule import Severity
from moderator.ledger.records import ActionFilter, Status, ViolationFilter
from moderator.web.answers import SeverityLabel

_LARGEST_ID: Final = 2**63 - 1  # of PostgreSQL's bigint
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _a_moment(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("must lie between the years 2000 and 2200")
    return value


def _a_cursor(value: str) -> str:
    if int(value) > _LARGEST_ID:
        raise ValueError("is not the cursor of any page")
    return value


Id = Annotated[int, Field(ge=1, le=_LARGEST_ID)]
Moment = Annotated[AwareDatetime, AfterValidator(_a_moment)]
# PostgreSQL's text holds no NUL.
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Note = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,19}$"), AfterValidator(_a_cursor)]
Errcode = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=200)]


class _Question(BaseModel):
    # A misspelt filter must not silently list everything.
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Pages(_Question):
    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next` of the page before.")

    @property
    def before(self) -> int | None:
        return int(self.cursor) if self.cursor else None


class ViolationQuery(_Pages):
    """Which violations to list; what is left out fits any.  Ranges exclude their end."""

    sent_after: Moment | None = Field(None, description="Sent then or later.")
    sent_before: Moment | None = Field(None, description="Sent earlier.")
    recorded_after: Moment | None = Field(None, description="Recorded then or later.")
    recorded_before: Moment | None = Field(None, description="Recorded earlier.")
    sender: Name | None = Field(None, description="userid of the sender.")
    department: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        None, description="Id of a department, with all below it."
    )
    chat: Name | None = Field(None, description="chatid of the group.")
    app: Name | None = Field(None, description="Name of the app in the settings.")
    category: Name | None = None
    severity: SeverityLabel | None = Field(None, description="This grave or graver.")
    rule: Name | None = Field(None, description="Id of a rule that hit.")
    status: Status | None = None
    fingerprint: Name | None = Field(None, description="Fingerprint of a masked value.")

    def as_filter(self) -> ViolationFilter:
        return ViolationFilter(
            sent_from=self.sent_after,
            sent_until=self.sent_before,
            recorded_from=self.recorded_after,
            recorded_until=self.recorded_before,
            sender=self.sender,
            department=self.department,
            chat=self.chat,
            app=self.app,
            category=self.category,
            severity=Severity.of(self.severity) if self.severity else None,
            rule=self.rule,
            status=self.status,
            fingerprint=self.fingerprint,
        )


class _Actions(_Question):
    state: list[ActionState] = Field([], max_length=20, description="Any of these; none: all.")
    kind: ActionKind | None = None
    errcode: Errcode | None = Field(None, description="The last one; -2: WeCom unreachable.")
    sender: Name | None = Field(None, description="userid of the sender.")
    since: Moment | None = Field(None, description="Decided then or later.")

    def as_filter(self) -> ActionFilter:
        return ActionFilter(
            states=tuple(self.state),
            kind=self.kind,
            errcode=self.errcode,
            sender=self.sender,
            since=self.since,
        )


class ActionQuery(_Actions, _Pages):
    """Which actions to list."""


class Requeueing(_Actions):
    """Which failed, expired or unsupported actions shall be tried again, and why."""

    ids: list[Id] = Field([], max_length=1000, description="Only these; none: all that fit.")
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
    dry_run: bool = Field(True, description="Only count them.")

    def as_filter(self) -> ActionFilter:
        return replace(super().as_filter(), ids=tuple(self.ids))


class Lifting(_Question):
    """What was mended, so that WeCom may be called again."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class Judgement(_Question):
    """What a person decides of a violation."""

    decision: Literal["confirm", "dismiss", "reopen"]
    note: Note = ""
    version: Id = Field(description="`version` of the violation as it was read.")

    @property
    def status(self) -> Status:
        match self.decision:
            case "confirm":
                return Status.CONFIRMED
            case "dismiss":
                return Status.DISMISSED
            case "reopen":
                return Status.OPEN


class RefusalOfAction(_Question):
    """Why a proposed action is not to be carried out."""

    reason: Note = ""
