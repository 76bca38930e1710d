"""Actions that something has overtaken since they were queued; by now they would be wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.results import Result, cancelled, failed
from moderator.enforcement.retry import may_have_arrived
from moderator.ledger.records import Attempt, ClaimedAction, Status
from moderator.wecom.client import REPETITION_RECOGNISED

# A try is noted after it was made: by the length of one action, and then of the ledger's absence.
_SAFELY_RECOGNISED: Final = REPETITION_RECOGNISED - timedelta(minutes=5)


def overtaken(action: ClaimedAction, now: datetime) -> Result | None:
    """How `action` ends without being carried out; None where it still should be.

    A dismissal ends all but its own recall, and taking it back ends the recall.  A warning that
    may have arrived ends when WeCom would no longer recognise its repetition.
    """
    dismissed = action.violation.status is Status.DISMISSED
    if action.kind is ActionKind.IDENTIFY_SENDER:
        return None
    if action.kind is ActionKind.RECALL_NOTICE:
        return None if dismissed else cancelled("dismissal taken back")
    if dismissed:
        return cancelled("violation dismissed")
    if action.kind is ActionKind.WARN_SENDER and _arrived_long_ago(action, now):
        return failed("may have arrived already, too long ago for WeCom to recognise a repetition")
    return None


def _arrived_long_ago(action: ClaimedAction, now: datetime) -> bool:
    return any(
        _uncertain(attempt) and now - attempt.at > _SAFELY_RECOGNISED for attempt in _tries(action)
    )


def _uncertain(attempt: Attempt) -> bool:
    lease_ended = attempt.state is ActionState.SENDING
    return lease_ended or may_have_arrived(attempt.errcode)


def _tries(action: ClaimedAction) -> Iterator[Attempt]:
    """The tries since a person last asked for them, newest first."""
    own = next(record for record in action.violation.actions if record.id == action.id)
    for attempt in reversed(own.history):
        if attempt.by and attempt.state is ActionState.QUEUED:
            return
        yield attempt
