"""People are asked to do what WeCom lets no app do; whether they did is looked at, and said."""

from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.message import Source
from moderator.ledger.records import ActionRecord
from moderator.rehearsal.invention import FOREIGN_GROUP, WORK_GROUP

SEND = "/cgi-bin/message/send"
TEN_MINUTES = 601.0


async def request_of(scene: Scene, violation: int) -> ActionRecord:
    actions = await scene.actions(violation)
    return next(action for action in actions if action.kind is ActionKind.ASK_RECALL)


async def test_the_sender_is_asked_and_has_time_to_comply(scene: Scene) -> None:
    """The request is accepted, which is not complied; the time for a look at it is set."""
    violation = await scene.violate(ActionKind.ASK_RECALL)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)
    request = await request_of(scene, violation)

    assert call.reached == (scene.sender,)
    assert "10 分钟内撤回" in call.payload["text"]["content"]
    assert request.state is ActionState.ACCEPTED
    assert request.check_at == scene.clock() + timedelta(minutes=10)


async def test_a_recall_told_in_time_settles_the_request(scene: Scene) -> None:
    """The archive's `revoke` names the message; nobody else is told."""
    violation = await scene.violate(ActionKind.ASK_RECALL, source=Source.ARCHIVE)
    await scene.work()
    record = await scene.violations.one(violation)
    await scene.requests.recalled(record.corp, record.message_id, by="archive", now=scene.clock())
    await scene.work_after(TEN_MINUTES)

    request = await request_of(scene, violation)

    assert request.state is ActionState.COMPLIED
    assert request.outcome == "the message was taken back"
    assert len(await scene.actions(violation)) == 2


async def test_a_message_taken_back_before_anybody_asked_needs_no_request(scene: Scene) -> None:
    """The archive may tell of the recall before the request is sent."""
    violation = await scene.violate(ActionKind.ASK_RECALL, source=Source.ARCHIVE)
    scene.record_only = True
    record = await scene.violations.one(violation)
    await scene.requests.recalled(record.corp, record.message_id, by="archive", now=scene.clock())
    scene.record_only = False
    await scene.work()

    assert (await request_of(scene, violation)).state is ActionState.COMPLIED
    assert scene.stand_in.journal.calls(SEND) == []


async def test_a_recall_told_before_the_violation_was_recorded_counts(scene: Scene) -> None:
    """Message and recall may come out of the archive in one batch."""
    await scene.requests.recalled(
        scene.settings.wecom.corp_id, "1", by="archive", now=scene.clock()
    )
    violation = await scene.violate(ActionKind.ASK_RECALL, source=Source.ARCHIVE)
    await scene.work()

    assert (await scene.violations.one(violation)).message_id == "1"
    assert (await request_of(scene, violation)).state is ActionState.COMPLIED


async def test_where_no_recall_was_seen_superior_and_compliance_hear_of_it(scene: Scene) -> None:
    """The request stays what it was, accepted; what followed stands beside it."""
    boss = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader=boss)
    violation = await scene.violate(ActionKind.ASK_RECALL)
    await scene.work()
    await scene.work_after(TEN_MINUTES)

    _, request, *followed = await scene.actions(violation)
    told = scene.stand_in.journal.delivered(SEND)[-1]

    assert request.state is ActionState.ACCEPTED
    assert "no recall was seen within 10 minutes" in request.outcome
    assert [action.kind for action in followed] == [
        ActionKind.NOTIFY_SUPERIOR,
        ActionKind.NOTIFY_COMPLIANCE,
    ]
    assert told.reached == (boss,)
    assert "10 分钟内未见撤回" in told.payload["text"]["content"]


async def test_nobody_is_asked_or_told_twice(scene: Scene) -> None:
    """A second look is the last one."""
    violation = await scene.violate(ActionKind.ASK_RECALL)
    await scene.work()
    await scene.work_after(TEN_MINUTES)
    told = len(scene.stand_in.journal.calls(SEND))
    await scene.work_after(TEN_MINUTES)

    assert len(scene.stand_in.journal.calls(SEND)) == told
    assert len(await scene.actions(violation)) == 4


async def test_a_secret_is_reported_to_the_confidentiality_office(scene: Scene) -> None:
    """提醒撤回并向本单位保密工作机构报告."""
    officer = scene.stand_in.company.people()[40].userid
    scene.worker = scene.another_worker(compliance={"confidentiality_users": (officer,)})
    violation = await scene.violate(ActionKind.ASK_RECALL, category="confidential")
    await scene.work()
    await scene.work_after(TEN_MINUTES)

    kinds = [action.kind for action in await scene.actions(violation)]

    assert kinds[2:] == [ActionKind.NOTIFY_SUPERIOR, ActionKind.NOTIFY_CONFIDENTIALITY]


async def test_the_policy_says_who_hears_when_no_recall_is_seen(scene: Scene) -> None:
    """The detail of the request names the kinds; nothing else follows."""
    violation = await scene.violate(ActionKind.ASK_RECALL, detail="notify_department_admin")
    await scene.work()
    await scene.work_after(TEN_MINUTES)

    _, _, followed, *_ = await scene.actions(violation)

    assert followed.kind is ActionKind.NOTIFY_DEPARTMENT_ADMIN


async def test_a_recall_told_late_still_settles_the_request_and_spares_the_rest(
    scene: Scene,
) -> None:
    """Whoever was not told yet is not told any more."""
    violation = await scene.violate(ActionKind.ASK_RECALL, source=Source.ARCHIVE)
    await scene.work()
    record = await scene.violations.one(violation)
    scene.clock.forward(seconds=TEN_MINUTES)
    await scene.worker.work_once()
    await scene.requests.recalled(record.corp, record.message_id, by="archive", now=scene.clock())
    await scene.work()

    _, request, superior, *_ = await scene.actions(violation)

    assert request.state is ActionState.COMPLIED
    assert superior.state is ActionState.CANCELLED


async def test_a_sender_who_cannot_be_asked_is_reported_at_once(scene: Scene) -> None:
    """There is nothing to wait for where WeCom leaves the person out."""
    scene.stand_in.company.change_app("moderation", visible_departments=(6,))
    scene.stand_in.company.change_person(scene.sender, departments=(2,))
    violation = await scene.violate(ActionKind.ASK_RECALL)
    await scene.work()

    _, request, superior, *_ = await scene.actions(violation)

    assert (request.state, request.errcode) == (ActionState.FAILED, 81013)
    assert (superior.kind, superior.detail) == (ActionKind.NOTIFY_SUPERIOR, "recall_not_seen")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (ActionKind.ASK_OWNER_TO_REMOVE, "待办：请移出群聊"),
        (ActionKind.ASK_OWNER_TO_MUTE, "待办：请禁言"),
    ],
)
async def test_the_owner_of_a_group_gets_a_task(scene: Scene, kind: ActionKind, says: str) -> None:
    """By userid, from the app that speaks for compliance; done is for a person to say."""
    group = scene.stand_in.company.groups[WORK_GROUP]
    violation = await scene.violate(kind, chat=WORK_GROUP)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)
    before = await scene.action(violation)
    resolved = await scene.requests.complied(before.id, by="bob", note="已移出")
    after = await scene.action(violation)

    assert call.reached == (group.owner,)
    assert says in call.payload["text"]["content"]
    assert resolved.applied
    assert (before.state, after.state) == (ActionState.ACCEPTED, ActionState.COMPLIED)
    assert (after.history[-1].by, after.outcome) == ("bob", "已移出")


async def test_a_group_whose_owner_nobody_knows_is_left_to_compliance(scene: Scene) -> None:
    """WeCom tells no app who owns a group that people made."""
    violation = await scene.violate(ActionKind.ASK_OWNER_TO_MUTE, chat=FOREIGN_GROUP)
    await scene.work()

    _, asked, followed = await scene.actions(violation)

    assert asked.state is ActionState.UNSUPPORTED
    assert followed.detail == "nobody_known ask_owner_to_mute"


async def test_without_a_group_nobody_can_be_muted_in_it(scene: Scene) -> None:
    """A message to the app stands in no group."""
    violation = await scene.violate(ActionKind.ASK_OWNER_TO_MUTE)
    await scene.work()

    _, asked, followed = await scene.actions(violation)

    assert "names no group" in asked.outcome
    assert followed.detail == "not_done ask_owner_to_mute"
