import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.enforcement.conftest import OFFENDING, Clock, Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    FOREIGN_GROUP,
    MODERATION_APP,
    NOTICE_APP,
    WORK_GROUP,
)
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn
from moderator.rehearsal.world import World
from moderator.settings import build_settings

SEND = "/cgi-bin/message/send"
GROUP_SEND = "/cgi-bin/appchat/send"
RECALL = "/cgi-bin/message/recall"
GROUP_UPDATE = "/cgi-bin/appchat/update"


async def test_a_warning_reaches_the_sender_once(scene: Scene) -> None:
    """One message of the app that the person wrote to, accepted under WeCom's msgid."""
    violation = await scene.violate(ActionKind.WARN_SENDER)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)
    action = await scene.action(violation)

    assert call.reached == (scene.sender,)
    assert call.app == MODERATION_APP
    assert f"记录编号 {violation}。" in call.payload["text"]["content"]
    assert (action.state, action.errcode) == (ActionState.ACCEPTED, 0)
    assert action.wecom_msgid == call.answer["msgid"]


async def test_no_notice_repeats_the_offending_words(scene: Scene) -> None:
    """Neither the warning nor the card contains what was written."""
    await scene.violate(ActionKind.WARN_SENDER, ActionKind.NOTIFY_COMPLIANCE)
    await scene.work()

    payloads = [str(call.payload) for call in scene.stand_in.journal.calls()]

    assert any("广告推销" in payload for payload in payloads)
    assert not any("发票" in payload or OFFENDING in payload for payload in payloads)


async def test_a_sender_outside_the_visible_range_makes_the_warning_fail(scene: Scene) -> None:
    """WeCom's refusal of the only receiver is kept with its code."""
    violation = await scene.violate(ActionKind.WARN_SENDER, sender="WhoIsThis")
    await scene.work()

    action = await scene.action(violation)

    assert (action.state, action.errcode, action.attempts) == (ActionState.FAILED, 81013, 1)


@asynccontextmanager
async def answering(
    database: Engine, world: World, answer: dict[str, object]
) -> AsyncIterator[Scene]:
    """A scene in which message/send always gives `answer`."""

    async def token(_request: Request) -> JSONResponse:
        return JSONResponse({"errcode": 0, "access_token": "t", "expires_in": 7200})

    async def send(_request: Request) -> JSONResponse:
        return JSONResponse({"errcode": 0, "msgid": "m", **answer})

    async def nobody(_request: Request) -> JSONResponse:
        return JSONResponse({"errcode": 60111, "errmsg": "userid not found"})

    app = Starlette(
        routes=[
            Route("/cgi-bin/gettoken", token),
            Route("/cgi-bin/user/get", nobody),
            Route(SEND, send, methods=["POST"]),
        ]
    )
    async with serving(app) as url, httpx.AsyncClient() as http:
        settings = build_settings(settings_of(world, api_url=url))
        scene = Scene(database, StandIn(world), settings, http, Clock())
        yield scene
        await scene.outbox.close()


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
async def test_a_success_that_left_the_sender_out_is_a_failure(
    database: Engine, world: World, field: str
) -> None:
    """WeCom answers 0 and names the person among those it did not send to, in lower case."""
    person = world.people[5].userid
    async with answering(database, world, {field: person.lower()}) as scene:
        violation = await scene.violate(ActionKind.WARN_SENDER)
        await scene.work()
        action = await scene.action(violation)

    assert action.state is ActionState.FAILED
    assert "visible range" in action.outcome


async def test_the_card_goes_to_the_compliance_group(scene: Scene) -> None:
    """Everyone in the group sees the record's number; the person is named."""
    violation = await scene.violate(ActionKind.NOTIFY_COMPLIANCE)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(GROUP_SEND)
    person = scene.stand_in.company.person(scene.sender)

    assert person is not None
    assert call.payload["chatid"] == COMPLIANCE_GROUP
    assert f"违规记录 {violation}" in call.payload["markdown"]["content"]
    assert f"{person.name}（{person.userid}）" in call.payload["markdown"]["content"]


async def test_without_a_group_the_card_goes_to_the_named_people(scene: Scene) -> None:
    """One message to all of them; somebody left out is told in the outcome."""
    officer = scene.stand_in.company.people()[0].userid
    scene.worker = scene.another_worker(compliance={"chat": "", "users": (officer, "LeftLongAgo")})
    violation = await scene.violate(ActionKind.NOTIFY_COMPLIANCE)
    await scene.work()

    (call,) = scene.stand_in.journal.delivered(SEND)
    action = await scene.action(violation)

    assert call.reached == (officer,)
    assert action.state is ActionState.ACCEPTED
    assert "LeftLongAgo" in action.outcome


async def test_identifying_keeps_name_and_department_with_the_record(scene: Scene) -> None:
    """The department is told from the company down."""
    scene.stand_in.company.change_person(scene.sender, departments=(21,))
    violation = await scene.violate(ActionKind.IDENTIFY_SENDER)
    await scene.work()

    record = await scene.violations.one(violation)
    person = scene.stand_in.company.person(scene.sender)

    assert person is not None
    assert record.sender_name == person.name
    assert record.sender_department == "云岭科技有限公司/研发中心/平台组"
    assert record.actions[0].state is ActionState.ACCEPTED


async def test_many_violations_ask_for_the_department_list_once(scene: Scene) -> None:
    """A storm of violations does not read the company's structure over and over."""
    for person in scene.stand_in.company.people()[:3]:
        await scene.violate(ActionKind.IDENTIFY_SENDER, sender=person.userid)
        await scene.work()

    assert len(scene.stand_in.journal.calls("/department/list")) == 1


async def test_without_permission_for_departments_the_name_is_kept_all_the_same(
    scene: Scene,
) -> None:
    """The department's id stands where its name may not be read."""
    scene.stand_in.company.change_person(scene.sender, departments=(21,))
    scene.stand_in.fail("/department/list", errcode=60011)
    violation = await scene.violate(ActionKind.IDENTIFY_SENDER)
    await scene.work()

    record = await scene.violations.one(violation)

    assert record.sender_name
    assert record.sender_department == "#21"


async def test_a_sender_who_left_cannot_be_identified_and_the_code_is_kept(scene: Scene) -> None:
    """The record stands without a name."""
    gone = scene.sender
    scene.stand_in.company.dismiss(gone)
    violation = await scene.violate(ActionKind.IDENTIFY_SENDER, sender=gone)
    await scene.work()

    action = await scene.action(violation)

    assert (action.state, action.errcode) == (ActionState.FAILED, 60111)


async def test_a_person_is_removed_from_a_group_that_the_app_made(scene: Scene) -> None:
    """The group of the message, and the person alone."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    before = scene.stand_in.company.groups[WORK_GROUP].members
    await scene.work()

    after = scene.stand_in.company.groups[WORK_GROUP].members
    action = await scene.action(violation)

    assert set(before) - set(after) == {scene.sender}
    assert action.state is ActionState.ACCEPTED
    assert action.outcome == f"removed from {WORK_GROUP}"


async def test_where_the_message_names_no_group_the_apps_own_groups_are_cleared(
    scene: Scene,
) -> None:
    """An app's callback names none; the groups of the settings are meant then."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    assert scene.sender not in scene.stand_in.company.groups[WORK_GROUP].members
    assert scene.sender in scene.stand_in.company.groups[FOREIGN_GROUP].members


async def test_a_group_of_another_app_of_ours_is_changed_by_the_app_that_made_it(
    scene: Scene,
) -> None:
    """A message seen by one app may stand in a group made by another of the settings."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, app=NOTICE_APP)
    await scene.work()

    (call,) = scene.stand_in.journal.calls(GROUP_UPDATE)

    assert (call.app, call.errcode) == (MODERATION_APP, 0)


async def test_a_removal_in_a_foreign_group_is_unsupported_and_says_why(scene: Scene) -> None:
    """WeCom lets nobody but its owner do it: never done, never failed, never tried again."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=FOREIGN_GROUP)
    await scene.work()

    action = await scene.action(violation)

    assert (action.state, action.errcode) == (ActionState.UNSUPPORTED, 86008)
    assert "owner has to remove the person" in action.outcome
    assert action.attempts == 1
    assert scene.sender in scene.stand_in.company.groups[FOREIGN_GROUP].members


async def test_a_removal_by_an_app_without_groups_is_unsupported(scene: Scene) -> None:
    """Nothing is called where there is nothing that could be called."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, app=NOTICE_APP)
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.UNSUPPORTED
    assert scene.stand_in.journal.calls(GROUP_UPDATE) == []


async def test_a_person_who_already_left_the_group_needs_no_removal(scene: Scene) -> None:
    """What was wanted is so, and the outcome says that nothing was done for it."""
    group = scene.stand_in.company.groups[WORK_GROUP]
    members = tuple(member for member in group.members if member != scene.sender)
    scene.stand_in.company.change_group(WORK_GROUP, members=members)
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.ACCEPTED
    assert action.outcome == f"not a member (any more) of {WORK_GROUP}"
    assert scene.stand_in.journal.calls(GROUP_UPDATE) == []


async def test_a_dissolved_group_needs_no_removal(scene: Scene) -> None:
    """Nobody is in a group that is no more."""
    scene.stand_in.company.change_group(WORK_GROUP, dissolved=True)
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    await scene.work()

    action = await scene.action(violation)

    assert (action.state, action.outcome) == (ActionState.ACCEPTED, f"dissolved: {WORK_GROUP}")


async def test_one_foreign_group_does_not_hide_a_removal_elsewhere(scene: Scene) -> None:
    """Where several groups are meant, the outcome tells each."""
    apps = scene.settings.wecom.apps
    changed = apps[MODERATION_APP].model_copy(update={"groups": (FOREIGN_GROUP, WORK_GROUP)})
    apps[MODERATION_APP] = changed
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.ACCEPTED
    assert f"removed from {WORK_GROUP}; not a group of this app" in action.outcome


async def test_a_foreign_group_where_the_person_may_still_be_is_not_called_done(
    scene: Scene,
) -> None:
    """Absent from our own group and out of reach in the other: a person has to act."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()
    apps = scene.settings.wecom.apps
    changed = apps[MODERATION_APP].model_copy(update={"groups": (FOREIGN_GROUP, WORK_GROUP)})
    apps[MODERATION_APP] = changed
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.UNSUPPORTED


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


async def test_an_app_that_left_the_settings_ends_its_actions_as_failed(scene: Scene) -> None:
    """An old record of an app that is no longer configured does not break the worker."""
    violation = await scene.violate(ActionKind.WARN_SENDER, app="retired")
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.FAILED
    assert "not in the settings" in action.outcome


async def test_compliance_hears_of_violations_in_an_app_that_left_the_settings(
    scene: Scene,
) -> None:
    """The card is sent by the app that speaks for compliance, whatever became of the other."""
    await scene.violate(ActionKind.NOTIFY_COMPLIANCE, app="retired")
    await scene.work()

    assert len(scene.stand_in.journal.delivered(GROUP_SEND)) == 1
