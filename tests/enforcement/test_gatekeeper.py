"""What WeCom refuses is not asked for again; what it cannot answer is left alone for a while."""

import asyncio
from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import WeComHeld, WeComPaused
from moderator.ledger.limits.pauses import Pause
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import MODERATION_APP

SEND = "/cgi-bin/message/send"
GET = "/cgi-bin/user/get"
TOKEN = "/gettoken"
WARN = ActionKind.WARN_SENDER
CARD = ActionKind.NOTIFY_COMPLIANCE


def use_another_secret(scene: Scene) -> dict[str, str]:
    """Somebody resets the secrets in the admin console; those that are right now come back."""
    apps = scene.stand_in.company.apps
    right = {name: app.secret for name, app in apps.items()}
    for name in right:
        scene.stand_in.company.change_app(name, secret=f"another-{name}-" + "1" * 30)
    return right


def restart(scene: Scene) -> None:
    """Another process takes over, which remembers nothing."""
    scene.client = scene.another_client()
    scene.worker = scene.another_worker()


async def pauses(scene: Scene) -> list[Pause]:
    return list(await scene.outbox.pauses.list())


async def test_a_wrong_secret_is_asked_about_once_an_hour(scene: Scene) -> None:
    """By all processes together, restarts included: else WeCom bans the whole address."""
    use_another_secret(scene)
    violation = await scene.violate(WARN, CARD)
    await scene.work()
    for _ in range(5):
        restart(scene)
        await scene.violate(WARN)
        await scene.work_after(11 * 60)

    action = await scene.action(violation)
    (pause,) = await pauses(scene)

    assert len(scene.stand_in.journal.calls(TOKEN)) == 1
    assert (action.state, action.attempts) == (ActionState.QUEUED, 0)
    assert action.outcome.startswith("paused: ")
    assert (pause.errcode, pause.app, pause.path) == (40001, MODERATION_APP, "")


async def test_two_processes_at_once_do_not_both_ask_with_a_wrong_secret(scene: Scene) -> None:
    """Whoever comes while the other asks waits, and then learns that it was wrong."""
    use_another_secret(scene)
    scene.stand_in.fail(TOKEN, Fault.SLOW, seconds=0.2)
    clients = [scene.another_client() for _ in range(4)]

    ends = await asyncio.gather(
        *(client.person(MODERATION_APP, scene.sender) for client in clients),
        return_exceptions=True,
    )

    assert [type(end) for end in ends] == [WeComPaused] * 4
    assert len(scene.stand_in.journal.calls(TOKEN)) == 1


async def test_after_an_hour_one_call_tries_and_everything_goes_on(scene: Scene) -> None:
    """The secret is right again: the pause ends by itself, and what waited is carried out."""
    right = use_another_secret(scene)
    violation = await scene.violate(WARN, CARD)
    await scene.work()
    for name, secret in right.items():
        scene.stand_in.company.change_app(name, secret=secret)
    await scene.work_after(59 * 60)
    early = len(scene.stand_in.journal.calls(TOKEN))
    await scene.work_after(60)

    states = {action.state for action in await scene.actions(violation)}

    assert (early, states) == (1, {ActionState.ACCEPTED})
    assert await pauses(scene) == []
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_secret_that_stays_wrong_is_tried_ever_more_rarely(scene: Scene) -> None:
    """After one hour, two, four; every hour of these passes without a call."""
    scene.worker = scene.another_worker()
    use_another_secret(scene)
    await scene.violate(ActionKind.REPORT_TO_SIEM, ActionKind.IDENTIFY_SENDER)
    hours = []
    for hour in range(16):
        before = len(scene.stand_in.journal.calls(TOKEN))
        await scene.work()
        if len(scene.stand_in.journal.calls(TOKEN)) > before:
            hours.append(hour)
        scene.clock.forward(hours=1)

    assert hours == [0, 1, 3, 7, 15]


async def test_lifting_a_pause_does_not_ask_with_a_wrong_secret_within_the_hour(
    scene: Scene,
) -> None:
    """Whatever a person says was mended, the ban would hit everybody behind this address."""
    use_another_secret(scene)
    await scene.violate(WARN)
    await scene.work()
    (pause,) = await pauses(scene)
    lifted = await scene.outbox.pauses.lift(
        pause.id, by="alice", reason="mended", now=scene.clock()
    )
    await scene.work_after(60)
    early = len(scene.stand_in.journal.calls(TOKEN))
    await scene.work_after(3600)

    assert lifted is not None
    assert (early, len(scene.stand_in.journal.calls(TOKEN))) == (1, 2)


async def test_a_changed_secret_in_the_settings_ends_the_pause_at_once(scene: Scene) -> None:
    """Whoever changes the settings and restarts has mended it: no hour is waited."""
    use_another_secret(scene)
    violation = await scene.violate(WARN)
    await scene.work()
    apps = {
        name: app.model_copy(update={"secret": type(app.secret)(f"another-{name}-" + "1" * 30)})
        for name, app in scene.settings.wecom.apps.items()
    }
    wecom = scene.settings.wecom.model_copy(update={"apps": apps})
    scene.settings = scene.settings.model_copy(update={"wecom": wecom})
    restart(scene)
    await scene.outbox.pauses.supersede(scene.client.credentials, scene.clock())
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert await pauses(scene) == []


async def test_an_address_that_is_not_trusted_pauses_the_app_and_costs_no_attempt(
    scene: Scene,
) -> None:
    """60020: what was under way, then one call after a minute, two, four … until it is mended."""
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=False)
    violation = await scene.violate(WARN, CARD)
    await scene.work()
    refused_at_once = [call.errcode for call in scene.stand_in.journal.calls() if call.errcode]
    for _ in range(30):
        await scene.work_after(60)
    refused = [call.errcode for call in scene.stand_in.journal.calls() if call.errcode]
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=True)
    for _ in range(32):
        await scene.work_after(60)

    actions = await scene.actions(violation)

    assert set(refused) == {60020}
    assert len(refused_at_once) <= 2
    assert len(refused) == len(refused_at_once) + 4
    assert {(action.state, action.attempts) for action in actions} == {(ActionState.ACCEPTED, 1)}


async def test_a_person_who_lifts_a_pause_wakes_what_waited(scene: Scene) -> None:
    """Nobody waits for the next minute once it is known that it works."""
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=False)
    violation = await scene.violate(WARN)
    await scene.work()
    (pause,) = await pauses(scene)
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=True)
    await scene.outbox.pauses.lift(pause.id, by="alice", reason="IP set", now=scene.clock())
    await scene.work()

    assert pause.waiting >= 1
    assert (await scene.action(violation)).state is ActionState.ACCEPTED


async def test_what_one_call_may_not_do_does_not_stop_the_others(scene: Scene) -> None:
    """48002 for the directory: the name stays unknown for now, the warning goes out."""
    scene.stand_in.fail(GET, Fault.ERRCODE, errcode=48002, times=99)
    violation = await scene.violate(WARN)
    await scene.work()
    await scene.violate(WARN)
    await scene.work()

    (pause,) = await pauses(scene)

    assert (pause.errcode, pause.path) == (48002, GET)
    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.calls(GET)) == 1


@pytest.mark.parametrize("code", [60111, 40003, 46004])
async def test_nothing_is_sent_to_a_person_who_has_left(scene: Scene, code: int) -> None:
    """WeCom said so once; compliance is told of their violations all the same."""
    scene.stand_in.fail(GET, Fault.ERRCODE, errcode=code)
    first = await scene.violate(ActionKind.IDENTIFY_SENDER)
    await scene.work()
    violation = await scene.violate(WARN, CARD)
    await scene.work()

    states = {action.kind: action for action in await scene.actions(violation)}

    assert first != violation
    assert states[WARN].state is ActionState.FAILED
    assert "has left the company" in states[WARN].outcome
    assert states[CARD].state is ActionState.ACCEPTED
    assert scene.stand_in.journal.calls(SEND) == []


async def test_a_wecom_that_does_not_answer_is_left_alone(scene: Scene) -> None:
    """Five failures open the breaker: forty more warnings wait and lose no attempt by it."""
    scene.stand_in.fail(SEND, Fault.RESET, times=10_000)
    people = scene.stand_in.company.people()[:45]
    violations = [await scene.violate(WARN, sender=person.userid) for person in people]
    await scene.work()
    for _ in range(40):
        await scene.work_after(15)
    calls = len(scene.stand_in.journal.calls(SEND))
    told = scene.metrics.exposition().decode()
    scene.stand_in.failures.clear()
    for _ in range(24):
        await scene.work_after(15)

    warnings = [await scene.action(violation) for violation in violations]

    assert calls < 30
    assert 'moderator_wecom_breaker_open{family="message"} 1.0' in told
    assert 'moderator_wecom_breaker_open{family="message"} 0.0' in (
        scene.metrics.exposition().decode()
    )
    assert {warning.state for warning in warnings} == {ActionState.ACCEPTED}
    assert max(warning.attempts for warning in warnings) <= 6
    assert sum(warning.attempts == 1 for warning in warnings) >= 25
    assert len(scene.stand_in.journal.delivered(SEND)) == 45


async def test_too_many_calls_stop_all_processes_for_the_window(scene: Scene) -> None:
    """45009: nobody calls before the minute is over, then the hour, whoever was refused first."""
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45009, times=3)
    people = scene.stand_in.company.people()[:6]
    violations = [await scene.violate(WARN, sender=person.userid) for person in people[:1]]
    await scene.work()
    violations += [await scene.violate(WARN, sender=person.userid) for person in people[1:]]
    restart(scene)
    await scene.work_after(59)
    during = len(scene.stand_in.journal.calls(SEND))
    for _ in range(130):
        await scene.work_after(60)

    warnings = [await scene.action(violation) for violation in violations]

    assert during == 1
    assert {warning.state for warning in warnings} == {ActionState.ACCEPTED}
    assert len(scene.stand_in.journal.delivered(SEND)) == 6


async def test_a_call_that_is_cancelled_does_not_keep_the_breaker_waiting(scene: Scene) -> None:
    """A probe that nobody waits for any more leaves its place."""
    scene.stand_in.fail(GET, Fault.RESET, times=5)
    for _ in range(5):
        with pytest.raises(Exception, match="user/get"):
            await scene.client.person(MODERATION_APP, scene.sender)
    with pytest.raises(WeComHeld):
        await scene.client.person(MODERATION_APP, scene.sender)
    scene.clock.forward(seconds=5)
    scene.stand_in.fail(GET, Fault.SLOW, seconds=0.3)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await scene.client.person(MODERATION_APP, scene.sender)

    person = await scene.client.person(MODERATION_APP, scene.sender)

    assert person.userid == scene.sender


async def test_the_alarm_of_a_pause_is_seen_in_the_metrics(scene: Scene) -> None:
    """By app and errcode, until it ends."""
    scene.worker = scene.another_worker(enforcement={"poll": timedelta(seconds=0.05)})
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=False)
    await scene.violate(WARN)
    await scene.work()
    await scene.worker._show_outbox()

    told = scene.metrics.exposition().decode()

    assert 'moderator_wecom_pauses{app="moderation",errcode="60020"} 1.0' in told
