"""What a rehearsal is going to send."""

from dataclasses import replace

import pytest

from moderator.rehearsal.plan import Plan

_PLAN = Plan(rate=200, seconds=5, violations=5, seed=1, run_id="a")


def test_equal_plans_are_equal_to_the_letter() -> None:
    """Seed and run id decide texts, senders and MsgIds."""
    assert list(_PLAN.messages()) == list(replace(_PLAN).messages())


@pytest.mark.parametrize("changes", [{"seed": 2}, {"run_id": "b"}])
def test_other_runs_share_no_message(changes: dict[str, int | str]) -> None:
    """Another seed or run id has other MsgIds."""
    other = replace(_PLAN, **changes)  # type: ignore[arg-type]
    one, two = ({message.msgid for message in plan.messages()} for plan in (_PLAN, other))

    assert one.isdisjoint(two)


def test_msgids_are_positive_64_bit_numbers() -> None:
    """Every message has its own, as WeCom's are."""
    msgids = [message.msgid for message in _PLAN.messages()]

    assert len(set(msgids)) == 1000
    assert all(0 < msgid < 2**63 for msgid in msgids)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 0), (1, 10), (5, 50), (7.5, 75), (50, 500), (100, 1000)]
)
def test_share_of_violations_is_exact(share: float, expected: int) -> None:
    """Of a thousand messages exactly the share asked for breaks a rule."""
    plan = replace(_PLAN, violations=share)

    assert sum(bool(message.category) for message in plan.messages()) == expected


def test_violations_are_spread_evenly() -> None:
    """With 5 % every stretch of twenty messages has one violation."""
    breaking = [bool(message.category) for message in _PLAN.messages()]

    assert all(sum(breaking[start : start + 20]) == 1 for start in range(0, 1000, 20))


def test_longer_run_begins_with_the_shorter() -> None:
    """The rate and the duration change how many there are, not what they are."""
    shorter = list(replace(_PLAN, rate=50, seconds=2).messages())

    assert list(_PLAN.messages())[:100] == shorter
