"""What `policy.yaml` may say: the models behind `rules/policy.schema.json`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from moderator.domain.decision import ActionKind
from moderator.rulebook.entries import Entry, Id, Listed, Text
from moderator.rulebook.pack_format import SeverityName

DURATION = r"^[1-9][0-9]{0,5}[mhdw]$"
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Duration = Annotated[str, StringConstraints(pattern=DURATION)]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_PLANNED = tuple(kind for kind in ActionKind if kind is not ActionKind.RECALL_NOTICE)


def _planned(kind: ActionKind) -> ActionKind:
    if kind not in _PLANNED:
        raise ValueError(f"`{kind}` follows from a dismissal and cannot be planned")
    return kind


ActionName = Annotated[
    ActionKind,
    Field(strict=False),
    AfterValidator(_planned),
    WithJsonSchema({"type": "string", "enum": [kind.value for kind in _PLANNED]}),
]


def duration(text: str) -> timedelta:
    """`30m`, `12h`, `180d`, `4w` as a time span; raises `ValueError`."""
    if not re.fullmatch(DURATION, text):
        raise ValueError("must be a number and one of m, h, d, w, such as 180d")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def _unique(values: list[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


class DocumentEntry(Entry):
    """A document of the company that rules rest on."""

    id: ClauseId = Field(description="Short name that clauses refer to.")
    title: Text = Field(description="As people cite it.")
    version: str = Field("", description="Edition or date, as text.")


class ClauseEntry(Entry):
    """One clause, as it is quoted to people."""

    id: ClauseId = Field(description="Unique; packs and rungs refer to it.")
    document: ClauseId = Field(description="The id of a document.")
    number: Text = Field(description="Where it stands in the document.")
    text: Text = Field(description="Its words.")


class RungEntry(Entry):
    """What an offence calls for."""

    at: int = Field(ge=1, le=1000, description="From this offence within the window on.")
    actions: Listed[ActionName] = Field(description="What is done; `[]` for nothing.")
    approval: bool | None = Field(
        None,
        description="Whether a person must agree first. Default: for destructive actions only.",
    )
    clauses: Listed[ClauseId] = Field(
        default_factory=list, description="Clauses quoted besides those of the rule."
    )


class LadderEntry(Entry):
    """Rungs for some categories and severities; the first ladder that fits applies."""

    id: Id
    categories: Annotated[Listed[Id], AfterValidator(_unique)] = Field(
        default_factory=list, description="Empty: any."
    )
    severities: Annotated[Listed[SeverityName], AfterValidator(_unique)] = Field(
        default_factory=list, description="Empty: any."
    )
    window: Duration = Field("180d", description="How far back offences count: 30m, 12h, 180d, 4w.")
    rungs: list[RungEntry] = Field(min_length=1, description="In rising order of `at`.")


class PolicyFile(Entry):
    """The policy of moderator (rules/policy.yaml)."""

    documents: Listed[DocumentEntry] = Field(default_factory=list)
    clauses: Listed[ClauseEntry] = Field(default_factory=list)
    record_only: bool = Field(False, description="Kill switch: record violations, do nothing.")
    caps: dict[ActionName, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="Most of an action per day (UTC) by the machine alone."
    )
    ladders: list[LadderEntry] = Field(min_length=1)
