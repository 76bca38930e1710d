"""The company's policy as a value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from moderator.domain.decision import ActionKind, Clause
from moderator.domain.rule import Severity

EVERY_DAY = frozenset(range(7))
# What reaches a person's phone.  What stops harm, such as asking for a recall, does not wait.
NOTICES = frozenset(
    {
        ActionKind.REMIND_SENDER,
        ActionKind.WARN_SENDER,
        ActionKind.NOTIFY_GROUP,
        ActionKind.NOTIFY_GROUP_OWNER,
        ActionKind.NOTIFY_SUPERIOR,
        ActionKind.NOTIFY_DEPARTMENT_ADMIN,
        ActionKind.NOTIFY_COMPLIANCE,
        ActionKind.ASK_OWNER_TO_MUTE,
        ActionKind.PROPOSE_TO_HR,
    }
)


@dataclass(frozen=True, slots=True)
class Measure:
    """An action with its particulars: `detail` goes with it, `approval` overrides every default."""

    kind: ActionKind
    detail: str = ""
    approval: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What the `at`-th offence (and every later one, up to the next rung) calls for.

    A bare kind is a measure without particulars.  `units` stand against the person from then on.
    """

    at: int
    actions: tuple[ActionKind | Measure, ...]
    approval: bool | None = None  # None: as the policy says of the kind
    clauses: tuple[str, ...] = ()  # ids, beside those of the rule itself
    units: Mapping[str, int] = field(default_factory=dict)

    @property
    def measures(self) -> Iterator[Measure]:
        return measures_of(self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs for some categories and severities; the first ladder that fits applies.

    Empty `categories` or `severities` fit any.  Offences count when they lie within `window` and
    their category and severity fit the same ladder.
    """

    id: str
    rungs: tuple[Rung, ...]
    window: timedelta
    categories: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of discipline, such as 警告 or 记过; it `lapses` that long after it was given."""

    id: str
    title: str
    lapses: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """So many (`count`) units `of` a kind become one `into` another and call for `actions`.

    Without `into` nothing is used up: every further unit calls for the actions again.
    """

    id: str
    of: str
    count: int
    into: str = ""
    actions: tuple[ActionKind | Measure, ...] = ()
    clauses: tuple[str, ...] = ()

    @property
    def measures(self) -> Iterator[Measure]:
        return measures_of(self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offset:
    """功过抵消: one merit of this kind takes away `count` units `of` a kind, the oldest first.

    What finds no unit waits so long (`waits`) for one to come; zero: it is spent.
    """

    merit: str
    title: str
    of: str
    count: int = 1
    waits: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A time of day in a zone (IANA name) on some days (0: Monday); it may run over midnight.

    The day is the one on which the span begins.  `start` equal to `end` is the whole day.
    """

    start: time
    end: time
    timezone: str
    days: frozenset[int] = EVERY_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When notices wait for the end of `hours`, but for those about `urgent` severities."""

    hours: Hours
    actions: frozenset[ActionKind] = NOTICES
    urgent: frozenset[Severity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Who, where or what is spared the consequences, why, and until when (last day included).

    All that is named must fit; what is empty fits any.  Dates and hours are those of `timezone`.
    """

    id: str
    reason: str
    until: date
    timezone: str
    since: date | None = None
    people: frozenset[str] = frozenset()
    departments: frozenset[int] = frozenset()  # and all below them
    chats: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that decides what follows from a finding.

    `caps` bounds how often a kind of action may be set in motion in one day (UTC) by the machine
    alone; what exceeds it becomes a proposal.  `approval` says of a kind whether a person must
    agree first; unnamed: for destructive kinds only.  `record_only` is the kill switch: violations
    are written, nothing is done.
    """

    ladders: tuple[Ladder, ...]
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    rule_clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    caps: Mapping[ActionKind, int] = field(default_factory=dict)
    record_only: bool = False
    approval: Mapping[ActionKind, bool] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    conversions: tuple[Conversion, ...] = ()
    offsets: Mapping[str, Offset] = field(default_factory=dict)  # by the kind of merit
    exemptions: tuple[Exemption, ...] = ()
    quiet_hours: QuietHours | None = None


def measures_of(actions: tuple[ActionKind | Measure, ...]) -> Iterator[Measure]:
    for action in actions:
        yield action if isinstance(action, Measure) else Measure(action)
