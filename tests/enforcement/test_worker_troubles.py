"""The worker when something breaks: each action is done once, tried again or buried, and told."""

from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene, running

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement import carrier
from moderator.errors import LedgerUnavailable
from moderator.ledger.records import ActionFilter, ClaimedAction
from moderator.rehearsal.failures import Fault

SEND = "/cgi-bin/message/send"
WARN = ActionKind.WARN_SENDER


def refused(scene: Scene) -> list[int]:
    """The errcodes of the sends that WeCom did not carry out."""
    return [call.errcode for call in scene.stand_in.journal.calls(SEND) if call.errcode]


async def warned_without_trace(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> int:
    """A violation whose warning was sent while the ledger was away, which does not know of it."""

    async def away(*_: object, **__: object) -> bool:
        raise LedgerUnavailable

    monkeypatch.setattr(carrier, "_WAITS", (0.0,))
    violation = await scene.violate(WARN)
    with monkeypatch.context() as patch:
        patch.setattr(scene.outbox, "settle", away)
        await scene.work()
    return violation


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
    violation = await warned_without_trace(scene, monkeypatch)
    await scene.work_after(scene.settings.enforcement.lease.total_seconds())

    action = await scene.action(violation)

    assert (action.state, action.attempts) == (ActionState.ACCEPTED, 2)
    assert len(scene.stand_in.journal.delivered(SEND)) == 1


async def test_a_warning_lost_on_the_way_is_not_repeated_after_a_night(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine stopped right after the send and came back when WeCom had forgotten it."""
    violation = await warned_without_trace(scene, monkeypatch)
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
