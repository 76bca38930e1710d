"""The canary against the whole service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderator.app import create_app
from moderator.domain import canary
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.canary import fly
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.run import Target
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import Settings, build_settings
from moderator.shipped import rules_directory

PACK = """
category: canary
severity: low
description: x
rules:
  - {id: other, description: x, words: [什么词], examples: [什么词]}
"""


@pytest.fixture
def stand_in() -> StandIn:
    return create_stand_in(invent_world(people=80))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The shipped canary and policy, without the other packs."""
    for name in ("canary.yaml", "policy.yaml"):
        (tmp_path / name).write_bytes((rules_directory() / name).read_bytes())
    return tmp_path


@asynccontextmanager
async def served(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> AsyncIterator[tuple[Settings, str]]:
    async with serving(stand_in) as wecom:
        values: dict[str, Any] = settings_of(
            stand_in.company.world, api_url=wecom, database_url=database_url
        )
        values["rules"] = {"directory": str(rules), "watch": False}
        settings = build_settings(values)
        async with serving(create_app(settings, database)) as url:
            yield settings, url


def target_of(settings: Settings, url: str) -> Target:
    token = settings.api.tokens["rehearsal"].get_secret_value()
    return Target.of(settings, url=url, app=MODERATION_APP, api_token=token)


async def test_a_canary_is_found_and_nobody_hears_of_it(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> None:
    """Recorded under its own category; nothing follows but a look at who that may be."""
    async with served(stand_in, database, database_url, rules) as (settings, url):
        flight = await fly(target_of(settings, url), api=url, within=10)
        token = settings.api.tokens["rehearsal"].get_secret_value()
        headers = {"authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as http:
            page = (await http.get("/api/v1/violations", params={"category": "canary"})).json()
            actions = (await http.get("/api/v1/actions")).json()

    assert flight.fault == ""
    assert [item["sender"] for item in page["items"]] == [canary.SENDER]
    assert {item["kind"] for item in actions["items"]} <= {"identify_sender"}
    asked = {call.path for call in stand_in.journal.calls()}
    assert asked <= {"/cgi-bin/gettoken", "/cgi-bin/user/get"}


async def test_a_canary_breaks_no_silence(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> None:
    """What we write ourselves does not show that anybody else can be heard."""
    async with served(stand_in, database, database_url, rules) as (settings, url):
        await fly(target_of(settings, url), api=url, within=10)
        async with httpx.AsyncClient(base_url=url) as http:
            shown = (await http.get("/metrics")).text

    assert 'moderator_hits_total{category="canary",rule="canary-signal"} 1.0' in shown
    assert "moderator_last_message_timestamp_seconds{" not in shown


async def test_rules_that_do_not_find_it_are_noticed(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> None:
    """Answered 200 is not enough."""
    (rules / "canary.yaml").write_text(PACK, "utf-8")
    async with served(stand_in, database, database_url, rules) as (settings, url):
        flight = await fly(target_of(settings, url), api=url, within=0.5)

    assert flight.fault == "answered 200, but not recorded as a violation"


async def test_a_service_that_is_away_is_noticed(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> None:
    """Nobody answers: that is a fault of the flight, not of the command."""
    async with served(stand_in, database, database_url, rules) as (settings, url):
        target = target_of(settings, url)

    assert (await fly(target, api=url, within=0.2)).fault == "the callback was answered not at all"


async def test_an_api_that_refuses_is_noticed(
    stand_in: StandIn, database: Engine, database_url: str, rules: Path
) -> None:
    """A wrong token proves nothing about the canary."""
    async with served(stand_in, database, database_url, rules) as (settings, url):
        target = Target.of(settings, url=url, app=MODERATION_APP, api_token="x" * 40)
        flight = await fly(target, api=url, within=0.5)

    assert flight.fault.startswith("cannot be looked up")
