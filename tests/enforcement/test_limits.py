"""What each call spends of WeCom's limits, and what is done when nothing is left."""

from datetime import timedelta

from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.limits import charges
from moderator.wecom.gate import Call

SEND = "/cgi-bin/message/send"
GROUP_SEND = "/cgi-bin/appchat/send"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def spent(call: Call) -> dict[str, tuple[int, int]]:
    """By key: how much of how much."""
    return {charge.key: (charge.amount, charge.most) for charge in charges(call)}


def test_a_message_counts_for_each_of_its_receivers_in_its_app() -> None:
    """25 a minute and 900 an hour, below WeCom's 30 and 1,000; userids are caseless."""
    call = Call(path=SEND, agent=7, users=("Wang", "li", "wang"))

    found = spent(call)

    assert found["member/7/wang/60"] == (1, 25)
    assert found["member/7/li/3600"] == (1, 900)
    assert len([key for key in found if key.startswith("member/")]) == 4


def test_a_message_to_a_group_counts_for_its_people() -> None:
    """人次 of the corp, and messages that one member of all groups would see."""
    found = spent(Call(path=GROUP_SEND, agent=7, people=40))

    assert found["groups/people/60"] == (40, 18_000)
    assert found["groups/60"] == (1, 180)
    assert found["groups/86400"] == (1, 9_000)


def test_every_call_counts_for_its_api() -> None:
    """9,000 a minute, below WeCom's 10,000; removals have a limit of their own."""
    assert spent(Call(path="/cgi-bin/user/get"))["api/user/get/60"] == (1, 9_000)
    assert spent(Call(path="/cgi-bin/appchat/update"))["groups/changes/3600"] == (1, 900)


def test_a_robot_counts_by_its_key() -> None:
    """18 a minute, below WeCom's 20."""
    assert spent(Call(path="/cgi-bin/webhook/send", robot="k")) == {"robot/k/60": (1, 18)}


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


async def test_two_processes_and_a_restart_stay_below_one_limit(scene: Scene) -> None:
    """What one process sent counts for the next one too, which knows nothing of the first."""
    for _ in range(30):
        await scene.violate(ActionKind.WARN_SENDER)
    for _ in range(13):
        scene.client = scene.another_client()
        await scene.another_worker().work_once()
        await scene.another_worker().work_once()
    await scene.another_worker().work_once()
    before = len(scene.stand_in.journal.delivered(SEND))
    scene.client = scene.another_client()
    scene.worker = scene.another_worker()
    await scene.work()

    assert before <= 25
    assert len(scene.stand_in.journal.delivered(SEND)) == 25
    assert not any(call.dropped for call in scene.stand_in.journal.calls(SEND))


async def test_a_warning_that_waits_its_turn_says_so(scene: Scene) -> None:
    """Neither tried nor failed: queued, with the reason and without an attempt."""
    violations = [await scene.violate(ActionKind.WARN_SENDER) for _ in range(26)]
    await scene.work()

    waiting = await scene.action(violations[-1])
    told = scene.metrics.exposition().decode()

    assert (waiting.state, waiting.attempts) == (ActionState.QUEUED, 0)
    assert "waits its turn" in waiting.outcome
    assert 'moderator_action_postponements_total{errcode="",kind="warn_sender"} 1.0' in told
    assert 'moderator_wecom_holds_total{cause="full",family="message"} 1.0' in told


async def test_cards_that_wecom_would_drop_are_sent_later(scene: Scene) -> None:
    """Violations of many people in one minute: the officer gets every card, spread over minutes."""
    officer = scene.stand_in.company.people()[0].userid
    scene.worker = scene.another_worker(compliance={"chat": "", "users": (officer,)})
    for person in scene.stand_in.company.people()[1:66]:
        await scene.violate(ActionKind.NOTIFY_COMPLIANCE, sender=person.userid)
    sent = []
    for _ in range(3):
        await scene.work()
        sent.append(len(scene.stand_in.journal.calls(SEND)))
        scene.clock.forward(seconds=60)

    calls = scene.stand_in.journal.calls(SEND)

    assert sent == [25, 50, 65]
    assert [call.reached for call in calls] == [(officer,)] * 65
    assert not any(call.dropped for call in calls)


async def test_cards_to_a_group_that_wecom_would_drop_are_sent_later(scene: Scene) -> None:
    """A member sees at most 200 messages of apps in groups a minute."""
    people = scene.stand_in.company.people()
    for number in range(190):
        sender = people[number % len(people)].userid
        await scene.violate(ActionKind.NOTIFY_COMPLIANCE, sender=sender)
    await scene.work()
    at_once = len(scene.stand_in.journal.calls(GROUP_SEND))
    await scene.work_after(60)

    calls = scene.stand_in.journal.calls(GROUP_SEND)

    assert (at_once, len(calls)) == (180, 190)
    assert not any(call.dropped for call in calls)
