"""What to do after a call that failed: a decision, made from values alone.

Only -1, 6000, 45009, 45033 and network failures may be tried again (`wecom.md` §7.4); the token
has been refreshed once by the client before a refusal arrives here.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never

from moderator.domain.decision import ActionState
from moderator.errors import WeComError, WeComRefused, WeComUnreachable
from moderator.wecom.errors import Remedy, classify

UNREACHABLE: Final = -2  # the errcode that stands for a network failure
FAULT: Final = -3  # the errcode that stands for a fault of this service

_FREQUENCY = 45009
_BUSY = frozenset({-1, 6000})
_BUSY_TRIES = 4  # "retry ≤3"
_RECALL_EXPIRED = 42052


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again after `delay`."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Leave the action in `state` for good."""

    state: ActionState


def after_failure(error: Exception, *, attempt: int, attempts: int, jitter: float) -> Wait | GiveUp:
    """Decide what follows the `attempt`-th try (from 1) of at most `attempts`.

    `jitter` from 0 to 1 spreads the waits of many actions over a quarter of their length.
    """
    delay = _delay(error, attempt)
    if isinstance(delay, GiveUp):
        return delay
    if attempt >= _most_tries(error, attempts):
        return GiveUp(ActionState.FAILED)
    return Wait(delay * (1 + jitter / 4))


def may_have_arrived(errcode: int | None) -> bool:
    """Whether a try that ended so may have been carried out though nobody said so."""
    return errcode in {UNREACHABLE, FAULT}


def errcode_of(error: Exception) -> int:
    """The errcode under which a failure is kept and counted."""
    match error:
        case WeComRefused():
            return error.code
        case WeComUnreachable():
            return UNREACHABLE
        case _:
            return FAULT


def _most_tries(error: Exception, attempts: int) -> int:
    return min(attempts, _BUSY_TRIES) if errcode_of(error) in _BUSY else attempts


def _delay(error: Exception, attempt: int) -> timedelta | GiveUp:
    match error:
        case WeComRefused():
            return _after_refusal(error.code, attempt)
        case WeComError():
            return _growing(attempt, first=5, factor=3, longest=1800)
        case _:  # a fault of ours: a restart or a new version may mend it
            return _growing(attempt, first=10, factor=3, longest=3600)


def _after_refusal(code: int, attempt: int) -> timedelta | GiveUp:
    match classify(code):
        case Remedy.RETRY:
            return _block(attempt) if code == _FREQUENCY else _growing(attempt, first=2, factor=3)
        case Remedy.UNSUPPORTED:
            expired = code == _RECALL_EXPIRED
            return GiveUp(ActionState.EXPIRED if expired else ActionState.UNSUPPORTED)
        case Remedy.REFRESH_TOKEN | Remedy.PAUSE_APP | Remedy.GONE | Remedy.FAIL:
            return GiveUp(ActionState.FAILED)
        case remedy:
            assert_never(remedy)


def _block(attempt: int) -> timedelta:
    # WeCom blocks for 60 s, 60 min or the rest of the day, by the window that overflowed (§7.3).
    return timedelta(minutes=1) if attempt <= 2 else timedelta(hours=1)


def _growing(attempt: int, *, first: int, factor: int, longest: int = 600) -> timedelta:
    return timedelta(seconds=min(longest, first * factor ** (attempt - 1)))
