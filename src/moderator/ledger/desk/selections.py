"""What can be exported, by which filter, in which columns: never anything that a sender wrote."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by

from moderator.domain.rule import Severity
from moderator.exporting.jsonl import told
from moderator.exporting.table import Cell, Cells, Columns, Kind, columns
from moderator.ledger.actions.requeueing import fitting as fitting_actions
from moderator.ledger.audit import AuditFilter
from moderator.ledger.audit import fitting as fitting_deeds
from moderator.ledger.database.engine import Row
from moderator.ledger.directory.offenders import placed_in
from moderator.ledger.reading.conditions import CLAUSE_IDS, called, fitting
from moderator.ledger.reading.visible import within
from moderator.ledger.records import ActionFilter, ViolationFilter
from moderator.ledger.schema.tables import actions, audit_log, people, standings, violations
from moderator.ledger.standing.standings import standing_of
from moderator.policy.policy import Policy
from moderator.policy.units import Reckoning

_T, _N, _M, _W = Kind.TEXT, Kind.NUMBER, Kind.MOMENT, Kind.WORDS

VIOLATIONS: Final = columns(
    id=_N, sent_at=_M, recorded_at=_M, app=_T, source=_T, chat=_T, message_id=_T, kind=_T,
    sender=_T, sender_name=_T, sender_department=_T, sender_departments=_W,
    category=_T, severity=_T, rule=_T, rules=_W, hits=_N, fingerprints=_W, clauses=_W,
    rulebook=_T, offence=_N, step=_T, exemption=_T, actions=_W,
    status=_T, judged_by=_T, judged_at=_M, judgement=_T, assignee=_T, escalated_to=_T, version=_N,
)  # fmt: skip
ACTIONS: Final = columns(
    id=_N, violation_id=_N, sender=_T, kind=_T, state=_T, reason=_T, detail=_T, attempts=_N,
    created_at=_M, queued_at=_M, due_at=_M, not_before=_M, check_at=_M, held_by=_T, updated_at=_M,
    errcode=_N, outcome=_T, decided_by=_T, decided_at=_M, decision_reason=_T,
)  # fmt: skip
PEOPLE: Final = columns(
    sender=_T, name=_T, departments=_W, gone_at=_M, violations=_N, open=_N, confirmed=_N,
    dismissed=_N, last_sent_at=_M, strikes=_N, units=_W, merits=_N,
)  # fmt: skip
AUDIT: Final = columns(
    number=_N, at=_M, actor=_T, action=_T, subject=_T, detail=_T, previous=_T, hash=_T
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Rows to be exported; `told` is the filter as the audit log and the first sheet have it."""

    subject: str
    columns: Columns
    statement: Select[Any]
    told: Mapping[str, Any]
    cells: Callable[[Row], Cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFilter:
    """Whose standing is wanted; None means any.

    `text` is part of a name or userid.  `department` and `bound` mean whom the directory has there
    now, or below; of somebody within a bound only the violations within it are counted.
    """

    sender: str | None = None
    text: str | None = None
    department: int | None = None
    bound: frozenset[int] | None = None


def violations_selected(wanted: ViolationFilter) -> Selection:
    """Violations without their texts and the words found in them, newest first."""
    done = actions.c.kind + "=" + actions.c.state
    derived: dict[str, ColumnElement[Any]] = {
        "hits": func.jsonb_array_length(violations.c.hits) + violations.c.hits_omitted,
        "clauses": CLAUSE_IDS,
        "actions": select(func.array_agg(aggregate_order_by(done, actions.c.id)))
        .where(actions.c.violation_id == violations.c.id)
        .scalar_subquery(),
    }
    every = {**dict(violations.c.items()), **derived}
    shown = [every[column.name].label(column.name) for column in VIOLATIONS]
    return Selection(
        subject="violations",
        columns=VIOLATIONS,
        statement=select(*shown)
        .where(*fitting(wanted))
        .order_by(violations.c.sent_at.desc(), violations.c.id.desc()),
        told=filter_told(wanted),
        cells=_violation,
    )


def actions_selected(wanted: ActionFilter, bound: frozenset[int] | None = None) -> Selection:
    """Actions of violations within `bound`, newest first."""
    theirs = select(violations.c.id).where(
        violations.c.id == actions.c.violation_id, *within(bound)
    )
    conditions = [*fitting_actions(wanted), *([] if bound is None else [exists(theirs)])]
    shown = [actions.c[column.name] for column in ACTIONS]
    return Selection(
        subject="actions",
        columns=ACTIONS,
        statement=select(*shown).where(*conditions).order_by(actions.c.id.desc()),
        told=filter_told(wanted) | ({} if bound is None else {"bound": sorted(bound)}),
        cells=_action,
    )


def people_selected(corp: str, wanted: PeopleFilter, policy: Policy, *, now: datetime) -> Selection:
    """What counts for and against everybody who ever broke a rule, as `policy` has it `now`."""
    counted = _counted(wanted.bound)
    known = (people.c.corp == corp) & (people.c.userid == func.lower(standings.c.sender))
    conditions = [standings.c.corp == corp, counted.c.violations > 0, *_fitting_people(wanted)]
    statement = (
        select(standings.c.sender, standings.c.strikes, standings.c.merits, counted)
        .add_columns(people.c.name, people.c.departments, people.c.gone_at)
        .select_from(standings.join(counted, true()).outerjoin(people, known))
        .where(*conditions)
        .order_by(standings.c.sender)
    )
    reckoning = Reckoning(policy)

    def cells(row: Row) -> Cells:
        return _person(row, reckoning, now)

    return Selection(
        subject="people",
        columns=PEOPLE,
        statement=statement,
        told=filter_told(wanted) | {"as_of": told(now)},
        cells=cells,
    )


def audit_selected(wanted: AuditFilter) -> Selection:
    """Rows of the audit log, newest first, each with its link in the chain."""
    return Selection(
        subject="audit",
        columns=AUDIT,
        statement=select(audit_log)
        .where(*fitting_deeds(wanted))
        .order_by(audit_log.c.number.desc()),
        told={name: value for name, value in filter_told(wanted).items() if value},
        cells=_deed,
    )


def _fitting_people(wanted: PeopleFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.sender is not None:
        yield standings.c.sender == wanted.sender
    if wanted.text is not None:
        yield from called(wanted.text)
    if wanted.department is not None:
        yield placed_in(frozenset({wanted.department}))
    if wanted.bound is not None:
        yield placed_in(wanted.bound)


def filter_told(wanted: object) -> dict[str, Any]:
    """What a filter asks for, as JSON has it; what fits any is left out."""
    given = asdict(wanted)  # type: ignore[call-overload]  # every filter is a dataclass
    asked = {name: value for name, value in given.items() if value is not None and value != ()}
    return {name: _plain(value) for name, value in asked.items()}


def _plain(value: object) -> object:
    match value:
        case Severity():
            return value.label
        case frozenset() | set():
            return sorted(value)
        case tuple() | list():
            return [_plain(each) for each in value]
        case datetime():
            return told(value)
    return value


def _violation(row: Row) -> Cells:
    words = {"sender_departments": map(str, row["sender_departments"])}
    severity = {"severity": Severity(row["severity"]).label}
    return _cells(VIOLATIONS, {**row, **words, **severity})


def _action(row: Row) -> Cells:
    return _cells(ACTIONS, row)


def _person(row: Row, reckoning: Reckoning, now: datetime) -> Cells:
    standing = standing_of(row)
    units = reckoning.standing(standing, now)
    derived: dict[str, Cell] = {
        "name": row["name"] or "",
        "departments": [str(id_) for id_ in row["departments"] or ()],
        "strikes": len(standing.strikes),
        "units": [f"{unit}={number}" for unit, number in units.items()],
        "merits": sum(merit.count for merit in standing.merits),
    }
    return _cells(PEOPLE, {**row, **derived})


def _deed(row: Row) -> Cells:
    detail = json.dumps(row["detail"], ensure_ascii=False, sort_keys=True)
    links = {name: bytes(row[name]).hex() for name in ("previous", "hash")}
    return _cells(AUDIT, {**row, "detail": detail, **links})


def _cells(columns: Columns, row: Mapping[str, Any]) -> Cells:
    return [
        tuple(row[column.name] or ()) if column.kind is Kind.WORDS else row[column.name]
        for column in columns
    ]


def _counted(bound: frozenset[int] | None) -> Any:
    of = violations.c.status
    number = func.count()
    return (
        select(
            number.label("violations"),
            *(number.filter(of == name).label(name) for name in ("open", "confirmed", "dismissed")),
            func.max(violations.c.sent_at).label("last_sent_at"),
        )
        .where(violations.c.corp == standings.c.corp, violations.c.sender == standings.c.sender)
        .where(*within(bound))
        .lateral("counted")
    )
