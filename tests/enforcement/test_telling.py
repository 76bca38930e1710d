"""Everybody who has to hear of a violation hears of it, or compliance hears that they did not."""

import pytest
from tests.enforcement.conftest import OFFENDING, Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.templates import TELLING
from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    FOREIGN_GROUP,
    MODERATION_APP,
    NOTICE_APP,
    WORK_GROUP,
)
from moderator.rehearsal.journal import Call
from moderator.settings import RobotSettings

SEND = "/cgi-bin/message/send"
GROUP_SEND = "/cgi-bin/appchat/send"
ROBOT_SEND = "/cgi-bin/webhook/send"


def text_of(call: Call) -> str:
    content: str = call.payload[call.payload["msgtype"]]["content"]
    return content


def use_robot(scene: Scene) -> None:
    """Give the service the key of the robot in the group that people made."""
    (robot,) = scene.stand_in.company.robots.values()
    keys = RobotSettings.model_validate({"keys": {FOREIGN_GROUP: robot.key}})
    scene.settings = scene.settings.model_copy(update={"robots": keys})
    scene.worker = scene.another_worker()


async def test_a_reminder_reaches_the_sender_and_can_be_recalled(scene: Scene) -> None:
    """It goes out in the voice of the app that the person wrote to."""
    violation = await scene.violate(ActionKind.REMIND_SENDER)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.reached == (scene.sender,)
    assert "不计为警告" in text_of(call)
    assert (await scene.action(violation)).wecom_msgid == call.answer["msgid"]


async def test_the_group_that_an_app_made_is_reminded(scene: Scene) -> None:
    """Everybody in it sees it; neither the person nor the words are named."""
    violation = await scene.violate(ActionKind.NOTIFY_GROUP, chat=WORK_GROUP)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(GROUP_SEND)

    assert call.payload["chatid"] == WORK_GROUP
    assert scene.sender not in text_of(call)
    assert "no recall is possible" in (await scene.action(violation)).outcome


async def test_another_group_is_reminded_by_its_robot(scene: Scene) -> None:
    """A robot's key opens groups that no app of ours made; it stands in no outcome."""
    use_robot(scene)
    violation = await scene.violate(ActionKind.NOTIFY_GROUP, chat=FOREIGN_GROUP)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(ROBOT_SEND)
    action = await scene.action(violation)
    (robot,) = scene.stand_in.company.robots

    assert "【群提醒】" in text_of(call)
    assert action.state is ActionState.ACCEPTED
    assert robot not in str(action)


async def test_in_a_group_out_of_reach_its_owner_is_asked_to_say_it(scene: Scene) -> None:
    """The owner that the settings name gets the word instead."""
    owner = scene.stand_in.company.groups[FOREIGN_GROUP].owner
    scene.worker = scene.another_worker(compliance={"group_owners": {FOREIGN_GROUP: owner}})
    violation = await scene.violate(ActionKind.NOTIFY_GROUP, chat=FOREIGN_GROUP)
    await scene.work()

    _, tried, followed = await scene.actions(violation)
    (call,) = scene.stand_in.journal.delivered(SEND)

    assert tried.state is ActionState.UNSUPPORTED
    assert (followed.kind, followed.state) == (
        ActionKind.NOTIFY_GROUP_OWNER,
        ActionState.ACCEPTED,
    )
    assert call.reached == (owner,)
    assert "系统无法在该群发言" in text_of(call)


async def test_a_message_to_the_app_itself_is_in_no_group(scene: Scene) -> None:
    """Nobody is told about a group that there was not."""
    violation = await scene.violate(ActionKind.NOTIFY_GROUP)
    await scene.work()

    assert (await scene.action(violation)).outcome == "the message names no group"


async def test_the_owner_of_our_own_group_is_found(scene: Scene) -> None:
    """WeCom tells who owns a group that the app made, and what it is called."""
    group = scene.stand_in.company.groups[WORK_GROUP]
    await scene.violate(ActionKind.NOTIFY_GROUP_OWNER, chat=WORK_GROUP)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.reached == (group.owner,)
    assert group.name in text_of(call)


async def test_an_owner_who_wrote_it_is_not_told_as_the_owner(scene: Scene) -> None:
    """Compliance has to see to it then."""
    owner = scene.stand_in.company.groups[WORK_GROUP].owner
    violation = await scene.violate(ActionKind.NOTIFY_GROUP_OWNER, chat=WORK_GROUP, sender=owner)
    await scene.work()

    _, tried, followed = await scene.actions(violation)
    (card,) = scene.stand_in.journal.delivered(GROUP_SEND)

    assert tried.state is ActionState.UNSUPPORTED
    assert followed.kind is ActionKind.NOTIFY_COMPLIANCE
    assert card.payload["chatid"] == COMPLIANCE_GROUP
    assert "请人工处理：告知群主" in text_of(card)


async def test_the_direct_superior_is_told(scene: Scene) -> None:
    """直属上级 as the directory has it."""
    boss = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader=boss)
    await scene.violate(ActionKind.NOTIFY_SUPERIOR)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.reached == (boss,)
    assert "请直接上级关注" in text_of(call)


async def test_without_a_superior_the_head_of_department_is_told(scene: Scene) -> None:
    """Somebody answers for the person all the same."""
    head = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader="", leads=(), departments=(22,))
    for person in scene.stand_in.company.people():
        scene.stand_in.company.change_person(person.userid, leads=())
    scene.stand_in.company.change_person(head, departments=(22,), leads=(22,))
    await scene.violate(ActionKind.NOTIFY_SUPERIOR)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.reached == (head,)


async def test_where_nobody_answers_for_a_person_compliance_is_told(scene: Scene) -> None:
    """The record says plainly that it was not done."""
    for person in scene.stand_in.company.people():
        scene.stand_in.company.change_person(person.userid, leads=(), leader="")
    violation = await scene.violate(ActionKind.NOTIFY_SUPERIOR)
    await scene.work()

    _, tried, followed = await scene.actions(violation)

    assert tried.outcome == "nobody is known as direct superior; compliance is told"
    assert (followed.kind, followed.state) == (ActionKind.NOTIFY_COMPLIANCE, ActionState.ACCEPTED)


async def test_the_settings_name_a_departments_admin(scene: Scene) -> None:
    """What the company says goes before what the directory says."""
    admin = scene.stand_in.company.people()[41].userid
    scene.stand_in.company.change_person(scene.sender, departments=(21,))
    scene.worker = scene.another_worker(compliance={"department_admins": {"2": (admin,)}})
    await scene.violate(ActionKind.NOTIFY_DEPARTMENT_ADMIN)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.reached == (admin,)
    assert "平台组" in text_of(call)


@pytest.mark.parametrize(
    ("kind", "setting", "says"),
    [
        (ActionKind.NOTIFY_CONFIDENTIALITY, "confidentiality_users", "保密事项报告"),
        (ActionKind.PROPOSE_TO_HR, "hr_users", "人事处理建议"),
    ],
)
async def test_an_office_is_told_in_the_voice_of_compliance(
    scene: Scene, kind: ActionKind, setting: str, says: str
) -> None:
    """Each of those whom the settings name, once."""
    first, second = (person.userid for person in scene.stand_in.company.people()[40:42])
    scene.worker = scene.another_worker(compliance={setting: (first, second, first.upper())})
    await scene.violate(kind, app=NOTICE_APP)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)

    assert call.app == MODERATION_APP
    assert sorted(call.reached) == sorted((first, second))
    assert says in text_of(call)


async def test_without_a_confidentiality_office_compliance_takes_its_duty(scene: Scene) -> None:
    """A report is never dropped because a setting is empty."""
    violation = await scene.violate(ActionKind.NOTIFY_CONFIDENTIALITY)
    await scene.work()

    _, tried, followed = await scene.actions(violation)

    assert tried.state is ActionState.UNSUPPORTED
    assert followed.detail == "nobody_known notify_confidentiality"


async def test_a_public_notice_goes_to_each_group_by_an_action_of_its_own(scene: Scene) -> None:
    """What was said in one group is not said there again because another one failed."""
    chats = (WORK_GROUP, COMPLIANCE_GROUP)
    scene.worker = scene.another_worker(compliance={"notice_groups": chats})
    violation = await scene.violate(ActionKind.PUBLISH_NOTICE)
    await scene.work()

    calls = scene.stand_in.journal.delivered(GROUP_SEND)
    _, *published = await scene.actions(violation)

    assert [call.payload["chatid"] for call in calls] == list(chats)
    assert {action.kind for action in published} == {ActionKind.PUBLISH_NOTICE}
    assert {action.state for action in published} == {ActionState.ACCEPTED}


async def test_without_any_group_a_public_notice_is_left_to_compliance(scene: Scene) -> None:
    """The app has nowhere to publish."""
    apps = scene.settings.wecom.apps
    for name, app in list(apps.items()):
        apps[name] = app.model_copy(update={"groups": ()})
    violation = await scene.violate(ActionKind.PUBLISH_NOTICE)
    await scene.work()

    _, tried, followed = await scene.actions(violation)

    assert tried.state is ActionState.UNSUPPORTED
    assert followed.detail == "not_done publish_notice"


async def test_no_message_of_any_kind_repeats_what_was_written(scene: Scene) -> None:
    """Every kind is sent once; the stand-in's journal holds neither text nor word."""
    use_robot(scene)
    officer = scene.stand_in.company.people()[40].userid
    scene.worker = scene.another_worker(
        compliance={"confidentiality_users": (officer,), "hr_users": (officer,)}
    )
    for chat in (WORK_GROUP, FOREIGN_GROUP):
        await scene.violate(*TELLING, chat=chat)
    await scene.work()

    payloads = [str(call.payload) for call in scene.stand_in.journal.calls()]

    assert len(scene.stand_in.journal.delivered()) > len(TELLING)
    assert not any("发票" in payload or OFFENDING in payload for payload in payloads)


async def test_our_own_notices_are_known_by_the_app_that_sends_them(scene: Scene) -> None:
    """Every message names an agent of the settings: that is how the service ignores itself."""
    await scene.violate(*TELLING, chat=WORK_GROUP)
    await scene.work()

    agents = {app.agent_id for app in scene.settings.wecom.apps.values()}
    sent = scene.stand_in.journal.calls(SEND)

    assert sent
    assert {call.payload["agentid"] for call in sent} <= agents
