"""The service as it is joined together: people, alarms and its own messages."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.rates import Comparison, Rates
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.policy.alarm import Counts
from moderator.rehearsal import callbacks
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import Settings, build_settings
from moderator.web.front import Moderator
from moderator.wecom.envelope import Envelope

OFFENCE = "买六合彩"


class Running:
    """The whole service over ASGI, its lifespan begun."""

    def __init__(self, settings: Settings, app: Moderator, http: httpx.AsyncClient) -> None:
        self.settings = settings
        self.app = app
        self.http = http
        self._msgid = 0

    async def event(self, **fields: Any) -> int:
        head = self._head("sys")
        return await self._post(callbacks.event(head, "change_contact", fields))

    async def say(self, sender: str, content: str) -> int:
        self._msgid += 1
        return await self._post(callbacks.text(self._head(sender), self._msgid, content))

    async def part(self, name: str) -> Any:
        return (await self.http.get("/healthz")).json()["parts"][name]

    def _head(self, sender: str) -> callbacks.Head:
        agent = self.settings.wecom.apps[MODERATION_APP].agent_id
        corp = self.settings.wecom.corp_id
        at = int(datetime.now(UTC).timestamp())
        return callbacks.Head(corp=corp, sender=sender, at=at, agent_id=agent)

    async def _post(self, plain: bytes) -> int:
        app = self.settings.wecom.apps[MODERATION_APP]
        envelope = Envelope(
            token=app.token.get_secret_value(),
            encoding_aes_key=app.encoding_aes_key.get_secret_value(),
            receive_id=self.settings.wecom.corp_id,
        )
        sealed = envelope.seal(plain, timestamp="1790000000", nonce=secrets.token_hex(5))
        query = {
            "msg_signature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        path = f"/wecom/callback/{MODERATION_APP}"
        return (await self.http.post(path, params=query, content=sealed.body)).status_code


@pytest.fixture
def stand_in() -> StandIn:
    return create_stand_in(invent_world(people=80))


@pytest.fixture
async def running(
    stand_in: StandIn, database_url: str, database: Engine, small_rules: SmallRules
) -> AsyncIterator[Running]:
    async with serving(stand_in) as wecom:
        values = settings_of(stand_in.company.world, api_url=wecom, database_url=database_url)
        values["rules"] = {"directory": str(small_rules.folder)}
        values["alarms"] = {"every": "PT1S"}
        values["silence"] = {"every": "PT1S"}
        settings = build_settings(values)
        app = create_app(settings, database)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://test") as http,
        ):
            assert isinstance(app, Moderator)
            yield Running(settings, app, http)


async def test_a_change_of_the_directory_is_applied(running: Running, database: Engine) -> None:
    """From the callback to the table, answered 200."""
    status = await running.event(ChangeType="create_user", UserID="XinRen", Name="新人")

    known = await People(database).find(running.settings.wecom.corp_id, "xinren")
    assert (status, known and known.entry.name) == (200, "新人")


async def test_missing_permission_is_shown_and_blocks_nothing(
    running: Running, stand_in: StandIn
) -> None:
    """The record is made; /healthz says what cannot be looked up and why."""
    stand_in.fail("user/get", errcode=48002)
    sender = stand_in.company.people()[5].userid

    assert await running.say(sender, OFFENCE) == 200
    part = await running.part("people")
    async with asyncio.timeout(30):
        while part["condition"] == "ok":
            part = await running.part("people")

    assert part["condition"] == "degraded"
    assert "48002" in part["reason"]


async def test_messages_are_counted_for_the_alarm(running: Running, database: Engine) -> None:
    """Clean ones as messages, offences as people hit; kept when the service ends."""
    await running.say("a", "今天下午三点开会")
    await running.say("b", OFFENCE)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    compared: list[Comparison] = []
    async with asyncio.timeout(30):
        while not compared:
            compared = await Rates(database).compare(since=hour - timedelta(hours=1), oldest=hour)

    assert {found.now for found in compared} == {Counts(hits=1, messages=2)}


async def test_an_open_alarm_is_shown(running: Running, database: Engine) -> None:
    """The part says which rules are held and how to clear them."""
    now = datetime.now(UTC)
    counts = Counts(hits=30, messages=100)
    found = Comparison(rule="invoices", since=now, now=counts, usual=Counts(hits=0, messages=9999))
    await Alarms(database).raise_(found, 1e-9, detail="", now=now)

    part = await running.part("alarms")

    assert (part["condition"], part["facts"]["rules"]) == ("degraded", ["invoices"])


async def test_what_an_app_hears_is_told_to_ops(running: Running) -> None:
    """The last message's time, on the health page and for Prometheus, and a token's."""
    await running.say("a", "今天下午三点开会")
    shown = ""
    async with asyncio.timeout(30):
        while "moderator_last_message_timestamp_seconds{" not in shown:
            shown = (await running.http.get("/metrics")).text
            await asyncio.sleep(0)  # nothing in between waits for anything

    part = await running.part("silence")
    assert part["condition"] == "ok"
    assert part["facts"][MODERATION_APP]["unusual_after_seconds"] is None
    assert f'moderator_silent{{app="{MODERATION_APP}"}} 0.0' in shown
