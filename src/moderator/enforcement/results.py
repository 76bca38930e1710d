"""How an action ended."""

from dataclasses import dataclass

from moderator.domain.decision import ActionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an action ended, in a sentence for compliance staff.

    `errcode` is WeCom's (0 for success), None where no answer of WeCom decided; `msgid` names
    what was sent, for a recall.  `undoes` are the ids of the actions that this one took back.
    """

    state: ActionState
    outcome: str
    errcode: int | None = None
    msgid: str = ""
    undoes: tuple[int, ...] = ()


def accepted(outcome: str, msgid: str = "", *, undoes: tuple[int, ...] = ()) -> Result:
    """WeCom said yes."""
    return Result(
        state=ActionState.ACCEPTED, outcome=outcome, errcode=0, msgid=msgid, undoes=undoes
    )


def failed(outcome: str) -> Result:
    """WeCom said yes and did not do it, or there was nothing to call."""
    return Result(state=ActionState.FAILED, outcome=outcome)


def unsupported(outcome: str, errcode: int | None = None) -> Result:
    """WeCom lets nobody do this; a person has to."""
    return Result(state=ActionState.UNSUPPORTED, outcome=outcome, errcode=errcode)


def cancelled(outcome: str) -> Result:
    """Nothing was called: something happened meanwhile that makes the action wrong."""
    return Result(state=ActionState.CANCELLED, outcome=outcome)
