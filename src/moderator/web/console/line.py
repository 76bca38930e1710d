"""What somebody works through: which cases, in which order, as the address of a page says it."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor
from moderator.domain.decision import ActionState
from moderator.domain.rule import Severity
from moderator.ledger.records import Cursor, Sort, Status, ViolationFilter, ViolationRecord
from moderator.web.problems import Refusal

_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2199, 12, 31)
_MOST_FIELDS: Final = 50
# What addresses hold beside the line: the page of a list, and what was just done.
_OF_THE_PAGE: Final = frozenset({"cursor", "job", "done", "of", "version", "action"})
_LONGEST_TRAIL: Final = 20  # cases
_SAME_IN_API: Final = (
    *("category", "sender", "department", "chat", "app", "rule", "clause", "fingerprint"),
    *("assignee", "escalated_to", "text"),
)
_Severity = Literal["", "low", "medium", "high", "critical"]
_Name = Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")]


class Standing(StrEnum):
    """Which cases, by what people made of them."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ANY = "any"


class Whose(StrEnum):
    """Which cases, by who they are waiting for."""

    ANY = ""
    MINE = "mine"  # assigned to the visitor
    ASKED = "asked"  # escalated to the visitor
    NOBODY = "nobody"


class Wanted(BaseModel):
    """The conditions of a line, as they appear in the address; dates are in the person's zone.

    `trail` are the cases that somebody came by, the last one last, each with a full stop.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: Standing = Standing.OPEN
    severity: _Severity = ""
    max_severity: _Severity = ""
    category: _Name = ""
    sender: _Name = ""
    department: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    chat: _Name = ""
    app: _Name = ""
    rule: _Name = ""
    clause: _Name = ""
    fingerprint: _Name = ""
    assignee: _Name = ""
    whose: Whose = Whose.ANY
    proposed: Literal["", "1"] = ""
    text: _Name = ""
    since: Annotated[date, Field(ge=_EARLIEST, le=_LATEST)] | None = None
    until: Annotated[date, Field(ge=_EARLIEST, le=_LATEST)] | None = None
    sort: Sort = Sort.GRAVEST
    trail: Annotated[str, Field(pattern=r"^([0-9]{1,18}\.)*$", max_length=400)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The cases that fit `wanted`, as far as `actor` may see them."""

    wanted: Wanted
    actor: Actor
    zone: ZoneInfo

    @classmethod
    def of(cls, query: str, actor: Actor, zone: ZoneInfo) -> Self:
        """The line that a query string describes; raises `Refusal` 422 for what means nothing."""
        try:
            given = dict(parse_qsl(query, max_num_fields=_MOST_FIELDS))
            named = {name: one for name, one in given.items() if name not in _OF_THE_PAGE}
            wanted = Wanted.model_validate(named)
        except ValueError as error:  # pydantic's is one, too
            raise Refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", "No such condition."
            ) from error
        return cls(wanted=wanted, actor=actor, zone=zone)

    @property
    def query(self) -> str:
        """As it appears in addresses; defaults are left out."""
        return urlencode(self.wanted.model_dump(mode="json", exclude_defaults=True))

    @property
    def address(self) -> str:
        """Of the list."""
        return self.but()

    def case(self, violation_id: int) -> str:
        """Where one of its cases is worked on, with the way back into the line."""
        return _with_query(f"/console/cases/{violation_id}", self.query)

    def but(self, **changes: Any) -> str:
        """Of the same list with other conditions."""
        kept = self.wanted.model_dump(mode="json", exclude_defaults=True, exclude={"trail"})
        changed = {name: one for name, one in (kept | changes).items() if one not in ("", None)}
        return _with_query("/console/queue", urlencode(changed))

    def past(self, violation_id: int) -> Self:
        """The line with this case behind it."""
        trail = [*self.wanted.trail.split(".")[:-1], str(violation_id)][-_LONGEST_TRAIL:]
        return self._with_trail(trail)

    @property
    def previous(self) -> str:
        """Where the case is that somebody came by last; empty for none."""
        *before, last, _ = ("", *self.wanted.trail.split("."))
        if not last:
            return ""
        return self._with_trail([one for one in before if one]).case(int(last))

    def _with_trail(self, trail: list[str]) -> Self:
        told = "".join(f"{one}." for one in trail)
        return replace(self, wanted=self.wanted.model_copy(update={"trail": told}))

    def export(self, ending: str) -> str:
        """Of the same cases as a file, by the API's names for the conditions."""
        fitting = self.filter
        told = {
            "status": [status.value for status in fitting.statuses],
            "severity": self.wanted.severity,
            "max_severity": self.wanted.max_severity,
            "action_state": [state.value for state in fitting.action_states],
            "sent_after": fitting.sent_from and fitting.sent_from.isoformat(),
            "sent_before": fitting.sent_until and fitting.sent_until.isoformat(),
            "time_zone": str(self.zone),
            **{name: getattr(fitting, name) for name in _SAME_IN_API},
        }
        # An empty assignee is a condition too: nobody's.
        kept = {name: one for name, one in told.items() if one or (name, one) == ("assignee", "")}
        query = urlencode(kept, doseq=True)
        return _with_query(f"/api/v1/exports/violations.{ending}", query)

    @property
    def narrowed(self) -> tuple[str, ...]:
        """The conditions that are not as usual, by name; the order is none."""
        kept = self.wanted.model_dump(exclude_defaults=True)
        return tuple(name for name in kept if name not in {"sort", "trail"})

    @property
    def filter(self) -> ViolationFilter:
        """What the ledger is asked for; never beyond the visitor's departments."""
        wanted = self.wanted
        return ViolationFilter(
            bound=self.actor.departments,
            statuses=() if wanted.status is Standing.ANY else (Status(wanted.status.value),),
            severity=Severity.of(wanted.severity) if wanted.severity else None,
            max_severity=Severity.of(wanted.max_severity) if wanted.max_severity else None,
            category=wanted.category or None,
            sender=wanted.sender or None,
            department=wanted.department,
            chat=wanted.chat or None,
            app=wanted.app or None,
            rule=wanted.rule or None,
            clause=wanted.clause or None,
            fingerprint=wanted.fingerprint or None,
            assignee=self._assignee(),
            escalated_to=self.actor.name if wanted.whose is Whose.ASKED else None,
            action_states=(ActionState.PROPOSED,) if wanted.proposed else (),
            text=wanted.text or None,
            sent_from=self._midnight(wanted.since),
            sent_until=self._midnight(wanted.until, days=1),
        )

    def _assignee(self) -> str | None:
        match self.wanted.whose:
            case Whose.MINE:
                return self.actor.name
            case Whose.NOBODY:
                return ""
        return self.wanted.assignee or None

    def _midnight(self, day: date | None, *, days: int = 0) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day + timedelta(days=days), time.min, self.zone)


def place_of(violation: ViolationRecord, sort: Sort) -> Cursor:
    """The position of the violation in a line of that order."""
    return Cursor(sort=sort, severity=violation.severity, at=violation.sent_at, id=violation.id)


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
