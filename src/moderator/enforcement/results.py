"""How an action ended."""

from dataclasses import dataclass
from datetime import datetime

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.enforcement.notices import Situation
from moderator.ledger.records import SentNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an action ended, in a sentence for compliance staff.

    `errcode` is WeCom's (0 for success), None where no answer of WeCom decided; `msgid` names
    what was sent, for a recall.  `undoes` are the ids of the actions that this one took back.
    `follow_ups` are written to the outbox with the result, for the same violation.  `check_at` is
    when an accepted action is to be carried out once more, to see whether it was followed.
    `notice` is what was sent.
    """

    state: ActionState
    outcome: str
    errcode: int | None = None
    msgid: str = ""
    undoes: tuple[int, ...] = ()
    follow_ups: tuple[PlannedAction, ...] = ()
    check_at: datetime | None = None
    notice: SentNotice | None = None


def accepted(
    outcome: str,
    msgid: str = "",
    *,
    undoes: tuple[int, ...] = (),
    notice: SentNotice | None = None,
) -> Result:
    """WeCom said yes."""
    return Result(
        state=ActionState.ACCEPTED,
        outcome=outcome,
        errcode=0,
        msgid=msgid,
        undoes=undoes,
        notice=notice,
    )


def complied(outcome: str) -> Result:
    """The person did what was asked."""
    return Result(state=ActionState.COMPLIED, outcome=outcome)


def failed(outcome: str, errcode: int | None = None) -> Result:
    """WeCom said yes and did not do it, or there was nothing to call."""
    return Result(state=ActionState.FAILED, outcome=outcome, errcode=errcode)


def unsupported(
    outcome: str, errcode: int | None = None, *, follow_ups: tuple[PlannedAction, ...] = ()
) -> Result:
    """WeCom lets nobody do this; a person has to."""
    return Result(
        state=ActionState.UNSUPPORTED, outcome=outcome, errcode=errcode, follow_ups=follow_ups
    )


def cancelled(outcome: str) -> Result:
    """Nothing was called: something happened meanwhile that makes the action wrong."""
    return Result(state=ActionState.CANCELLED, outcome=outcome)


def follow_up(
    kind: ActionKind, situation: Situation, remark: str = "", *, reason: str
) -> PlannedAction:
    """What somebody else has to do or to hear now; `situation_of` reads its detail."""
    return PlannedAction(
        kind=kind,
        state=ActionState.QUEUED,
        reason=reason,
        detail=f"{situation.value} {remark}".strip(),
    )


def situation_of(detail: str) -> tuple[Situation, str]:
    """The situation in which a follow-up stands, and the rest: a remark, or else the measure."""
    word, _, rest = detail.partition(" ")
    if word in set(Situation) and word:
        return Situation(word), rest
    return Situation.USUAL, detail


def nobody_known(kind: ActionKind, whom: str) -> Result:
    """Neither directory nor settings name anybody who could be told: compliance has to see to it.

    `kind` is the duty that compliance takes over.
    """
    reason = f"nobody is known as {whom}"
    told = follow_up(
        ActionKind.NOTIFY_COMPLIANCE, Situation.NOBODY_KNOWN, kind.value, reason=reason
    )
    return unsupported(f"{reason}; compliance is told", follow_ups=(told,))


def not_done(kind: ActionKind, why: str, errcode: int | None = None) -> Result:
    """WeCom does not allow it: compliance has to see to it."""
    told = follow_up(ActionKind.NOTIFY_COMPLIANCE, Situation.NOT_DONE, kind.value, reason=why)
    return unsupported(f"{why}; compliance is told", errcode, follow_ups=(told,))
