"""A SIEM hears of violations: signed, retried, and never a word of what was written."""

import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import get_args

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.enforcement.conftest import OFFENDING, Scene
from tests.enforcement.violations import HIT, violation

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.message import TextField
from moderator.enforcement.reporting import facts
from moderator.rehearsal.serving import serving
from moderator.settings import ReportedEvent, SiemSettings
from moderator.wecom.siem import Siem


@asynccontextmanager
async def reporting(
    scene: Scene, *statuses: int, events: tuple[str, ...] = get_args(ReportedEvent)
) -> AsyncIterator[list[tuple[str, bytes]]]:
    """Reports go to a receiver that answers with `statuses` in turn; what it received."""
    received: list[tuple[str, bytes]] = []
    left = list(statuses)

    async def take(request: Request) -> Response:
        received.append((request.headers["webhook-id"], await request.body()))
        return Response(status_code=left.pop(0) if left else 200)

    app = Starlette(routes=[Route("/", take, methods=["POST"])])
    async with serving(app) as url:
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        settings = SiemSettings.model_validate(
            {"url": f"{url}/", "secrets": (secret,), "events": events}
        )
        scene.siem = Siem(settings, scene.http, clock=scene.clock)
        scene.worker = scene.another_worker()
        yield received


async def test_a_violation_is_reported_without_what_was_written(scene: Scene) -> None:
    """Ids, rule, grade and time; no text, no word."""
    async with reporting(scene) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.work()

    [(_, body)] = received
    event = json.loads(body)

    assert event["type"] == "violation.recorded"
    assert event["data"]["violation"] == violation
    assert event["data"]["hits"][0]["rule"] == "invoices"
    assert OFFENDING not in body.decode()
    assert "发票" not in body.decode()
    assert (await scene.action(violation)).state is ActionState.ACCEPTED


async def test_a_report_that_was_not_taken_is_tried_again_under_the_same_id(scene: Scene) -> None:
    """The receiver tells a repetition by its id."""
    async with reporting(scene, 503, 500) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.work()
        for _ in range(4):
            await scene.work_after(3600)

    assert len(received) == 3
    assert len({event_id for event_id, _ in received}) == 1
    assert (await scene.action(violation)).state is ActionState.ACCEPTED


async def test_a_receiver_that_is_gone_for_good_fails_at_once(scene: Scene) -> None:
    """Nobody is asked eight times who said never to be asked again."""
    async with reporting(scene, 410) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.work()

    action = await scene.action(violation)

    assert (action.state, len(received)) == (ActionState.FAILED, 1)


async def test_a_judgement_is_reported_too(scene: Scene) -> None:
    """Whoever counts violations in the SIEM learns of the false alarms among them."""
    async with reporting(scene) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.work()
        await scene.dismiss(violation)
        await scene.work()

    events = [json.loads(body) for _, body in received]

    assert [event["type"] for event in events] == ["violation.recorded", "violation.dismissed"]
    assert len({event_id for event_id, _ in received}) == 2
    assert events[1]["data"]["status"] == "dismissed"


async def test_only_the_chosen_events_are_reported(scene: Scene) -> None:
    """The setting names them."""
    async with reporting(scene, events=("violation.dismissed",)) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.work()
        await scene.dismiss(violation)
        await scene.work()

    assert [json.loads(body)["type"] for _, body in received] == ["violation.dismissed"]


async def test_a_dismissed_violation_is_reported_as_that(scene: Scene) -> None:
    """The SIEM hears of everything, with the state that it has."""
    async with reporting(scene) as received:
        violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
        await scene.dismiss(violation)
        await scene.work()

    states = {action.kind: action.state for action in await scene.actions(violation)}

    assert states[ActionKind.REPORT_TO_SIEM] is ActionState.ACCEPTED
    assert {json.loads(body)["data"]["status"] for _, body in received} == {"dismissed"}
    assert len(received) == 2


async def test_without_a_receiver_a_report_is_cancelled(scene: Scene) -> None:
    """The setting was taken away since it was planned."""
    violation = await scene.violate(ActionKind.REPORT_TO_SIEM)
    await scene.work()

    assert (await scene.action(violation)).outcome == "siem.url is not set"


def test_not_even_the_masked_value_is_reported() -> None:
    """The keyed fingerprint is enough to tell equal values."""
    full = violation(fields=(TextField("Content", "原文原文"),))
    told = json.dumps(facts(full), ensure_ascii=False)

    assert HIT.shown not in told
    assert HIT.fingerprint in told
    assert "原文" not in told
    assert "张三" not in told
