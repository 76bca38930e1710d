from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.decision import ActionState
from moderator.enforcement.retry import FAULT, UNREACHABLE, GiveUp, Wait, after_failure, errcode_of
from moderator.errors import WeComRefused, WeComUnreachable
from moderator.wecom.client import REPETITION_RECOGNISED

NETWORK = WeComUnreachable("/cgi-bin/message/send", "connection refused")


def refused(code: int) -> WeComRefused:
    return WeComRefused(code, "no", "/cgi-bin/message/send")


def seconds(verdict: Wait | GiveUp) -> float | ActionState:
    return verdict.delay.total_seconds() if isinstance(verdict, Wait) else verdict.state


def verdicts(error: Exception, attempts: int = 8) -> list[float | ActionState]:
    """What follows the first, second, … try, without jitter."""
    return [
        seconds(after_failure(error, attempt=attempt, attempts=attempts, jitter=0))
        for attempt in range(1, attempts + 1)
    ]


@pytest.mark.parametrize("code", [-1, 6000])
def test_a_busy_wecom_is_asked_three_more_times(code: int) -> None:
    """Busy and version conflict are soon tried again, three times at most."""
    assert verdicts(refused(code))[:4] == [2, 6, 18, ActionState.FAILED]


def test_too_many_calls_wait_out_the_window() -> None:
    """A frequency block lasts a minute, else an hour."""
    assert verdicts(refused(45009))[:4] == [60, 60, 3600, 3600]


def test_too_many_calls_at_once_are_tried_again_soon() -> None:
    """A concurrency limit clears quickly, so the wait starts short."""
    assert verdicts(refused(45033))[:3] == [2, 6, 18]


def test_a_network_failure_is_waited_out_for_about_an_hour() -> None:
    """An outage of many minutes costs no warning."""
    waits = verdicts(NETWORK)[:-1]

    assert sum(wait for wait in waits if isinstance(wait, float)) > 3000


@pytest.mark.parametrize("error", [NETWORK, refused(45009), refused(45033), ValueError()])
def test_every_wait_is_one_after_which_wecom_still_recognises_a_repetition(
    error: Exception,
) -> None:
    """However late the try and however unlucky the jitter, the warning cannot arrive twice."""
    verdict = after_failure(error, attempt=49, attempts=50, jitter=1)

    assert isinstance(verdict, Wait)
    assert verdict.delay < REPETITION_RECOGNISED


@pytest.mark.parametrize("error", [NETWORK, refused(45009), refused(45033), ValueError()])
def test_the_last_try_ends_as_failed(error: Exception) -> None:
    """Nothing is tried for ever."""
    assert verdicts(error, attempts=3)[-1] is ActionState.FAILED


@pytest.mark.parametrize("code", [40001, 40014, 42001, 48002, 60020, 60111, 81013, 12345])
def test_what_another_try_cannot_mend_fails_at_once(code: int) -> None:
    """A wrong secret, permission, address or receiver is not asked for again."""
    assert verdicts(refused(code), attempts=2) == [ActionState.FAILED] * 2


@pytest.mark.parametrize("code", [86008, 86101, 86224])
def test_what_wecom_allows_nobody_is_unsupported(code: int) -> None:
    """A foreign group is not a failure that somebody could mend here."""
    assert verdicts(refused(code), attempts=1) == [ActionState.UNSUPPORTED]


def test_a_recall_after_24_hours_is_expired() -> None:
    """WeCom recalls nothing after a day."""
    assert verdicts(refused(42052), attempts=1) == [ActionState.EXPIRED]


@given(
    attempt=st.integers(1, 49),
    jitter=st.floats(0, 1),
    code=st.sampled_from([45009, 45033]),
)
def test_jitter_never_shortens_a_wait_and_adds_a_quarter_at_most(
    attempt: int, jitter: float, code: int
) -> None:
    """The window is always waited out, and the spread is bounded."""
    plain = after_failure(refused(code), attempt=attempt, attempts=50, jitter=0)
    spread = after_failure(refused(code), attempt=attempt, attempts=50, jitter=jitter)

    assert isinstance(plain, Wait)
    assert isinstance(spread, Wait)
    assert plain.delay <= spread.delay <= plain.delay * 1.25 + timedelta(milliseconds=1)


def test_failures_are_kept_under_their_errcode() -> None:
    """WeCom's code is kept; a network failure and a fault of ours have codes of their own."""
    assert errcode_of(refused(45009)) == 45009
    assert errcode_of(NETWORK) == UNREACHABLE
    assert errcode_of(KeyError("x")) == FAULT
