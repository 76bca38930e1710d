"""Choosing actions by what they are, and trying buried ones again."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from moderator.domain.decision import ActionState
from moderator.ledger.actions.settling import appended, one_of
from moderator.ledger.reading.visible import within
from moderator.ledger.records import ActionFilter
from moderator.ledger.schema.tables import actions, violations

BURIED = (ActionState.FAILED, ActionState.EXPIRED, ActionState.UNSUPPORTED)


def fitting(wanted: ActionFilter) -> list[ColumnElement[bool]]:
    """What an action has to be for the filter; nothing for a filter that fits all."""
    values = {
        "kind": wanted.kind.value if wanted.kind else None,
        "errcode": wanted.errcode,
        "sender": wanted.sender,
    }
    found = [actions.c[name] == value for name, value in values.items() if value is not None]
    if wanted.ids:
        found.append(actions.c.id == any_(literal(list(wanted.ids), ARRAY(BigInteger))))
    if wanted.states:
        found.append(actions.c.state == one_of(wanted.states))
    if wanted.since is not None:
        found.append(actions.c.created_at >= wanted.since)
    return found


def about(bound: frozenset[int] | None) -> list[ColumnElement[bool]]:
    """That an action's violation lies within these departments; nothing for None."""
    theirs = select(violations.c.id).where(
        violations.c.id == actions.c.violation_id, *within(bound)
    )
    return [] if bound is None else [theirs.exists()]


def requeued(wanted: ActionFilter, *, by: str, reason: str, at: datetime) -> Update:
    """Queue the buried actions that fit as if they had never been tried."""
    return (
        update(actions)
        .where(*fitting(wanted), _is_buried())
        .values(
            state=ActionState.QUEUED.value,
            attempts=0,
            queued_at=at,
            not_before=None,
            due_at=at,
            updated_at=at,
            history=appended(at, ActionState.QUEUED, outcome=reason, by=by),
        )
        .returning(actions.c.id)
    )


def how_many(wanted: ActionFilter) -> Select[Any]:
    """Count the buried actions that fit."""
    number = func.count().label("number")
    return select(number).select_from(actions).where(*fitting(wanted), _is_buried())


def _is_buried() -> ColumnElement[bool]:
    return actions.c.state == one_of(BURIED)
