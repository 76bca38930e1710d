"""What a try leaves behind: the next state, its trace in the history, and what follows from it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, insert, literal, not_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from moderator.domain.decision import ActionState, PlannedAction
from moderator.ledger.database.engine import Row, Transaction
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.records import Then
from moderator.ledger.rows import attempt_as_json
from moderator.ledger.schema.evidence import sent_notices
from moderator.ledger.schema.tables import actions

_DONE = (ActionState.ACCEPTED, ActionState.COMPLIED, ActionState.UNDONE)


async def move(
    transaction: Transaction,
    action_id: int,
    condition: ColumnElement[bool],
    *,
    at: datetime,
    state: ActionState,
    outcome: str = "",
    errcode: int | None = None,
    by: str = "",
    **values: Any,
) -> Row | None:
    """Give an action its next state where `condition` still holds; None where it does not."""
    tried = appended(at, state, outcome=outcome, errcode=errcode, by=by)
    statement = (
        update(actions)
        .where(actions.c.id == action_id, condition)
        .values(
            state=state.value,
            outcome=outcome,
            errcode=errcode,
            updated_at=at,
            history=tried,
            **values,
        )
        .returning(*actions.c)
    )
    return await transaction.row(statement)


async def follow(transaction: Transaction, row: Row, then: Then, at: datetime) -> None:
    """Take back what the settled action of `row` undoes, and write what follows from it."""
    if then.notice:
        values = {"content": then.notice.content, "receivers": list(then.notice.receivers)}
        sent = insert(sent_notices).values(action_id=row["id"], at=at, **values)
        await transaction.rows(sent)
    for undone in then.undoes:
        undo = may_become(ActionState.UNDONE)
        await move(transaction, undone, undo, at=at, state=ActionState.UNDONE)
    if then.follow_ups:
        for each in [_follow_up(row, planned, at) for planned in then.follow_ups]:
            await transaction.rows(insert(actions).values(**each).returning(actions.c.id))
        await transaction.rows(NOTIFY)


def appended(at: datetime, state: ActionState, **more: Any) -> ColumnElement[Any]:
    """The history with one more entry."""
    tried = literal(attempt_as_json(at, state, **more), actions.c.history.type)
    return actions.c.history.op("||")(tried)


def may_become(state: ActionState) -> ColumnElement[bool]:
    """From where an action may come to `state`; that WeCom accepted it stands also when late."""
    match state:
        case ActionState.ACCEPTED:
            return not_(actions.c.state == one_of(_DONE))
        case ActionState.COMPLIED | ActionState.UNDONE:
            return actions.c.state == one_of((ActionState.SENDING, ActionState.ACCEPTED))
        case _:
            return actions.c.state == ActionState.SENDING.value


def is_looked_at() -> ColumnElement[bool]:
    """Whether an accepted action still waits for its second look."""
    accepted = actions.c.state == ActionState.ACCEPTED.value
    return accepted & actions.c.check_at.is_not(None)


def one_of(values: Collection[str]) -> ColumnElement[Any]:
    """Any of these states, kinds and so on, as one parameter."""
    return any_(literal([str(value) for value in values], ARRAY(Text)))


def _follow_up(row: Row, planned: PlannedAction, at: datetime) -> dict[str, Any]:
    queued = planned.state is ActionState.QUEUED
    return {
        "violation_id": row["violation_id"],
        "corp": row["corp"],
        "sender": row["sender"],
        "kind": planned.kind.value,
        "state": planned.state.value,
        "reason": planned.reason,
        "detail": planned.detail,
        "created_at": at,
        "queued_at": at if queued else None,
        "not_before": planned.not_before,
        "due_at": planned.not_before or at,
        "updated_at": at,
    }
