"""What a dismissal takes back of actions, and what taking it back leaves undone."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, any_, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.settling import appended, one_of
from moderator.ledger.database.engine import Transaction
from moderator.ledger.desk.decisions import Trace
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.records import ActionRecord, Status, ViolationRecord
from moderator.ledger.rows import action_of
from moderator.ledger.schema.tables import actions, violations
from moderator.ledger.standing.reweighing import Reweighed

_RECALLABLE: Final = timedelta(hours=24)  # `wecom.md` §6.2
UNDOING: Final = (ActionKind.RECALL_NOTICE, ActionKind.ENABLE_ACCOUNT)
# A report tells what happened, whatever became of it.
CALLED_FOR: Final = tuple(
    kind for kind in ActionKind if kind not in (*UNDOING, ActionKind.REPORT_TO_SIEM)
)
_QUEUED: Final = ActionState.QUEUED
_PROPOSED: Final = ActionState.PROPOSED
_PENDING: Final = (ActionState.PROPOSED, ActionState.APPROVED, ActionState.QUEUED)
_DONE: Final = (ActionState.SENDING, ActionState.ACCEPTED, ActionState.COMPLIED)
# What one kind leads to when it is carried out, beyond what the policy calls for.
_LEADS_TO: Final = {ActionKind.REMOVE_FROM_GROUP: ActionKind.ASK_OWNER_TO_REMOVE}
# Told to those who judge, so that taking it back would only confuse them; or nothing to take back.
_STANDS: Final = frozenset(
    {
        *(ActionKind.IDENTIFY_SENDER, ActionKind.NOTIFY_COMPLIANCE),
        *(ActionKind.ASK_REVIEWERS, ActionKind.UPDATE_CARD),
    }
)


@dataclass(frozen=True, slots=True)
class Undoing:
    """What takes something back, or the card that asks people to."""

    kind: ActionKind
    detail: str = ""


async def cancel(
    transaction: Transaction,
    violation_id: int,
    *,
    kinds: Collection[ActionKind] = CALLED_FOR,
    reason: str,
    by: str,
    at: datetime,
) -> Trace:
    """Cancel the violation's actions of `kinds`, by default what a policy called for.

    Only those that nobody has begun.
    """
    of_kinds = actions.c.kind == one_of(kinds)
    chosen = (actions.c.violation_id == violation_id, of_kinds)
    return await _cancel(transaction, chosen, reason=reason, by=by, at=at)


async def undo(
    transaction: Transaction, violation: ViolationRecord, *, by: str, at: datetime
) -> Trace:
    """Queue the recall of the notices that WeCom still takes back; propose to enable the account.

    The one concerns a word that was wrong, the other what somebody had to approve.
    """
    told = violation.actions
    reason = "violation dismissed"
    trace = Trace()
    if _worth_recalling(told, at):
        recall = Undoing(ActionKind.RECALL_NOTICE)
        trace += await _add(transaction, violation.id, recall, _QUEUED, reason, by=by, at=at)
    if _worth_enabling(told):
        enable, ask = Undoing(ActionKind.ENABLE_ACCOUNT), Undoing(ActionKind.ASK_REVIEWERS)
        trace += await _add(transaction, violation.id, enable, _PROPOSED, reason, by=by, at=at)
        trace += await _add(transaction, violation.id, ask, _QUEUED, reason, by=by, at=at)
    return trace


async def report(
    transaction: Transaction, violation: ViolationRecord, status: Status, *, by: str, at: datetime
) -> Trace:
    """Queue a report of what was judged, where the violation was to be reported."""
    if all(action.kind is not ActionKind.REPORT_TO_SIEM for action in violation.actions):
        return Trace()
    event = "violation.reopened" if status is Status.OPEN else f"violation.{status.value}"
    told = Undoing(ActionKind.REPORT_TO_SIEM, event)
    return await _add(transaction, violation.id, told, _QUEUED, "judged", by=by, at=at)


async def take_back(
    transaction: Transaction,
    changed: Iterable[Reweighed],
    *,
    reason: str,
    by: str,
    at: datetime,
) -> Trace:
    """Follow what later violations call for no longer, or again.

    What nobody has begun is cancelled; of what is done a person is asked whether to undo it.
    """
    trace = Trace()
    for each in changed:
        if each.dismissed:
            continue
        if each.added and not each.spared:
            trace += await cancel(transaction, each.id, kinds=UNDOING, reason=reason, by=by, at=at)
        if each.dropped:
            why = f"{reason}: no longer called for"
            trace += await _drop(transaction, each, reason=why, by=by, at=at)
    return trace


async def put_back(
    transaction: Transaction, trace: Trace, *, reason: str, by: str, at: datetime
) -> bool:
    """Let what a decision cancelled go on, and cancel what it added, as far as nobody began it.

    True where a report of the decision had left before.  Reviewers whose card has lost its buttons
    since are asked again.
    """
    added = actions.c.id == any_(literal(list(trace.added), ARRAY(BigInteger)))
    await _cancel(transaction, (added,), reason=reason, by=by, at=at)
    for action_id, state in trace.cancelled.items():
        await _revive(transaction, action_id, ActionState(state), reason=reason, by=by, at=at)
    await ask_again(transaction, trace.cancelled, reason=reason, by=by, at=at)
    await transaction.rows(NOTIFY)
    told = select(actions.c.id).where(
        added,
        actions.c.kind == ActionKind.REPORT_TO_SIEM.value,
        actions.c.state != ActionState.CANCELLED.value,
    )
    return bool(await transaction.rows(told))


async def _revive(
    transaction: Transaction,
    action_id: int,
    state: ActionState,
    *,
    reason: str,
    by: str,
    at: datetime,
) -> None:
    statement = (
        update(actions)
        .where(actions.c.id == action_id, actions.c.state == ActionState.CANCELLED.value)
        .values(
            state=state.value,
            outcome=reason,
            updated_at=at,
            history=appended(at, state, outcome=reason, by=by),
        )
        .returning(actions.c.id)
    )
    await transaction.rows(statement)


async def ask_again(
    transaction: Transaction, put_back: Iterable[int], *, reason: str, by: str, at: datetime
) -> None:
    """A card for every violation with a proposal among those put back, if all its cards were sent.

    A decision takes the buttons of a card away for good.
    """
    of_trace = any_(literal(list(put_back), ARRAY(BigInteger)))
    proposed = select(actions.c.violation_id).where(
        actions.c.id == of_trace, actions.c.state == ActionState.PROPOSED.value
    )
    asked = (
        select(actions.c.violation_id)
        .where(
            actions.c.violation_id.in_(proposed),
            actions.c.kind == ActionKind.ASK_REVIEWERS.value,
        )
        .group_by(actions.c.violation_id)
        .having(func.bool_and(actions.c.state == ActionState.ACCEPTED.value))
    )
    for row in await transaction.rows(asked):
        ask = Undoing(ActionKind.ASK_REVIEWERS, "again")
        await _add(transaction, row["violation_id"], ask, _QUEUED, reason, by=by, at=at)


async def _drop(
    transaction: Transaction, each: Reweighed, *, reason: str, by: str, at: datetime
) -> Trace:
    rows = await transaction.rows(
        select(actions).where(actions.c.violation_id == each.id).order_by(actions.c.id)
    )
    dropped = [record for record in map(action_of, rows) if _belongs(record, each)]
    ids = literal([record.id for record in dropped], ARRAY(BigInteger))
    trace = await _cancel(transaction, (actions.c.id == any_(ids),), reason=reason, by=by, at=at)
    undoings = list(_undoings(dropped, at))
    for undoing in undoings:
        trace += await _add(transaction, each.id, undoing, _state(undoing), reason, by=by, at=at)
    if any(_state(undoing) is _PROPOSED for undoing in undoings):
        ask = Undoing(ActionKind.ASK_REVIEWERS)
        trace += await _add(transaction, each.id, ask, _QUEUED, reason, by=by, at=at)
    return trace


def _belongs(record: ActionRecord, each: Reweighed) -> bool:
    """Whether the action is one that is no longer called for, or follows from one."""
    return any(
        record.kind is _LEADS_TO.get(kind)
        or (record.kind is kind and _goes_with(record.detail, detail))
        for kind, detail in each.dropped
    )


def _goes_with(of_action: str, called_for: str) -> bool:
    """What follows for another group has the measure behind a few words about that group."""
    return of_action == called_for or bool(called_for and of_action.endswith(f" {called_for}"))


def _undoings(dropped: Collection[ActionRecord], at: datetime) -> Iterator[Undoing]:
    done = [record for record in dropped if record.state in _DONE and record.kind not in _STANDS]
    recallable = [record for record in done if _recallable(record, at)]
    if recallable:
        named = " ".join(str(record.id) for record in recallable)
        yield Undoing(ActionKind.RECALL_NOTICE, named)
    for record in done:
        if record.kind is ActionKind.DISABLE_ACCOUNT:
            yield Undoing(ActionKind.ENABLE_ACCOUNT)
        elif record not in recallable:
            yield Undoing(ActionKind.NOTIFY_COMPLIANCE, f"no_longer_called_for {record.kind.value}")


def _state(undoing: Undoing) -> ActionState:
    told = undoing.kind is ActionKind.NOTIFY_COMPLIANCE
    return _QUEUED if told else _PROPOSED


async def _cancel(
    transaction: Transaction,
    chosen: Iterable[ColumnElement[bool]],
    *,
    reason: str,
    by: str,
    at: datetime,
) -> Trace:
    pending = actions.c.state == one_of(_PENDING)
    waiting = (
        select(actions.c.id, actions.c.state).where(*chosen, pending).with_for_update().cte("due")
    )
    statement = (
        update(actions)
        .where(actions.c.id == waiting.c.id)
        .values(
            state=ActionState.CANCELLED.value,
            outcome=reason,
            updated_at=at,
            history=appended(at, ActionState.CANCELLED, outcome=reason, by=by),
        )
        .returning(waiting.c.id, waiting.c.state.label("before"))
    )
    rows = await transaction.rows(statement)
    return Trace(cancelled={row["id"]: row["before"] for row in rows})


async def _add(
    transaction: Transaction,
    violation_id: int,
    undoing: Undoing,
    state: ActionState,
    reason: str,
    *,
    by: str,
    at: datetime,
) -> Trace:
    queued = state is _QUEUED
    values = {
        "kind": undoing.kind.value,
        "detail": undoing.detail,
        "state": state.value,
        "reason": reason,
        "decided_by": by if queued else "",
        "decided_at": at if queued else None,
        "created_at": at,
        "queued_at": at if queued else None,
        "due_at": at,
        "updated_at": at,
    }
    person = (violations.c.id, violations.c.corp, violations.c.sender)
    given = (literal(value, actions.c[name].type) for name, value in values.items())
    source = select(*person, *given).where(violations.c.id == violation_id)
    added = insert(actions).from_select(["violation_id", "corp", "sender", *values], source)
    rows = await transaction.rows(added.returning(actions.c.id))
    if queued:
        await transaction.rows(NOTIFY)
    return Trace(added=tuple(row["id"] for row in rows))


def _worth_recalling(told: Collection[ActionRecord], at: datetime) -> bool:
    if _under_way(told, ActionKind.RECALL_NOTICE):
        return False
    return any(_recallable(action, at) for action in told if action.kind not in _STANDS)


def _worth_enabling(told: Collection[ActionRecord]) -> bool:
    disabled = (action for action in told if action.kind is ActionKind.DISABLE_ACCOUNT)
    enabled = _under_way(told, ActionKind.ENABLE_ACCOUNT, *_DONE)
    return not enabled and any(action.state in _DONE for action in disabled)


def _under_way(told: Collection[ActionRecord], kind: ActionKind, *more: ActionState) -> bool:
    states = {*_PENDING, ActionState.SENDING, *more}
    return any(action.kind is kind and action.state in states for action in told)


def _recallable(notice: ActionRecord, at: datetime) -> bool:
    """One that is on its way counts too: the recall is served after it."""
    if notice.state is ActionState.SENDING:
        return notice.kind is ActionKind.WARN_SENDER
    accepted = notice.state is ActionState.ACCEPTED and bool(notice.wecom_msgid)
    return accepted and at - notice.updated_at < _RECALLABLE
