"""The statements that decide which action is served next, and which no longer."""

from sqlalchemy import ColumnElement, bindparam, case, exists, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import DateTime, Integer, Interval, Text

from moderator.domain.decision import ActionState
from moderator.ledger.engine import prepare
from moderator.ledger.tables import actions

_NOW = bindparam("now", type_=DateTime(timezone=True))
_TRIED = bindparam("tried", type_=JSONB)
_due = actions.alias("due")
_earlier = actions.alias("earlier")


def _in_states(column: ColumnElement[str], *states: ActionState) -> ColumnElement[bool]:
    # Written out, not as parameters: only so can a partial index be chosen.
    return column.in_([literal_column(f"'{state}'", Text) for state in states])


def _unsettled(column: ColumnElement[str]) -> ColumnElement[bool]:
    return _in_states(column, ActionState.QUEUED, ActionState.APPROVED, ActionState.SENDING)


_SENDING = actions.c.state == literal_column(f"'{ActionState.SENDING}'", Text)
_WITH_THE_LOST_TRY = case((_SENDING, actions.c.history.op("||")(_TRIED)), else_=actions.c.history)

_picked = (
    select(_due.c.id)
    .where(
        _unsettled(_due.c.state),
        _due.c.due_at <= _NOW,
        ~exists().where(
            _earlier.c.corp == _due.c.corp,
            _earlier.c.sender == _due.c.sender,
            _earlier.c.id < _due.c.id,
            _unsettled(_earlier.c.state),
        ),
    )
    .order_by(_due.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("picked")
    .prefix_with("MATERIALIZED", dialect="postgresql")  # or the limit may be exceeded
)

# Due actions, at most one of each person, that nobody else is claiming.
CLAIM = prepare(
    update(actions)
    .where(actions.c.id == _picked.c.id)
    .values(
        state=ActionState.SENDING.value,
        attempts=actions.c.attempts + 1,
        due_at=bindparam("until", type_=DateTime(timezone=True)),
        updated_at=_NOW,
        history=_WITH_THE_LOST_TRY,
    )
    .returning(*actions.c)
)

# Actions that waited too long; one whose worker vanished may have been carried out.
EXPIRE = prepare(
    update(actions)
    .where(
        _unsettled(actions.c.state),
        actions.c.due_at <= _NOW,
        actions.c.queued_at <= _NOW - bindparam("expire_after", type_=Interval),
    )
    .values(
        state=ActionState.EXPIRED.value,
        outcome=case(
            (_SENDING, "expired; the last try may have been carried out"), else_="expired"
        ),
        updated_at=_NOW,
        history=_WITH_THE_LOST_TRY,
    )
)

COUNT = prepare(
    select(actions.c.state, func.count().label("number"))
    .where(
        _in_states(
            actions.c.state,
            ActionState.PROPOSED,
            ActionState.APPROVED,
            ActionState.QUEUED,
            ActionState.SENDING,
            ActionState.FAILED,
        )
    )
    .group_by(actions.c.state)
)

OLDEST = prepare(
    select(func.min(actions.c.queued_at).label("since")).where(_unsettled(actions.c.state))
)
