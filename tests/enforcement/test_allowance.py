"""How many messages one receiver is sent, and when the others follow."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.allowance import Allowance, Crowded

SEND = "/cgi-bin/message/send"
GROUP_SEND = "/cgi-bin/appchat/send"
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def wait(allowance: Allowance, now: datetime, *receivers: str) -> timedelta:
    """How long somebody who asks has to wait: not at all where the message was counted."""
    try:
        allowance.spend(receivers, now)
    except Crowded as crowded:
        return crowded.wait
    return timedelta()


def test_each_receiver_has_windows_of_its_own() -> None:
    """What one has got leaves the other's as they are."""
    allowance = Allowance(((2, MINUTE),))

    waits = [wait(allowance, START, one) for one in "aaabb"]

    assert waits == [timedelta(), timedelta(), MINUTE, timedelta(), timedelta()]


def test_a_crowd_is_spread_over_the_windows_to_come() -> None:
    """Two fit a minute, so the seventh is told to come after three."""
    allowance = Allowance(((2, MINUTE),))

    waits = [wait(allowance, START, "a") / MINUTE for _ in range(7)]

    assert waits == [0, 0, 1, 1, 2, 2, 3]


def test_a_message_to_many_waits_for_the_fullest_and_is_counted_for_none_before() -> None:
    """A card for two officers goes to both or, for now, to neither."""
    allowance = Allowance(((1, MINUTE),))
    allowance.spend(["a"], START)

    assert wait(allowance, START, "a", "b") == MINUTE
    assert wait(allowance, START, "b") == timedelta()


def test_the_longest_window_counts_too() -> None:
    """Room in this minute is none where the hour is full."""
    allowance = Allowance(((2, MINUTE), (3, 60 * MINUTE)))
    for seconds in (0, 1, 120):
        allowance.spend(["a"], START + timedelta(seconds=seconds))

    assert wait(allowance, START + 30 * MINUTE, "a") == 30 * MINUTE


@given(st.lists(st.integers(0, 40), max_size=60))
def test_no_window_ever_holds_more_than_its_most(pauses: list[int]) -> None:
    """Whoever comes whenever, four within a minute are never counted where three are allowed."""
    allowance, now, counted = Allowance(((3, MINUTE), (5, 3 * MINUTE))), START, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        if not wait(allowance, now, "a"):
            counted.append(now)

    assert all(later - first >= MINUTE for first, later in zip(counted, counted[3:], strict=False))
    assert all(
        later - first >= 3 * MINUTE for first, later in zip(counted, counted[5:], strict=False)
    )


async def test_warnings_that_wecom_would_drop_are_sent_later(scene: Scene) -> None:
    """Thirty-five violations in a minute: every warning is shown, none cost a second try."""
    violations = [await scene.violate(ActionKind.WARN_SENDER) for _ in range(35)]
    await scene.work()
    at_once = len(scene.stand_in.journal.delivered(SEND))
    await scene.work_after(60)

    calls = scene.stand_in.journal.calls(SEND)
    warnings = [await scene.action(violation) for violation in violations]

    assert (at_once, len(calls)) == (25, 35)
    assert [call.dropped for call in calls if call.dropped] == []
    assert {(one.state, one.attempts) for one in warnings} == {(ActionState.ACCEPTED, 1)}
    assert [len(one.history) for one in warnings] == [1] * 35


async def test_a_warning_that_waits_its_turn_says_so(scene: Scene) -> None:
    """Neither tried nor failed: queued, with the reason and without an attempt."""
    violations = [await scene.violate(ActionKind.WARN_SENDER) for _ in range(26)]
    await scene.work()

    waiting = await scene.action(violations[-1])
    told = scene.metrics.exposition().decode()

    assert (waiting.state, waiting.attempts) == (ActionState.QUEUED, 0)
    assert waiting.outcome.startswith("waits its turn")
    assert 'moderator_action_postponements_total{errcode="",kind="warn_sender"} 1.0' in told


async def test_cards_that_wecom_would_drop_are_sent_later(scene: Scene) -> None:
    """Violations of many people in one minute: the officer gets every card, oldest first."""
    officer = scene.stand_in.company.people()[0].userid
    scene.worker = scene.another_worker(compliance={"chat": "", "users": (officer,)})
    for person in scene.stand_in.company.people()[1:36]:
        await scene.violate(ActionKind.NOTIFY_COMPLIANCE, sender=person.userid)
    await scene.work()
    await scene.work_after(60)

    calls = scene.stand_in.journal.calls(SEND)

    assert [call.reached for call in calls] == [(officer,)] * 35
    assert not any(call.dropped for call in calls)


async def test_cards_to_a_group_that_wecom_would_drop_are_sent_later(scene: Scene) -> None:
    """A member sees at most 200 messages of apps in groups a minute."""
    people = scene.stand_in.company.people()
    for number in range(210):
        sender = people[number % len(people)].userid
        await scene.violate(ActionKind.NOTIFY_COMPLIANCE, sender=sender)
    await scene.work()
    at_once = len(scene.stand_in.journal.calls(GROUP_SEND))
    await scene.work_after(60)

    calls = scene.stand_in.journal.calls(GROUP_SEND)

    assert (at_once, len(calls)) == (180, 210)
    assert not any(call.dropped for call in calls)
