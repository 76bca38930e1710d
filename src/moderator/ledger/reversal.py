"""What a dismissal takes back of a violation's actions, and what taking it back leaves undone."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import any_, insert, literal, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.engine import Transaction
from moderator.ledger.recording import NOTIFY
from moderator.ledger.records import ActionRecord, ViolationRecord
from moderator.ledger.rows import attempt_as_json
from moderator.ledger.tables import actions

_RECALLABLE: Final = timedelta(hours=24)  # `wecom.md` §6.2
CALLED_FOR: Final = tuple(kind for kind in ActionKind if kind is not ActionKind.RECALL_NOTICE)
_PENDING: Final = (ActionState.PROPOSED, ActionState.APPROVED, ActionState.QUEUED)


async def cancel(
    transaction: Transaction,
    violation_id: int,
    *,
    kinds: Collection[ActionKind] = CALLED_FOR,
    reason: str,
    by: str,
    at: datetime,
) -> None:
    """Cancel the violation's actions of `kinds`, by default what a policy called for.

    Only those that nobody has begun.
    """
    tried = attempt_as_json(at, ActionState.CANCELLED, outcome=reason, by=by)
    statement = (
        update(actions)
        .where(
            actions.c.violation_id == violation_id,
            actions.c.kind == any_(literal([str(kind) for kind in kinds], ARRAY(Text))),
            actions.c.state == any_(literal([str(state) for state in _PENDING], ARRAY(Text))),
        )
        .values(
            state=ActionState.CANCELLED.value,
            outcome=reason,
            updated_at=at,
            history=actions.c.history.op("||")(literal(tried, actions.c.history.type)),
        )
    )
    await transaction.rows(statement)


async def recall(
    transaction: Transaction, violation: ViolationRecord, *, by: str, at: datetime
) -> None:
    """Queue the recall of the warning, if WeCom took one that it still takes back."""
    if not _worth_recalling(violation.actions, at):
        return
    queued = insert(actions).values(
        violation_id=violation.id,
        corp=violation.corp,
        sender=violation.sender,
        kind=ActionKind.RECALL_NOTICE.value,
        state=ActionState.QUEUED.value,
        reason="violation dismissed",
        decided_by=by,
        decided_at=at,
        created_at=at,
        queued_at=at,
        due_at=at,
        updated_at=at,
    )
    await transaction.rows(queued.returning(actions.c.id))
    await transaction.rows(NOTIFY)


def _worth_recalling(told: Collection[ActionRecord], at: datetime) -> bool:
    recalls = (action for action in told if action.kind is ActionKind.RECALL_NOTICE)
    if any(action.state in {*_PENDING, ActionState.SENDING} for action in recalls):
        return False
    warnings = (action for action in told if action.kind is ActionKind.WARN_SENDER)
    return any(_recallable(action, at) for action in warnings)


def _recallable(warning: ActionRecord, at: datetime) -> bool:
    """One that is on its way counts too: the recall is served after it."""
    if warning.state is ActionState.SENDING:
        return True
    accepted = warning.state is ActionState.ACCEPTED and bool(warning.wecom_msgid)
    return accepted and at - warning.updated_at < _RECALLABLE
