import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement import carrier
from moderator.enforcement.worker import Worker
from moderator.errors import LedgerUnavailable
from moderator.ledger.records import ActionFilter, ClaimedAction
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import WORK_GROUP

SEND = "/cgi-bin/message/send"
WARN = ActionKind.WARN_SENDER
NOTICED_BY_NOTIFY_ALONE = {"poll": timedelta(hours=1)}


def refused(scene: Scene) -> list[int]:
    """The errcodes of the sends that WeCom did not carry out."""
    return [call.errcode for call in scene.stand_in.journal.calls(SEND) if call.errcode]


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """`worker` at work; stopped and drained at the end."""
    work = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(work, 10)


async def test_an_expired_token_is_refreshed_once_and_the_warning_arrives(scene: Scene) -> None:
    """Expiry in the middle costs one more gettoken and no attempt."""
    await scene.violate(WARN)
    await scene.work()
    scene.stand_in.tokens.expire_all()
    violation = await scene.violate(WARN)
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.calls("/gettoken")) == 2
    assert len(scene.stand_in.journal.delivered(SEND)) == 2


async def test_too_many_calls_are_waited_out_and_the_warning_arrives_once(scene: Scene) -> None:
    """45009 twice, then success: the window is waited out, each try is kept."""
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45009, times=2)
    violation = await scene.violate(WARN)
    await scene.work()
    await scene.work_after(59)
    assert refused(scene) == [45009]
    await scene.work_after(1)
    await scene.work_after(60)

    action = await scene.action(violation)

    assert (action.state, action.attempts) == (ActionState.ACCEPTED, 3)
    assert [attempt.errcode for attempt in action.history] == [45009, 45009, 0]
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.GARBAGE, Fault.STATUS])
async def test_a_network_failure_is_tried_again(scene: Scene, fault: Fault) -> None:
    """A broken connection or a gateway's page is no answer."""
    scene.stand_in.fail(SEND, fault)
    violation = await scene.violate(WARN)
    await scene.work()

    waiting = await scene.action(violation)
    await scene.work_after(10)
    action = await scene.action(violation)

    assert (waiting.state, waiting.errcode) == (ActionState.QUEUED, -2)
    assert (action.state, action.attempts) == (ActionState.ACCEPTED, 2)
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_lost_answer_does_not_show_the_warning_twice(scene: Scene) -> None:
    """WeCom took the message but its answer was lost: its duplicate check swallows the second."""
    scene.stand_in.fail(SEND, Fault.LOST_ANSWER)
    violation = await scene.violate(WARN)
    await scene.work()
    await scene.work_after(10)

    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.calls(SEND)) == 2
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_lost_answer_and_a_wait_of_an_hour_do_not_show_the_warning_twice(
    scene: Scene,
) -> None:
    """The duplicate check that the service asks for outlasts its longest waits."""
    scene.stand_in.fail(SEND, Fault.LOST_ANSWER)
    violation = await scene.violate(WARN)
    await scene.work()
    await scene.work_after(75 * 60)

    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_warning_that_may_have_arrived_is_not_repeated_after_hours(scene: Scene) -> None:
    """Beyond four hours WeCom would show it twice; a person may still ask for it."""
    scene.stand_in.fail(SEND, Fault.LOST_ANSWER)
    violation = await scene.violate(WARN)
    await scene.work()
    await scene.work_after(4 * 3600)
    given_up = await scene.action(violation)
    await scene.outbox.requeue(ActionFilter(ids=(given_up.id,)), by="alice", now=scene.clock())
    await scene.work()

    assert given_up.state is ActionState.FAILED
    assert "may have arrived" in given_up.outcome
    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.delivered(SEND)) == 2


async def test_tries_come_to_an_end(scene: Scene) -> None:
    """After the configured number of tries the action is buried as failed, with the last code."""
    scene.worker = scene.another_worker(enforcement={"attempts": 3})
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45033, times=99)
    violation = await scene.violate(WARN)
    await scene.work()
    for _ in range(5):
        await scene.work_after(3600)

    action = await scene.action(violation)

    assert (action.state, action.errcode, action.attempts) == (ActionState.FAILED, 45033, 3)
    assert len(refused(scene)) == 3


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


class Broken:
    """Sanctions that fail in a way nobody foresaw."""

    async def carry_out(self, action: ClaimedAction) -> None:
        raise ZeroDivisionError(f"text of {action.id}")


async def test_an_unforeseen_error_is_tried_again_and_buried_at_last(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in one kind of action ends as failed, by name of the error and without its words."""
    monkeypatch.setattr(scene.worker._carrier, "_sanctions", Broken())
    monkeypatch.setattr(scene.worker._carrier, "_attempts", 2)
    violation = await scene.violate(ActionKind.IDENTIFY_SENDER)
    await scene.work()
    waiting = await scene.action(violation)
    await scene.work_after(60)

    action = await scene.action(violation)

    assert (waiting.state, waiting.errcode) == (ActionState.QUEUED, -3)
    assert (action.state, action.outcome) == (ActionState.FAILED, "ZeroDivisionError")


async def test_tries_that_died_with_the_service_bury_nothing(scene: Scene) -> None:
    """After more crashes than tries are allowed, a failure is the first one and not the last."""
    violation = await scene.violate(WARN)
    lease = scene.settings.enforcement.lease
    for _ in range(scene.settings.enforcement.attempts + 1):
        await scene.outbox.claim(16, lease, scene.clock())
        scene.clock.forward(seconds=lease.total_seconds())
    scene.stand_in.fail(SEND, Fault.ERRCODE, errcode=45033)
    await scene.work()
    failed = await scene.action(violation)
    await scene.work_after(3600)

    assert (failed.state, failed.errcode) == (ActionState.QUEUED, 45033)
    assert (await scene.action(violation)).state is ActionState.ACCEPTED


async def test_a_result_is_kept_when_the_ledger_was_away_for_a_moment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent cannot be unsent, so writing it down is tried again."""
    settle = scene.outbox.settle
    failures = iter([LedgerUnavailable(), LedgerUnavailable()])

    async def flickering(*args: object, **options: object) -> bool:
        for failure in failures:
            raise failure
        return await settle(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.outbox, "settle", flickering)
    monkeypatch.setattr(carrier, "_WAITS", (0.0, 0.0))
    violation = await scene.violate(ActionKind.IDENTIFY_SENDER)
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.ACCEPTED
    assert len(scene.stand_in.journal.calls("/user/get")) == 1


async def test_a_result_that_could_not_be_kept_is_tried_again_after_the_lease(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger stays away: the send is repeated later, and the person still sees it once."""

    async def away(*_: object, **__: object) -> bool:
        raise LedgerUnavailable

    monkeypatch.setattr(carrier, "_WAITS", (0.0,))
    violation = await scene.violate(WARN)
    with monkeypatch.context() as patch:
        patch.setattr(scene.outbox, "settle", away)
        await scene.work()
    await scene.work_after(scene.settings.enforcement.lease.total_seconds())

    action = await scene.action(violation)

    assert (action.state, action.attempts) == (ActionState.ACCEPTED, 2)
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_warning_lost_on_the_way_is_not_repeated_after_a_night(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine stopped right after the send and came back when WeCom had forgotten it."""

    async def away(*_: object, **__: object) -> bool:
        raise LedgerUnavailable

    monkeypatch.setattr(carrier, "_WAITS", (0.0,))
    violation = await scene.violate(WARN)
    with monkeypatch.context() as patch:
        patch.setattr(scene.outbox, "settle", away)
        await scene.work()
    await scene.work_after(8 * 3600)

    assert (await scene.action(violation)).state is ActionState.FAILED
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_worker_outlives_a_ledger_that_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts the fault and finds its work when the ledger is back."""
    claim = scene.outbox.claim
    failures = iter([LedgerUnavailable(), KeyError("a kind that a newer version wrote")])

    async def flickering(*args: object, **options: object) -> list[ClaimedAction]:
        for failure in failures:
            raise failure
        return await claim(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.outbox, "claim", flickering)
    await scene.violate(WARN)
    async with running(scene.another_worker(enforcement={"poll": timedelta(seconds=0.05)})):
        await scene.stand_in.journal.wait_for(SEND, within=5)

    assert b"moderator_worker_faults_total 2.0" in scene.metrics.exposition()


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
