"""How an action ended."""

from dataclasses import dataclass

from moderator.domain.decision import ActionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an action ended, in a sentence for compliance staff.

    `errcode` is WeCom's (0 for success), None where no answer of WeCom decided; `msgid` names
    what was sent, for a recall.
    """

    state: ActionState
    outcome: str
    errcode: int | None = None
    msgid: str = ""


def accepted(outcome: str, msgid: str = "") -> Result:
    """WeCom said yes."""
    return Result(state=ActionState.ACCEPTED, outcome=outcome, errcode=0, msgid=msgid)


def failed(outcome: str) -> Result:
    """WeCom said yes and did not do it, or there was nothing to call."""
    return Result(state=ActionState.FAILED, outcome=outcome)


def unsupported(outcome: str, errcode: int | None = None) -> Result:
    """WeCom lets nobody do this; a person has to."""
    return Result(state=ActionState.UNSUPPORTED, outcome=outcome, errcode=errcode)
