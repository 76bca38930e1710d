"""The statements that decide which action is served next, and which no longer."""

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import DateTime, Integer, Interval, Text

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.engine import prepare
from moderator.ledger.tables import actions

_NOW = bindparam("now", type_=DateTime(timezone=True))
_TRIED = bindparam("tried", type_=JSONB)
_due = actions.alias("due")
_earlier = actions.alias("earlier")


def _in_states(column: ColumnElement[str], *states: ActionState) -> ColumnElement[bool]:
    # Written out, not as parameters: only so can a partial index be chosen.
    return column.in_([literal_column(f"'{state}'", Text) for state in states])


def _of_kinds(column: ColumnElement[str], *kinds: ActionKind) -> ColumnElement[bool]:
    return column.in_([literal_column(f"'{kind}'", Text) for kind in kinds])


def _unsettled(column: ColumnElement[str]) -> ColumnElement[bool]:
    return _in_states(column, ActionState.QUEUED, ActionState.APPROVED, ActionState.SENDING)


_SENDING = actions.c.state == literal_column(f"'{ActionState.SENDING}'", Text)
# It is told under the time at which it began: what WeCom did then it did about then.
_LOST_TRY = func.jsonb_set(
    _TRIED, literal_column("'{0,at}'", ARRAY(Text)), func.to_jsonb(actions.c.updated_at)
)
_WITH_THE_LOST_TRY = case(
    (_SENDING, actions.c.history.op("||")(_LOST_TRY)), else_=actions.c.history
)

# What the person or the group notices comes in the order in which it was decided.
_same_channel = and_(
    _earlier.c.kind == _due.c.kind,
    _of_kinds(
        _due.c.kind,
        ActionKind.WARN_SENDER,
        ActionKind.REMOVE_FROM_GROUP,
        ActionKind.RECALL_NOTICE,
    ),
)
_warned_first = and_(
    _earlier.c.violation_id == _due.c.violation_id,
    _of_kinds(_earlier.c.kind, ActionKind.WARN_SENDER),
    _of_kinds(_due.c.kind, ActionKind.REMOVE_FROM_GROUP, ActionKind.RECALL_NOTICE),
)
_in_first_try = or_(
    and_(_in_states(_earlier.c.state, ActionState.SENDING), _earlier.c.attempts <= 1),
    and_(
        _in_states(_earlier.c.state, ActionState.QUEUED),
        _earlier.c.attempts == 0,
        _earlier.c.due_at <= _NOW,
    ),
)
# The alarm tells the sender's name if one look-up finds it, and does not wait for a second.
_named_first = and_(
    _earlier.c.violation_id == _due.c.violation_id,
    _of_kinds(_earlier.c.kind, ActionKind.IDENTIFY_SENDER),
    _of_kinds(_due.c.kind, ActionKind.NOTIFY_COMPLIANCE),
    _in_first_try,
)

_picked = (
    select(_due.c.id)
    .where(
        _unsettled(_due.c.state),
        _due.c.due_at <= _NOW,
        _due.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
        ~exists().where(
            _earlier.c.corp == _due.c.corp,
            _earlier.c.sender == _due.c.sender,
            _earlier.c.id < _due.c.id,
            _unsettled(_earlier.c.state),
            or_(_same_channel, _warned_first, _named_first),
        ),
    )
    .order_by(_due.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("picked")
    .prefix_with("MATERIALIZED", dialect="postgresql")  # or the limit may be exceeded
)

# Due actions that no earlier one holds back and nobody else is claiming.
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
