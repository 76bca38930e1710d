"""What `policy.yaml` may say: the models behind `rules/policy.schema.json`."""

import re
from datetime import date, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from moderator.domain.decision import ActionKind
from moderator.rulebook.entries import Entry, Id, Listed, Text
from moderator.rulebook.pack_format import SeverityName

DURATION = r"^[1-9][0-9]{0,5}[mhdw]$"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

Duration = Annotated[str, StringConstraints(pattern=DURATION)]
ClauseId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
_UNDOING = (
    *(ActionKind.RECALL_NOTICE, ActionKind.ENABLE_ACCOUNT),
    *(ActionKind.ASK_REVIEWERS, ActionKind.UPDATE_CARD),
)
_PLANNED = tuple(kind for kind in ActionKind if kind not in _UNDOING)


def _planned(kind: ActionKind) -> ActionKind:
    if kind not in _PLANNED:
        raise ValueError(f"`{kind}` follows from a dismissal and cannot be planned")
    return kind


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError("must be a date such as 2026-12-31") from None


def _time(text: Any) -> time:
    if not isinstance(text, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("must be a time of day such as 22:30")
    return time.fromisoformat(text)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a folder, or no name at all
        raise ValueError(f"there is no time zone `{name}`; write it as Asia/Shanghai") from None
    return name


def _as_action(value: Any) -> Any:
    return {"do": value} if isinstance(value, str) else value


_ACTION_NAME = {"type": "string", "enum": [kind.value for kind in _PLANNED]}
ActionName = Annotated[
    ActionKind, Field(strict=False), AfterValidator(_planned), WithJsonSchema(_ACTION_NAME)
]


Day = Annotated[
    str, StringConstraints(pattern="^(" + "|".join(DAYS) + ")$"), WithJsonSchema({"enum": [*DAYS]})
]
Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
]
Zone = Annotated[str, AfterValidator(_zone)]
Number = Annotated[int, Field(ge=1, le=100)]


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


class ActionEntry(Entry):
    """An action with its particulars; a plain name is one without."""

    do: ActionName = Field(description="What is done.")
    detail: str = Field("", description="What goes with it, such as the measure proposed to HR.")
    approval: bool | None = Field(None, description="Whether a person must agree first.")


Action = Annotated[
    ActionEntry, BeforeValidator(_as_action, json_schema_input_type=ActionName | ActionEntry)
]
Counts = dict[Id, Number]


class RungEntry(Entry):
    """What an offence calls for."""

    at: int = Field(ge=1, le=1000, description="From this offence within the window on.")
    actions: Listed[Action] = Field(description="What is done; `[]` for nothing.")
    units: Counts = Field(
        default_factory=dict, description="Units that stand against the person from then on."
    )
    approval: bool | None = Field(
        None,
        description="Whether a person must agree first, for all actions of the rung.",
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


class UnitEntry(Entry):
    """A unit of discipline, such as 警告 or 记过."""

    id: Id
    title: Text = Field(description="As people call it.")
    lapses: Duration | None = Field(None, description="How long it stands; left out: for good.")


class ConversionEntry(Entry):
    """So many units of one kind become one of another, or call for something."""

    id: Id
    of: Id = Field(description="The unit that is counted.")
    count: int = Field(ge=1, le=100, description="How many of them.")
    into: Id | None = Field(None, description="The unit that they become; left out: they stay.")
    actions: Listed[Action] = Field(default_factory=list, description="What is done then.")
    clauses: Listed[ClauseId] = Field(default_factory=list, description="Clauses quoted then.")


class OffsetEntry(Entry):
    """功过抵消: a merit, and the units that it takes away."""

    merit: Id = Field(description="What people record with `moderator merits add`.")
    title: Text = Field(description="As people call it.")
    of: Id = Field(description="The unit that it takes away, the oldest first.")
    count: Number = Field(1, description="How many of them.")
    waits: Duration | None = Field(
        None, description="How long it waits for a unit to come; left out: it does not."
    )


class HoursEntry(Entry):
    """A time of day; one that ends before it begins runs over midnight."""

    start: TimeOfDay
    end: TimeOfDay
    days: Annotated[Listed[Day], AfterValidator(_unique)] = Field(
        default_factory=list, description="Days on which it begins; empty: every day."
    )


class QuietHoursEntry(Entry):
    """When notices wait."""

    hours: HoursEntry
    actions: Annotated[Listed[ActionName], AfterValidator(_unique)] = Field(
        default_factory=list, description="What waits; empty: notices, but no recall is put off."
    )
    urgent: Annotated[Listed[SeverityName], AfterValidator(_unique)] = Field(
        default_factory=list, description="Severities about which nothing waits."
    )


class ExemptionEntry(Entry):
    """Who, where or what is spared the consequences; all that is named must fit."""

    id: Id
    reason: Text = Field(description="Why, and who decided it.")
    until: Date = Field(description="The last day.")
    since: Date | None = Field(None, description="The first day; left out: always before.")
    people: Listed[Text] = Field(default_factory=list, description="userids.")
    departments: Listed[int] = Field(
        default_factory=list, description="Ids of departments, those below them included."
    )
    chats: Listed[Text] = Field(default_factory=list, description="chatids.")
    rules: Listed[Id] = Field(default_factory=list, description="Ids of rules.")
    categories: Listed[Id] = Field(default_factory=list, description="Categories.")
    hours: HoursEntry | None = Field(None, description="Only at this time of day.")


class PolicyFile(Entry):
    """The policy of moderator (rules/policy.yaml)."""

    documents: Listed[DocumentEntry] = Field(default_factory=list)
    clauses: Listed[ClauseEntry] = Field(default_factory=list)
    record_only: bool = Field(False, description="Kill switch: record violations, do nothing.")
    timezone: Zone = Field("Asia/Shanghai", description="IANA name; of all dates and hours here.")
    caps: dict[ActionName, Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict, description="Most of an action per day (UTC) by the machine alone."
    )
    approval: dict[ActionName, bool] = Field(
        default_factory=dict,
        description="Whether a person must agree first. Default: for destructive actions only.",
    )
    quiet_hours: QuietHoursEntry | None = Field(None, description="When notices wait.")
    units: Listed[UnitEntry] = Field(default_factory=list)
    conversions: Listed[ConversionEntry] = Field(
        default_factory=list, description="Tried in this order whenever a unit is given."
    )
    offsets: Listed[OffsetEntry] = Field(default_factory=list)
    exemptions: Listed[ExemptionEntry] = Field(
        default_factory=list, description="The first that fits applies."
    )
    ladders: list[LadderEntry] = Field(min_length=1)
