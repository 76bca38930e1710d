"""The worker: what is due is carried out once, in order, and only where it may be."""

import asyncio
from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene, running

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.worker import Worker
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import WORK_GROUP

SEND = "/cgi-bin/message/send"
WARN = ActionKind.WARN_SENDER
NOTICED_BY_NOTIFY_ALONE = {"poll": timedelta(hours=1)}


async def test_a_warning_that_is_too_late_is_not_sent(scene: Scene) -> None:
    """Beyond the configured age an action ends as expired."""
    violation = await scene.violate(WARN)
    await scene.work_after(25 * 3600)

    assert (await scene.action(violation)).state is ActionState.EXPIRED
    assert scene.stand_in.journal.calls(SEND) == []


async def test_two_workers_at_once_double_nothing(scene: Scene) -> None:
    """Each action is carried out by one of them."""
    people = scene.stand_in.company.people()[:12]
    for person in people:
        await scene.violate(WARN, sender=person.userid)
    other = scene.another_worker()

    async def exhaust(worker: Worker) -> int:
        done = 0
        while count := await worker.work_once():
            done += count
        return done

    shares = await asyncio.gather(exhaust(scene.worker), exhaust(other))

    sends = scene.stand_in.journal.calls(SEND)
    assert sum(shares) == 2 * len(people)
    assert sorted(call.payload["touser"] for call in sends) == sorted(p.userid for p in people)


async def test_a_persons_actions_are_carried_out_in_order(scene: Scene) -> None:
    """The warning about the second message never overtakes that about the first."""
    first = await scene.violate(WARN)
    second = await scene.violate(WARN)
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45033)
    await scene.work()
    await scene.work_after(10)

    texts = [call.payload["text"]["content"] for call in scene.stand_in.journal.delivered(SEND)]

    assert f"编号 {first}。" in texts[0]
    assert f"编号 {second}。" in texts[1]


async def test_a_proposal_waits_for_a_person_and_is_carried_out_when_approved(
    scene: Scene,
) -> None:
    """A destructive action happens in somebody's name or not at all."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    await scene.work()
    proposal = await scene.action(violation)
    members = scene.stand_in.company.groups[WORK_GROUP].members
    await scene.outbox.proposals.approve(proposal.id, "alice", now=scene.clock())
    await scene.work()

    action = await scene.action(violation)

    assert proposal.state is ActionState.PROPOSED
    assert scene.sender in members
    assert scene.sender not in scene.stand_in.company.groups[WORK_GROUP].members
    assert (action.state, action.decided_by) == (ActionState.ACCEPTED, "alice")


async def test_an_approval_after_days_is_still_carried_out(scene: Scene) -> None:
    """The age of an approved action counts from the approval."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    await scene.work_after(72 * 3600)
    proposal = await scene.action(violation)
    await scene.outbox.proposals.approve(proposal.id, "alice", now=scene.clock())
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.ACCEPTED


async def test_a_refused_proposal_is_not_carried_out(scene: Scene) -> None:
    """Whoever refuses is obeyed."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    proposal = await scene.action(violation)
    await scene.outbox.proposals.refuse(proposal.id, "alice", "误会", now=scene.clock())
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.CANCELLED
    assert scene.sender in scene.stand_in.company.groups[WORK_GROUP].members


async def test_the_kill_switch_holds_what_was_queued_and_approved(scene: Scene) -> None:
    """Nothing reaches anybody while it is on; off again, everything is carried out."""
    violation = await scene.violate(WARN, ActionKind.NOTIFY_COMPLIANCE)
    removed = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    proposal = await scene.action(removed)
    await scene.outbox.proposals.approve(proposal.id, "alice", now=scene.clock())
    scene.record_only = True
    await scene.work()
    noticed = [call for call in scene.stand_in.journal.calls() if call.reached]
    identified = (await scene.violations.one(violation)).sender_name
    scene.record_only = False
    await scene.work()

    states = {action.state for action in await scene.actions(violation)}
    assert (noticed, bool(identified)) == ([], True)
    assert states == {ActionState.ACCEPTED}
    assert (await scene.action(removed)).state is ActionState.ACCEPTED


async def test_what_the_kill_switch_held_for_a_day_has_expired(scene: Scene) -> None:
    """A late warning is wrong for whatever reason it is late."""
    violation = await scene.violate(WARN)
    scene.record_only = True
    await scene.work()
    await scene.work_after(25 * 3600)
    scene.record_only = False
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.EXPIRED
    assert scene.stand_in.journal.calls(SEND) == []


async def test_a_running_worker_wakes_when_a_violation_is_recorded(scene: Scene) -> None:
    """The notification alone brings it to work: the poll is an hour away."""
    async with running(scene.another_worker(enforcement=NOTICED_BY_NOTIFY_ALONE)):
        await scene.violate(WARN)
        await scene.stand_in.journal.wait_for(SEND, within=5)
        await scene.violate(WARN)
        await scene.stand_in.journal.wait_for(SEND, 2, within=5)


async def test_a_running_worker_carries_a_persons_next_action_out_without_waiting(
    scene: Scene,
) -> None:
    """When one of a person's actions ends, the next one is due at once."""
    await scene.violate(WARN, ActionKind.NOTIFY_COMPLIANCE)
    async with running(scene.another_worker(enforcement=NOTICED_BY_NOTIFY_ALONE)):
        await scene.stand_in.journal.wait_for("/appchat/send", within=5)

    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_running_worker_polls_where_no_notification_came(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a deaf outbox, the poll still finds what is due."""

    async def deaf(patience: float) -> bool:
        await asyncio.sleep(patience)
        return False

    monkeypatch.setattr(scene.outbox, "wait", deaf)
    async with running(scene.another_worker(enforcement={"poll": timedelta(seconds=0.05)})):
        await scene.violate(WARN)
        await scene.stand_in.journal.wait_for(SEND, within=5)


async def test_stopping_settles_what_was_begun(scene: Scene) -> None:
    """A send that is under way when the worker is told to stop is waited for and kept."""
    scene.stand_in.fail(SEND, Fault.SLOW, seconds=0.3)
    violation = await scene.violate(WARN)
    async with running(scene.worker):
        await scene.stand_in.journal.wait_for(SEND, within=5)

    action = await scene.action(violation)

    assert action.state is ActionState.ACCEPTED
    assert action.wecom_msgid


async def test_a_stopped_worker_begins_nothing(scene: Scene) -> None:
    """What is recorded after the stop is left for the next worker."""
    scene.worker.stop()
    violation = await scene.violate(WARN)
    await asyncio.wait_for(scene.worker.run(), 5)

    assert (await scene.action(violation)).state is ActionState.QUEUED


async def test_what_was_done_is_counted(scene: Scene) -> None:
    """Ends, postponements and calls appear in the metrics under closed labels."""
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45009)
    await scene.violate(WARN)
    await scene.work()
    await scene.work_after(60)

    told = scene.metrics.exposition().decode()

    assert 'moderator_actions_total{kind="warn_sender",state="accepted"} 1.0' in told
    assert 'moderator_action_postponements_total{errcode="45009",kind="warn_sender"} 1.0' in told
    assert 'moderator_wecom_calls_total{errcode="45009",path="/cgi-bin/message/send"} 1.0' in told
    assert 'moderator_action_seconds_sum{kind="warn_sender"} 60.0' in told


async def test_a_running_worker_shows_the_outbox_in_the_metrics(scene: Scene) -> None:
    """How much waits, and for how long, is known without asking the database on scrape."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    scene.clock.forward(seconds=90)
    async with running(scene.worker):
        await scene.stand_in.journal.wait_for("/user/get", within=5)

    told = scene.metrics.exposition().decode()

    assert 'moderator_outbox_actions{state="proposed"} 1.0' in told
    assert 'moderator_outbox_actions{state="queued"} 2.0' in told  # a look-up, and a card that asks
    assert "moderator_outbox_oldest_seconds 90.0" in told


async def test_an_empty_outbox_has_no_age(scene: Scene) -> None:
    """A proposal waits for a person, not for the worker."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    await scene.work()
    scene.clock.forward(seconds=90)

    assert await scene.outbox.waiting_since() is None
