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
from moderator.ledger.database.engine import prepare
from moderator.ledger.schema.tables import actions, people

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

# What reaches the same person or the same group comes in the order in which it was decided.
_CHANNELS = (
    (ActionKind.REMIND_SENDER, ActionKind.WARN_SENDER, ActionKind.ASK_RECALL),
    (ActionKind.NOTIFY_GROUP,),
    (ActionKind.REMOVE_FROM_GROUP,),
    (ActionKind.DISABLE_ACCOUNT, ActionKind.ENABLE_ACCOUNT),
    (ActionKind.RECALL_NOTICE,),
    (ActionKind.PUBLISH_NOTICE,),
)
_TOLD_FIRST = (
    ActionKind.REMOVE_FROM_GROUP,
    ActionKind.DISABLE_ACCOUNT,
    ActionKind.RECALL_NOTICE,
)
# These touch nobody; a recall has nothing to take back of them.
_SILENT = (
    *(ActionKind.IDENTIFY_SENDER, ActionKind.REPORT_TO_SIEM),
    *(ActionKind.ASK_REVIEWERS, ActionKind.UPDATE_CARD),
)
_NAMING = (
    *(ActionKind.NOTIFY_COMPLIANCE, ActionKind.NOTIFY_CONFIDENTIALITY, ActionKind.ASK_REVIEWERS),
    *(ActionKind.NOTIFY_SUPERIOR, ActionKind.NOTIFY_DEPARTMENT_ADMIN),
    *(ActionKind.NOTIFY_GROUP_OWNER, ActionKind.ASK_OWNER_TO_REMOVE, ActionKind.ASK_OWNER_TO_MUTE),
    *(ActionKind.PROPOSE_TO_HR, ActionKind.PUBLISH_NOTICE, ActionKind.REPORT_TO_SIEM),
)

_same_violation = _earlier.c.violation_id == _due.c.violation_id
_same_channel = or_(
    *(
        and_(_of_kinds(_earlier.c.kind, *channel), _of_kinds(_due.c.kind, *channel))
        for channel in _CHANNELS
    )
)
_not_put_off = or_(_earlier.c.not_before.is_(None), _earlier.c.not_before <= _NOW)
# A warning that waits for the end of the quiet hours does not keep a person in the group.
_told_first = and_(
    _same_violation,
    _of_kinds(_earlier.c.kind, *_CHANNELS[0]),
    _of_kinds(_due.c.kind, *_TOLD_FIRST),
    _not_put_off,
)
_recalled_last = and_(
    _same_violation,
    ~_of_kinds(_earlier.c.kind, *_SILENT),
    _of_kinds(_due.c.kind, ActionKind.RECALL_NOTICE),
)
_in_first_try = or_(
    and_(_in_states(_earlier.c.state, ActionState.SENDING), _earlier.c.attempts <= 1),
    and_(
        _in_states(_earlier.c.state, ActionState.QUEUED),
        _earlier.c.attempts == 0,
        _earlier.c.due_at <= _NOW,
    ),
)
# Whoever is told hears the sender's name if one look-up finds it, and does not wait for a second.
_named_first = and_(
    _same_violation,
    _of_kinds(_earlier.c.kind, ActionKind.IDENTIFY_SENDER),
    _of_kinds(_due.c.kind, *_NAMING),
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
            or_(and_(_same_channel, _not_put_off), _told_first, _recalled_last, _named_first),
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
        held_by="",
        attempts=actions.c.attempts + 1,
        due_at=bindparam("until", type_=DateTime(timezone=True)),
        updated_at=_NOW,
        history=_WITH_THE_LOST_TRY,
    )
    .returning(*actions.c)
)

# Accepted actions that shall be looked at again; they stay accepted, and their lease is `check_at`.
_looked_at = (
    select(actions.c.id)
    .where(
        _in_states(actions.c.state, ActionState.ACCEPTED),
        actions.c.check_at <= _NOW,
        actions.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
    )
    .order_by(actions.c.check_at, actions.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
    .cte("looked_at")
    .prefix_with("MATERIALIZED", dialect="postgresql")
)
LOOK = prepare(
    update(actions)
    .where(actions.c.id == _looked_at.c.id)
    .values(check_at=bindparam("until", type_=DateTime(timezone=True)))
    .returning(*actions.c)
)

_ages = (
    func.unnest(bindparam("aging", type_=ARRAY(Text)), bindparam("ages", type_=ARRAY(Interval)))
    .table_valued("kind", "age", name="ages")
    .render_derived()
)
_worth_until = func.greatest(actions.c.queued_at, actions.c.not_before) + (
    select(_ages.c.age).where(_ages.c.kind == actions.c.kind).scalar_subquery()
)

# Actions that waited too long; one whose worker vanished may have been carried out.
EXPIRE = prepare(
    update(actions)
    .where(_unsettled(actions.c.state), actions.c.due_at <= _NOW, _worth_until <= _NOW)
    .values(
        state=ActionState.EXPIRED.value,
        held_by="",
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

# Members who left the company; their userids are kept in lower case.
GONE = prepare(
    select(people.c.corp, people.c.userid, people.c.gone_at).where(
        people.c.userid == func.any(bindparam("senders", type_=ARRAY(Text))),
        people.c.gone_at.is_not(None),
    )
)
