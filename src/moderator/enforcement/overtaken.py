"""Actions that something has overtaken since they were queued; by now they would be wrong."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.results import Result, accepted, cancelled, failed
from moderator.enforcement.retry import may_have_arrived
from moderator.ledger.records import Attempt, ClaimedAction, Status
from moderator.wecom.client import REPETITION_RECOGNISED

# A try is noted after it was made: by the length of one action, and then of the ledger's absence.
_SAFELY_RECOGNISED: Final = REPETITION_RECOGNISED - timedelta(minutes=5)

_UNTOUCHED: Final = (
    *(ActionKind.IDENTIFY_SENDER, ActionKind.REPORT_TO_SIEM),
    *(ActionKind.ASK_REVIEWERS, ActionKind.UPDATE_CARD),
)
_UNDOING: Final = (ActionKind.RECALL_NOTICE, ActionKind.ENABLE_ACCOUNT)
_TO_THE_PERSON: Final = (
    ActionKind.REMIND_SENDER,
    ActionKind.WARN_SENDER,
    ActionKind.ASK_RECALL,
    ActionKind.DISABLE_ACCOUNT,
    ActionKind.ENABLE_ACCOUNT,
)
# Without an answer nobody knows whether a group or a person saw them, and twice would be wrong.
_RECOGNISED: Final = (
    ActionKind.REMIND_SENDER,
    ActionKind.WARN_SENDER,
    ActionKind.ASK_RECALL,
)


def overtaken(action: ClaimedAction, now: datetime) -> Result | None:
    """How `action` ends without being carried out; None where it still should be.

    A dismissal ends all but what takes it back, and taking it back ends that.  A message that may
    have arrived ends when WeCom would no longer recognise its repetition.  Nothing is said to a
    person who has left.
    """
    if action.kind in _UNTOUCHED:
        return None
    if action.violation.status is Status.DISMISSED:
        return _after_dismissal(action)
    if action.kind is ActionKind.RECALL_NOTICE and not action.detail:
        return cancelled("dismissal taken back")
    if action.gone_since and action.kind in _TO_THE_PERSON:
        return failed(f"the person has left the company, as WeCom said on {action.gone_since:%F}")
    if action.kind in _RECOGNISED and not action.second_look and _arrived_long_ago(action, now):
        return failed("may have arrived already, too long ago for WeCom to recognise a repetition")
    return None


def _after_dismissal(action: ClaimedAction) -> Result | None:
    if action.second_look:
        return accepted("violation dismissed: not looked at again")
    return None if action.kind in _UNDOING else cancelled("violation dismissed")


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
