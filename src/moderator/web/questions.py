"""What may be asked of the query API: filters, pages and decisions, checked before use."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.records import ActionFilter

# Ids beyond it are not told apart by every reader of JSON (RFC 8259 §6).
_LARGEST_ID: Final = 2**53 - 1
_NUMBER: Final = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _a_moment(value: datetime) -> datetime:
    if not _EARLIEST <= value < _LATEST:
        raise ValueError("must lie between the years 2000 and 2200")
    return value


def _a_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError("must be a number")  # noqa: TRY004 - for pydantic
    return value


def _no_number(value: object) -> object:
    """Pydantic takes numbers for seconds since 1970; nobody who writes `since=0` means that."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("must be written as RFC 3339 has it")
    return value


Written = BeforeValidator(_no_number)
# In a body a number is a number; in an address it is text.
InBody = BeforeValidator(_a_number)
Id = Annotated[int, Field(ge=1, le=_LARGEST_ID, description="As given in its list.")]
Moment = Annotated[
    AwareDatetime,
    AfterValidator(_a_moment),
    Written,
    Field(
        examples=["2026-03-02T09:30:00+08:00"],
        json_schema_extra={"pattern": "^2[01][0-9]{2}-"},
    ),
]
# PostgreSQL's text holds no NUL.
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Note = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00]*$")]
Words = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^\s*[^\x00\s][^\x00]*$")]
Cursor = Annotated[str, Field(pattern=r"^[0-9]{1,15}$", description="`next` of the page before.")]
Errcode = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Limit = Annotated[int, Field(ge=1, le=200, description="At most this many.")]


class Question(BaseModel):
    # A misspelt filter must not silently list everything.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pages(Question):
    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next` of the page before.")

    @property
    def before(self) -> int | None:
        return int(self.cursor) if self.cursor else None


class ActionSearch(Question):
    """Which actions are meant; what is left out fits any."""

    state: list[ActionState] = Field([], max_length=20, description="Any of these; none: all.")
    kind: ActionKind | None = Field(None, description="What is done.")
    errcode: Errcode | None = Field(None, description="The last one; -2: WeCom unreachable.")
    sender: Name | None = Field(None, description="userid of the sender.")
    since: Moment | None = Field(None, description="Decided at that time or later.")

    def as_filter(self) -> ActionFilter:
        return ActionFilter(
            states=tuple(self.state),
            kind=self.kind,
            errcode=self.errcode,
            sender=self.sender,
            since=self.since,
        )


class ActionQuery(ActionSearch, Pages):
    """Which actions to list."""


class Requeueing(ActionSearch):
    """Which failed, expired or unsupported actions to requeue, and why."""

    errcode: Annotated[Errcode, InBody] | None = Field(None)
    ids: list[Annotated[Id, InBody]] = Field(
        [], max_length=1000, description="Only these; none: all that match."
    )
    reason: Words
    dry_run: bool = Field(True, strict=True, description="Only count them.")

    def as_filter(self) -> ActionFilter:
        return replace(super().as_filter(), ids=tuple(self.ids))


class Lifting(Question):
    """What was fixed, so that WeCom may be called again."""

    reason: Words


class RefusalOfAction(Question):
    """Why a proposed action is not to be carried out."""

    reason: Note = ""
