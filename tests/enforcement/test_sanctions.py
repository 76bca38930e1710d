from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.enforcement.conftest import OFFENDING, Clock, Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    MODERATION_APP,
)
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn
from moderator.rehearsal.world import World
from moderator.settings import build_settings

SEND = "/cgi-bin/message/send"
GROUP_SEND = "/cgi-bin/appchat/send"


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

    assert "60111" in action.outcome
    assert (await scene.violations.one(violation)).sender_name == ""


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
