"""What follows from one callback in the whole service: notices, reports, health."""

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.ledger.database.engine import create_engine
from moderator.rehearsal import callbacks
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import WORK_GROUP, invent_world
from moderator.rehearsal.run import Target
from moderator.rehearsal.sender import CallbackSender, callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import build_settings


@dataclass
class Siem:
    """Takes reports."""

    reports: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: Request) -> Response:
        self.reports.append(json.loads(await request.body()))
        self.news.set()
        return Response(status_code=202)


@dataclass
class House:
    """One service with a stand-in WeCom and a SIEM beside it."""

    stand_in: StandIn
    siem: Siem
    http: httpx.AsyncClient
    sender: CallbackSender
    head: callbacks.Head

    async def misbehave(self) -> None:
        assert (await self.sender.deliver(callbacks.text(self.head, 1, "买六合彩吗"))).answered


@pytest.fixture
async def house(database_url: str, small_rules: SmallRules) -> AsyncIterator[House]:
    notices = small_rules.folder / "notices" / "en"
    notices.mkdir(parents=True)
    (notices / "warn_sender.txt.j2").write_text("Our own words. Record {{ number }}.", "utf-8")
    (notices / "remind_sender.txt.j2").write_text("{{ evidence }}", "utf-8")
    world = invent_world()
    stand_in, siem = create_stand_in(world), Siem()
    member = next(group for group in world.groups if group.chat == WORK_GROUP).members[5]
    receiver = Starlette(routes=[Route("/reports", siem.take, methods=["POST"])])
    async with serving(stand_in) as wecom, serving(receiver) as reports:
        values = settings_of(world, api_url=wecom, database_url=database_url)
        values["rules"] = {"directory": str(small_rules.folder), "watch": False}
        values["compliance"] |= {"language": "en"}
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        values["siem"] = {"url": f"{reports}/reports", "secrets": [secret]}
        settings = build_settings(values)
        engine = create_engine(settings.database)
        async with serving(create_app(settings, engine)) as url, callback_client() as http:
            token = settings.api.tokens["rehearsal"].get_secret_value()
            target = Target.of(settings, url=url, app="moderation", api_token=token)
            head = callbacks.Head(
                corp=target.corp, sender=member, at=int(time.time()), agent_id=1000002
            )
            async with httpx.AsyncClient(base_url=url) as ops:
                sender = CallbackSender(target.callback, target.envelope, http)
                yield House(stand_in, siem, ops, sender, head)
        await engine.dispose()


async def test_every_violation_is_reported_and_warned_of_in_the_companys_words(
    house: House,
) -> None:
    """The policy does not name the report: the setting does; neither holds the words."""
    await house.misbehave()
    (warning,) = await house.stand_in.journal.wait_for("message/send", within=20)
    async with asyncio.timeout(20):
        await house.siem.news.wait()

    [report] = house.siem.reports

    assert warning.payload["text"]["content"] == "Our own words. Record 1."
    assert (report["type"], report["data"]["rulebook"] != "") == ("violation.recorded", True)
    assert report["data"]["hits"][0]["rule"] == "lottery"
    assert "六合彩" not in json.dumps(report, ensure_ascii=False)


async def test_a_notice_that_cannot_be_used_is_shown_in_the_health(house: House) -> None:
    """Ops see the file and what is wrong with it."""
    health = (await house.http.get("/healthz")).json()

    part = json.dumps(health["parts"]["notices"])

    assert "remind_sender.txt.j2: there is no evidence" in part
    assert "degraded" in part
