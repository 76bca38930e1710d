"""What a violation has to be for a filter, condition by condition, as SQL."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    any_,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger, Integer, Text

from moderator.ledger.actions.settling import one_of
from moderator.ledger.database.engine import Transaction
from moderator.ledger.reading.visible import among, within
from moderator.ledger.records import ViolationFilter
from moderator.ledger.schema.desk import decisions
from moderator.ledger.schema.tables import actions, departments, people, standings, violations

Condition = ColumnElement[bool]

# A text is looked for in the newest notes that hold it, and taken for so many people's name.
_MOST_NOTES: Final = 5000
_MOST_PEOPLE: Final = 500
_LARGEST_ID: Final = 2**63 - 1

_EQUAL: Final = ("sender", "chat", "app", "category", "assignee", "escalated_to")
CLAUSE_IDS: Final = func.jsonb_path_query_array(
    violations.c.clauses, literal_column("'$[*].id'::jsonpath"), type_=JSONB
)


def fitting(wanted: ViolationFilter) -> list[Condition]:
    """Everything that a violation has to be."""
    return list(conditions(wanted).values())


def conditions(wanted: ViolationFilter, mentions: Condition | None = None) -> dict[str, Condition]:
    """The same, by the names of the fields; state and kind of an action are one, `action`.

    `mentions` is what `looked_up` gave, if it was asked.
    """
    every = dict((*_ranges(wanted), *_equalities(wanted), *_lookups(wanted)))
    return every if mentions is None else every | {"text": mentions}


async def looked_up(transaction: Transaction, wanted: ViolationFilter) -> Condition | None:
    """What a violation has to be to mention the text: whose name it is, and so on, is found once.

    Then PostgreSQL knows how many to expect.
    """
    if wanted.text is None:
        return None
    named = _named(wanted.text)
    row = await transaction.row(select(*(found.label(name) for name, found in named.items())))
    found = {name: literal(row[name] if row else [], each.type) for name, each in named.items()}
    return _mentions(wanted.text, found)


def acting(wanted: ViolationFilter) -> list[Condition]:
    """What one of its actions has to be; nothing for any."""
    found: list[Condition] = []
    if wanted.action_states:
        found.append(actions.c.state == one_of(wanted.action_states))
    if wanted.action_kind is not None:
        found.append(actions.c.kind == wanted.action_kind.value)
    return found


def _ranges(wanted: ViolationFilter) -> Iterator[tuple[str, Condition]]:
    if wanted.sent_from is not None:
        yield "sent_from", violations.c.sent_at >= wanted.sent_from
    if wanted.sent_until is not None:
        yield "sent_until", violations.c.sent_at < wanted.sent_until
    if wanted.recorded_from is not None:
        yield "recorded_from", violations.c.recorded_at >= wanted.recorded_from
    if wanted.recorded_until is not None:
        yield "recorded_until", violations.c.recorded_at < wanted.recorded_until
    if wanted.severity is not None:
        yield "severity", violations.c.severity >= int(wanted.severity)
    if wanted.max_severity is not None:
        yield "max_severity", violations.c.severity <= int(wanted.max_severity)


def _equalities(wanted: ViolationFilter) -> Iterator[tuple[str, Condition]]:
    for name in _EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            yield name, violations.c[name] == value
    if wanted.statuses:
        told = [status.value for status in wanted.statuses]
        yield "statuses", among(violations.c.status, told)


def _lookups(wanted: ViolationFilter) -> Iterator[tuple[str, Condition]]:
    for condition in within(wanted.bound):
        yield "bound", condition
    for condition in within(None if wanted.department is None else frozenset({wanted.department})):
        yield "department", condition
    if wanted.rule is not None:
        yield "rule", violations.c.rules.contains([wanted.rule])
    if wanted.clause is not None:
        yield "clause", CLAUSE_IDS.contains(literal([wanted.clause], JSONB))
    if wanted.fingerprint is not None:
        yield "fingerprint", violations.c.fingerprints.contains([wanted.fingerprint])
    if found := acting(wanted):
        theirs = actions.c.violation_id == violations.c.id
        # With an OFFSET it stays a look at one violation and never becomes a join of all.
        yield "action", exists(select(actions.c.id).where(theirs, *found).offset(0))
    if wanted.text is not None:
        yield "text", _mentions(wanted.text, _named(wanted.text))


def _mentions(text: str, named: Mapping[str, ColumnElement[Any]]) -> Condition:
    """The text is an id, or part of somebody's or a department's name, or of a note."""
    return or_(
        violations.c.sender == any_(named["senders"]),
        violations.c.sender_departments.overlap(named["departments"]),
        violations.c.id == any_(named["noted"]),
        *(violations.c[name] == text for name in ("sender", "chat", "message_id")),
        *([violations.c.id == int(text)] if _could_be_id(text) else []),
    )


def _named(text: str) -> dict[str, ColumnElement[Any]]:
    """What bears the text in its name, each as an array."""
    return {
        "senders": func.array(_people_called(text), type_=ARRAY(Text)),
        "departments": func.array(_departments_called(text), type_=ARRAY(Integer)),
        "noted": func.array(_noted(text), type_=ARRAY(BigInteger)),
    }


def called(text: str) -> tuple[Condition, Condition]:
    """The text is part of a person's name or userid, as the directory has them."""
    return _holds(people.c.name.concat(literal_column("' '")).concat(people.c.userid), text)


def _people_called(text: str) -> ScalarSelect[Any]:
    """Senders, by name or userid as the directory has them; in any case of letters."""
    same = (standings.c.corp == people.c.corp) & (func.lower(standings.c.sender) == people.c.userid)
    return (
        select(standings.c.sender)
        .select_from(people.join(standings, same))
        .where(*called(text))
        .limit(_MOST_PEOPLE)
        .scalar_subquery()
    )


def _departments_called(text: str) -> ScalarSelect[Any]:
    return select(departments.c.id).where(*_holds(departments.c.name, text)).scalar_subquery()


def _noted(text: str) -> ScalarSelect[Any]:
    """Violations on which somebody wrote that, the latest first."""
    return (
        select(decisions.c.violation_id)
        .where(*_holds(decisions.c.reason, text))
        .order_by(decisions.c.id.desc())
        .limit(_MOST_NOTES)
        .scalar_subquery()
    )


def _holds(written: ColumnElement[Any], text: str) -> tuple[Condition, Condition]:
    """Contains the text; the index of letters says where it could."""
    letters = func.string_to_array(func.lower(written), null(), type_=ARRAY(Text))
    asked = text.lower()
    return letters.contains(sorted(set(asked))), func.strpos(func.lower(written), asked) > 0


def _could_be_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= _LARGEST_ID
