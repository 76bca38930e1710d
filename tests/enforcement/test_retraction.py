"""Notices of a dismissed violation are taken back, as far as WeCom takes them back."""

import asyncio
from datetime import timedelta

from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import MODERATION_APP, NOTICE_APP, WORK_GROUP

SEND = "/cgi-bin/message/send"
RECALL = "/cgi-bin/message/recall"


async def test_a_dismissal_takes_the_warning_back(scene: Scene) -> None:
    """The message disappears from the person's chat, and the warning counts as undone."""
    violation = await scene.violate(ActionKind.WARN_SENDER)
    await scene.work()
    await scene.dismiss(violation)
    await scene.work()

    _, warned, recalled = await scene.actions(violation)
    (call,) = scene.stand_in.journal.calls(RECALL)

    assert call.payload["msgid"] == warned.wecom_msgid
    assert call.reached == (scene.sender,)
    assert (recalled.kind, recalled.state) == (ActionKind.RECALL_NOTICE, ActionState.ACCEPTED)
    assert recalled.decided_by == "alice"
    assert warned.state is ActionState.UNDONE


async def test_a_dismissal_before_the_warning_leaves_nothing_to_take_back(scene: Scene) -> None:
    """Nothing is sent, so nothing is recalled."""
    violation = await scene.violate(ActionKind.WARN_SENDER)
    await scene.dismiss(violation)
    await scene.work()

    assert scene.stand_in.journal.calls(SEND) == scene.stand_in.journal.calls(RECALL) == []


async def test_a_warning_on_its_way_when_the_violation_is_dismissed_is_taken_back(
    scene: Scene,
) -> None:
    """The recall follows as soon as WeCom's answer says what to recall."""
    scene.stand_in.fail(SEND, Fault.SLOW, seconds=0.5)
    violation = await scene.violate(ActionKind.WARN_SENDER)
    sending = asyncio.create_task(scene.work())
    await scene.stand_in.journal.wait_for(SEND, within=5)
    await scene.dismiss(violation)
    await sending
    await scene.work()

    assert len(scene.stand_in.journal.calls(RECALL)) == 1
    assert (await scene.actions(violation))[1].state is ActionState.UNDONE


async def test_a_warning_that_failed_once_is_not_tried_again_after_the_dismissal(
    scene: Scene,
) -> None:
    """Its try was under way at the dismissal; the next one would be wrong, and so the recall."""
    violation = await scene.violate(ActionKind.WARN_SENDER)
    scene.record_only = True
    await scene.work()
    scene.record_only = False
    (warning,) = await scene.outbox.claim(1, timedelta(minutes=1), scene.clock())
    await scene.dismiss(violation)
    await scene.outbox.postpone(warning.id, scene.clock(), "busy", 45033, now=scene.clock())
    await scene.work()

    states = [action.state for action in await scene.actions(violation)]

    assert states == [ActionState.ACCEPTED, ActionState.CANCELLED, ActionState.CANCELLED]
    assert scene.stand_in.journal.calls(SEND) == scene.stand_in.journal.calls(RECALL) == []


async def test_a_recall_after_a_day_has_expired(scene: Scene) -> None:
    """WeCom takes nothing back after 24 hours."""
    violation = await scene.violate(ActionKind.WARN_SENDER)
    await scene.work()
    await scene.dismiss(violation)
    scene.stand_in.company.clock = lambda: scene.clock.timestamp() + 25 * 3600
    await scene.work()

    _, warned, recalled = await scene.actions(violation)

    assert (recalled.state, recalled.errcode) == (ActionState.EXPIRED, 42052)
    assert warned.state is ActionState.ACCEPTED


async def test_every_notice_that_can_be_recalled_is(scene: Scene) -> None:
    """Not only the warning: whoever was told of a false alarm is untold, each by its own app."""
    boss = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader=boss)
    kinds = (ActionKind.WARN_SENDER, ActionKind.NOTIFY_SUPERIOR, ActionKind.NOTIFY_GROUP_OWNER)
    violation = await scene.violate(*kinds, chat=WORK_GROUP, app=NOTICE_APP)
    await scene.work()
    await scene.dismiss(violation)
    await scene.work()

    calls = scene.stand_in.journal.calls(RECALL)
    states = {action.kind: action.state for action in await scene.actions(violation)}

    assert [call.errcode for call in calls] == [0, 0, 0]
    assert [call.app for call in calls] == [NOTICE_APP, MODERATION_APP, MODERATION_APP]
    assert {states[kind] for kind in kinds} == {ActionState.UNDONE}


async def test_what_stands_in_a_group_is_said_to_stand(scene: Scene) -> None:
    """WeCom recalls nothing in groups; the outcome does not pretend that it does."""
    violation = await scene.violate(
        ActionKind.WARN_SENDER, ActionKind.NOTIFY_GROUP, chat=WORK_GROUP
    )
    await scene.work()
    await scene.dismiss(violation)
    await scene.work()

    recall = await scene.action(violation)

    assert recall.state is ActionState.ACCEPTED
    assert "cannot be recalled: notify_group" in recall.outcome


async def test_one_notice_too_old_does_not_hide_that_another_was_taken_back(scene: Scene) -> None:
    """The outcome tells of each, with WeCom's code."""
    boss = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader=boss)
    violation = await scene.violate(ActionKind.WARN_SENDER, ActionKind.NOTIFY_SUPERIOR)
    await scene.work()
    (warned, told) = scene.stand_in.journal.delivered(SEND)
    scene.stand_in.company.outgoing.sent[warned.answer["msgid"]].at -= 25 * 3600
    await scene.dismiss(violation)
    await scene.work()

    recall = await scene.action(violation)

    assert recall.state is ActionState.ACCEPTED
    assert recall.outcome == ("WeCom took back: notify_superior; refused (42052): warn_sender")
    assert scene.stand_in.company.outgoing.sent[told.answer["msgid"]].recalled
