"""Accepted actions that are looked at again, by the worker."""

from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.results import Result, accepted
from moderator.ledger.records import ActionRecord, ClaimedAction

ASK = ActionKind.ASK_RECALL
SEND = "/cgi-bin/message/send"


class Blind:
    """Asks, and cannot see what came of it for so many looks."""

    def __init__(self, scene: Scene, failures: int) -> None:
        self._scene = scene
        self._failures = failures
        self.looks = 0

    async def carry_out(self, action: ClaimedAction) -> Result:
        if action.kind is not ASK:
            return accepted("done")
        if not action.second_look:
            check_at = self._scene.clock() + timedelta(minutes=10)
            return Result(state=ActionState.ACCEPTED, outcome="asked", errcode=0, check_at=check_at)
        self.looks += 1
        if self.looks <= self._failures:
            raise ZeroDivisionError
        return accepted("seen")


async def asked(scene: Scene, violation: int) -> ActionRecord:
    return next(one for one in await scene.actions(violation) if one.kind is ASK)


async def test_a_look_that_fails_is_repeated_and_costs_the_request_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every five minutes; meanwhile it stays what it is: accepted."""
    blind = Blind(scene, failures=2)
    monkeypatch.setattr(scene.worker._carrier, "_sanctions", blind)
    violation = await scene.violate(ASK)
    await scene.work()
    await scene.work_after(10 * 60)
    between = await asked(scene, violation)
    await scene.work_after(5 * 60)
    await scene.work_after(5 * 60)
    await scene.work_after(3600)

    action = await asked(scene, violation)

    assert (between.state, between.outcome) == (ActionState.ACCEPTED, "asked")
    assert (blind.looks, action.attempts) == (3, 1)
    assert (action.state, action.outcome, action.check_at) == (ActionState.ACCEPTED, "seen", None)


async def test_looking_comes_to_an_end(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a week it is said that nobody could see."""
    monkeypatch.setattr(scene.worker._carrier, "_sanctions", Blind(scene, failures=10**6))
    violation = await scene.violate(ASK)
    await scene.work()
    await scene.work_after(7 * 86400)

    action = await asked(scene, violation)

    assert action.outcome == "could not be looked at again: ZeroDivisionError"
    assert action.check_at is None


async def test_a_recall_that_is_not_seen_in_time_is_told_to_others(scene: Scene) -> None:
    """The request stays accepted, and what follows is in the outbox with it."""
    violation = await scene.violate(ASK)
    await scene.work()
    before = {action.kind for action in await scene.actions(violation)}
    await scene.work_after(24 * 3600 - 1)

    after = {action.kind: action.state for action in await scene.actions(violation)}

    assert ActionKind.NOTIFY_COMPLIANCE not in before
    assert after[ASK] is ActionState.ACCEPTED
    assert after[ActionKind.NOTIFY_COMPLIANCE] is ActionState.ACCEPTED
    assert scene.stand_in.journal.delivered(SEND)[0].reached == (scene.sender,)


async def test_a_dismissed_violation_is_not_looked_at_again(scene: Scene) -> None:
    """Nobody is reported for not taking back what was allowed."""
    violation = await scene.violate(ASK)
    await scene.work()
    await scene.dismiss(violation)
    await scene.work_after(24 * 3600 - 1)

    kinds = {action.kind for action in await scene.actions(violation)}

    assert ActionKind.NOTIFY_COMPLIANCE not in kinds
    assert ActionKind.NOTIFY_SUPERIOR not in kinds
