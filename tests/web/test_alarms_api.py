"""Alarms over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.offences import raise_alarm
from tests.web.conftest import NOW, TOKEN

from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.rates import Comparison
from moderator.ledger.database.engine import Engine
from moderator.policy.alarm import Counts
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.alarms import alarms_router
from moderator.web.problems import install_problems


@pytest.fixture
async def alarm(database: Engine) -> int:
    """An open alarm over the rule `invoices`."""
    return (await raise_alarm(database)).id


@pytest.fixture
async def api(database: Engine) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_problems(app)
    access = Access(ApiSettings.model_validate({"tokens": {"alice": TOKEN}}))
    app.include_router(alarms_router(Alarms(database), access, clock=lambda: NOW))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        yield client


async def clear(api: httpx.AsyncClient, alarm: int, body: Any) -> httpx.Response:
    return await api.post(f"/api/v1/alarms/{alarm}/clear", json=body)


async def test_an_alarm_is_listed_with_its_figures(api: httpx.AsyncClient, alarm: int) -> None:
    """What happened beside what usually happens."""
    page = (await api.get("/api/v1/alarms")).json()

    (item,) = page["items"]
    assert (item["id"], item["rule"], item["cleared_at"]) == (alarm, "invoices", None)
    assert (item["hits"], item["messages"]) == (30, 1000)
    assert (item["usual_hits"], item["usual_messages"]) == (3, 50_000)
    assert page["next"] is None


async def test_an_alarm_is_cleared_in_the_name_of_the_holder(
    api: httpx.AsyncClient, alarm: int
) -> None:
    """With a reason; from then on only the whole list shows it."""
    answer = await clear(api, alarm, {"reason": "a campaign"})

    assert answer.status_code == 200
    assert (answer.json()["cleared_by"], answer.json()["reason"]) == ("alice", "a campaign")
    assert (await api.get("/api/v1/alarms", params={"open": True})).json()["items"] == []
    assert len((await api.get("/api/v1/alarms")).json()["items"]) == 1


async def test_who_is_second_is_told(api: httpx.AsyncClient, alarm: int) -> None:
    """A conflict names the first."""
    await clear(api, alarm, {"reason": "a campaign"})

    answer = await clear(api, alarm, {"reason": "again"})

    assert answer.status_code == 409
    assert "alice" in answer.json()["detail"]


async def test_an_unknown_alarm_is_not_found(api: httpx.AsyncClient, alarm: int) -> None:
    """404, as everywhere."""
    assert (await clear(api, alarm + 1, {"reason": "x"})).status_code == 404


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "a\0b"}, {"reason": 1}])
async def test_a_reason_is_needed(api: httpx.AsyncClient, alarm: int, body: Any) -> None:
    """Nobody lets a rule act again without saying why."""
    assert (await clear(api, alarm, body)).status_code == 422


async def test_alarms_are_not_for_everybody(api: httpx.AsyncClient, alarm: int) -> None:
    """A bearer token is needed."""
    answer = await api.get("/api/v1/alarms", headers={"Authorization": "Bearer nobody"})

    assert answer.status_code == 401


async def test_pages_follow_each_other(
    api: httpx.AsyncClient, alarm: int, database: Engine
) -> None:
    """Newest first, by cursor."""
    found = Comparison(
        rule="abuse", since=NOW, now=Counts(hits=30, messages=9), usual=Counts(hits=0, messages=9)
    )
    await Alarms(database).raise_(found, 1e-9, detail="", now=NOW)

    first = (await api.get("/api/v1/alarms", params={"limit": 1})).json()
    second = (await api.get("/api/v1/alarms", params={"cursor": first["next"]})).json()

    assert [item["rule"] for item in (*first["items"], *second["items"])] == ["abuse", "invoices"]
