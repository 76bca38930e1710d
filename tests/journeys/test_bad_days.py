"""Days on which WeCom is busy, away, or knows people no more; time passes when the test says so.

Everything but the clock is real: PostgreSQL, HTTP, the worker, the gate before WeCom.  The journal
of the stand-in is what people saw.
"""

from collections import Counter
from typing import Any

import pytest
from tests.enforcement.conftest import Scene
from tests.enforcement.conftest import scene as scene  # noqa: PLC0414 - a fixture of this module
from tests.enforcement.conftest import world as world  # noqa: PLC0414 - which the scene needs

from moderator.domain.decision import ActionKind, ActionState
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import FOREIGN_GROUP, WORK_GROUP

pytestmark = pytest.mark.slow

SEND = "/message/send"
GROUP_SEND = "/appchat/send"
WARN, CARD = ActionKind.WARN_SENDER, ActionKind.NOTIFY_COMPLIANCE


def shown(scene: Scene, path: str) -> Counter[str]:
    """How often each text was really shown to somebody."""
    return Counter(
        str(call.payload[call.payload["msgtype"]]["content"])
        for call in scene.stand_in.journal.delivered(path)
    )


async def violate_all(scene: Scene, count: int, *kinds: ActionKind) -> list[int]:
    """One violation each of `count` people."""
    people = scene.stand_in.company.people()[:count]
    return [await scene.violate(*kinds, sender=person.userid) for person in people]


async def usual_day(scene: Scene) -> None:
    """Something was sent before, so that the token is there."""
    await scene.violate(WARN, CARD, sender=scene.stand_in.company.people()[70].userid)
    await scene.work()
    scene.stand_in.journal.clear()


async def states(scene: Scene, violations: list[int]) -> set[ActionState]:
    return {action.state for one in violations for action in await scene.actions(one)}


async def test_a_storm_of_45009_is_waited_out_and_everything_arrives_once(scene: Scene) -> None:
    """WeCom takes nothing for three minutes: a few calls find out, nothing is lost or doubled."""
    await usual_day(scene)
    scene.stand_in.fail("", Fault.ERRCODE, errcode=45009, times=100_000)
    violations = await violate_all(scene, 30, WARN, CARD)
    await scene.work()
    for _ in range(12):
        await scene.work_after(15)
    refused = [call for call in scene.stand_in.journal.calls() if call.errcode]
    scene.stand_in.failures.clear()
    for _ in range(75):
        await scene.work_after(60)

    assert len(refused) < 80
    assert await states(scene, violations) == {ActionState.ACCEPTED}
    assert list(shown(scene, SEND).values()) == [1] * 30
    assert list(shown(scene, GROUP_SEND).values()) == [1] * 30


async def test_wecom_is_down_for_minutes_and_comes_back(scene: Scene) -> None:
    """Broken connections for ten minutes, messages meanwhile: all arrives, in order, once."""
    await usual_day(scene)
    scene.stand_in.fail("", Fault.RESET, times=100_000)
    violations = await violate_all(scene, 20, WARN, CARD)
    for number in range(40):
        if number < 10:
            violations.append(await scene.violate(WARN))
        await scene.work_after(15)
    during = len(scene.stand_in.journal.calls())
    scene.stand_in.failures.clear()
    for _ in range(40):
        await scene.work_after(30)

    assert during < 120
    assert await states(scene, violations) == {ActionState.ACCEPTED}
    assert list(shown(scene, SEND).values()) == [1] * 30
    assert list(shown(scene, GROUP_SEND).values()) == [1] * 20
    person = [
        str(call.payload["text"]["content"])
        for call in scene.stand_in.journal.delivered(SEND)
        if call.reached == (scene.sender,)
    ]
    offences = [next(n for n in range(1, 99) if f"第 {n} 次" in text) for text in person]
    assert offences == sorted(offences)


async def test_answers_that_get_lost_do_not_double_a_warning(scene: Scene) -> None:
    """WeCom took each of them, and said so to nobody."""
    scene.stand_in.fail(SEND, Fault.LOST_ANSWER, times=8)
    violations = await violate_all(scene, 8, WARN)
    await scene.work()
    for _ in range(20):
        await scene.work_after(30)

    assert await states(scene, violations) == {ActionState.ACCEPTED}
    assert list(shown(scene, SEND).values()) == [1] * 8


async def test_an_officer_who_is_out_of_range_is_named_and_the_others_are_told(
    scene: Scene,
) -> None:
    """`errcode 0` with `invaliduser` is no success for everybody, and is not called one."""
    officers = [person.userid for person in scene.stand_in.company.people()[:2]]
    changed: dict[str, Any] = {"chat": "", "users": (*officers, "nobody")}
    scene.worker = scene.another_worker(compliance=changed)
    violation = await scene.violate(CARD)
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.ACCEPTED
    assert "left out nobody" in action.outcome
    (call,) = scene.stand_in.journal.delivered(SEND)
    assert sorted(call.reached) == sorted(officers)
    assert call.answer["invaliduser"] == "nobody"


async def test_a_person_who_left_is_told_nothing_and_compliance_everything(scene: Scene) -> None:
    """The look-up says that they are gone: the warning fails without a call, the card goes out."""
    person = scene.stand_in.company.people()[20]
    scene.stand_in.company.dismiss(person.userid)
    first = await scene.violate(CARD, sender=person.userid)
    await scene.work()
    second = await scene.violate(WARN, CARD, sender=person.userid)
    await scene.work()

    found = {action.kind: action for action in await scene.actions(second)}

    assert (await scene.action(first)).state is ActionState.ACCEPTED
    assert found[WARN].state is ActionState.FAILED
    assert "has left the company" in found[WARN].outcome
    assert found[CARD].state is ActionState.ACCEPTED
    assert scene.stand_in.journal.calls(SEND) == []


async def test_a_removal_in_a_foreign_group_becomes_a_task_of_its_owner(scene: Scene) -> None:
    """The app cannot, which the record says; somebody who can is asked to, once."""
    owner = scene.stand_in.company.groups[FOREIGN_GROUP].owner
    scene.worker = scene.another_worker(compliance={"group_owners": {FOREIGN_GROUP: owner}})
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=FOREIGN_GROUP)
    await scene.work()
    await scene.work_after(3600)

    found = {action.kind: action for action in await scene.actions(violation)}

    assert found[ActionKind.REMOVE_FROM_GROUP].state is ActionState.UNSUPPORTED
    assert found[ActionKind.ASK_OWNER_TO_REMOVE].state is ActionState.ACCEPTED
    assert [call.reached for call in scene.stand_in.journal.delivered(SEND)] == [(owner,)]
    assert scene.sender in scene.stand_in.company.groups[FOREIGN_GROUP].members


async def test_a_removal_in_a_group_of_the_app_is_done(scene: Scene) -> None:
    """And nobody is given a task for it."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    await scene.work()

    action = await scene.action(violation)

    assert (action.kind, action.state) == (ActionKind.REMOVE_FROM_GROUP, ActionState.ACCEPTED)
    assert scene.sender not in scene.stand_in.company.groups[WORK_GROUP].members
    assert scene.stand_in.journal.calls(SEND) == []


async def test_a_warning_that_is_two_days_late_is_not_sent(scene: Scene) -> None:
    """The app was paused for two days: compliance still hears of it, the person no more."""
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=False)
    violation = await scene.violate(WARN, CARD)
    for _ in range(48):
        await scene.work_after(3600)
    for name in scene.stand_in.company.apps:
        scene.stand_in.company.change_app(name, ip_trusted=True)
    for _ in range(4):
        await scene.work_after(3600)

    found = {action.kind: action.state for action in await scene.actions(violation)}

    assert (found[WARN], found[CARD]) == (ActionState.EXPIRED, ActionState.ACCEPTED)
    assert scene.stand_in.journal.delivered(SEND) == []
