"""A deployment in order, to be put out of order."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from tests.conftest import SmallRules

from moderator.cli.diagnosis.examination import examine
from moderator.cli.diagnosis.findings import Finding, Level
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import (
    FOREIGN_GROUP,
    MODERATION_APP,
    invent_world,
)
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in

Values = dict[str, Any]
Examine = Callable[..., Awaitable[list[Finding]]]


class Answering:
    """A web server that answers everything alike."""

    def __init__(self, status: int, body: bytes = b"<html>") -> None:
        self.status = status
        self.body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            start = {"type": "http.response.start", "status": self.status, "headers": []}
            await send(start)
            await send({"type": "http.response.body", "body": self.body})


@pytest.fixture
def stand_in() -> StandIn:
    world = invent_world(people=80)
    robot = replace(world.robots[0], chat=FOREIGN_GROUP)
    return create_stand_in(replace(world, robots=(robot,)))


@pytest.fixture
async def values(
    stand_in: StandIn, database_url: str, small_rules: SmallRules, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Values]:
    """Settings in which everything is right."""
    for proxy in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
        monkeypatch.delenv(proxy.lower(), raising=False)
    async with serving(stand_in) as url:
        found = settings_of(stand_in.company.world, api_url=url, database_url=database_url)
        found["rules"] = {"directory": str(small_rules.folder)}
        found["wecom"]["contacts_secret"] = stand_in.company.world.contacts_secret
        yield found


@pytest.fixture
def run(values: Values, monkeypatch: pytest.MonkeyPatch) -> Examine:
    """Examine `values` as they are now."""

    async def ran(url: str = "") -> list[Finding]:
        announce(values, monkeypatch)
        return [finding async for finding in examine(None, url=url)]

    return ran


def announce(values: Values, monkeypatch: pytest.MonkeyPatch) -> None:
    for group, value in values.items():
        monkeypatch.setenv(f"MODERATOR_{group.upper()}", json.dumps(value))


def app_of(values: Values) -> Values:
    found: Values = values["wecom"]["apps"][MODERATION_APP]
    return found


def faults(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.FAULT]


def only_fault(findings: list[Finding]) -> Finding:
    (found,) = faults(findings)
    return found


def asked(stand_in: StandIn, path: str) -> int:
    return len(stand_in.journal.calls(f"/cgi-bin/{path}"))
