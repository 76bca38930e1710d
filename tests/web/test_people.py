"""What counts for and against a person, over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from tests.web.conftest import Desk

from moderator.domain.decision import ActionKind
from moderator.ledger.audit import Audit, AuditFilter
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.standing.merits import Merits
from moderator.policy.policy import Ladder, Offset, Policy, Rung, Unit
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.people import people_router
from moderator.web.problems import install_problems

TOKEN = "carol-" + "2c" * 20
OTHER_TOKEN = "dave-" + "3d" * 20
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=9),
            rungs=(Rung(at=1, actions=(ActionKind.WARN_SENDER,), units={"warning": 1}),),
        ),
    ),
    units={"warning": Unit(id="warning", title="警告")},
    offsets={"praise": Offset(merit="praise", title="嘉奖", of="warning")},
)


@pytest.fixture
async def client(database: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """The routes about people under the policy above, asked by Carol."""
    tokens = {"carol": TOKEN, "dave": OTHER_TOKEN}
    api = FastAPI()
    install_problems(api)
    access = Access(ApiSettings.model_validate({"tokens": tokens}))
    api.include_router(
        people_router(Merits(database), Registry(database, "ww1"), lambda: POLICY, "ww1", access)
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api, raise_app_exceptions=False),
        base_url="http://test/api/v1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as client:
        yield client


async def test_a_merit_is_recorded_in_the_name_of_the_tokens_holder(
    client: httpx.AsyncClient,
) -> None:
    """It stands in the person's standing with who recorded it and why."""
    given = {"merit": "praise", "reason": "put out a fire"}
    answer = await client.post("/people/zhangsan/merits", json=given)

    assert answer.status_code == 201
    assert (answer.json()["recorded_by"], answer.json()["count"]) == ("carol", 1)
    standing = (await client.get("/people/zhangsan/standing")).json()
    assert standing["merits"] == [answer.json()]
    assert (standing["units"], standing["strikes"]) == ({}, [])


async def test_whoever_withdraws_second_reads_who_was_first(client: httpx.AsyncClient) -> None:
    """The first reason stands."""
    given = {"merit": "praise", "reason": "r"}
    merit = (await client.post("/people/zhangsan/merits", json=given)).json()["id"]

    first = await client.post(f"/merits/{merit}/withdrawal", json={"reason": "mistake"})
    second = await client.post(
        f"/merits/{merit}/withdrawal",
        json={"reason": "again"},
        headers={"Authorization": f"Bearer {OTHER_TOKEN}"},
    )

    assert first.json() == second.json()
    assert first.json()["withdrawn_by"] == "carol"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"merit": "medal", "reason": "r"}, 409),
        ({"merit": "praise"}, 422),
        ({"merit": "praise", "reason": "  "}, 422),
        ({"merit": "praise", "reason": "r", "count": 0}, 422),
        ({"merit": "praise", "reason": "r", "by": "somebody else"}, 422),
    ],
)
async def test_what_cannot_be_a_merit_is_refused(
    client: httpx.AsyncClient, given: dict[str, object], status: int
) -> None:
    """Unknown merits, no reason, no number, and nobody else's name."""
    answer = await client.post("/people/zhangsan/merits", json=given)

    assert answer.status_code == status
    assert (await client.get("/people/zhangsan/standing")).json()["merits"] == []


async def test_without_a_token_nobody_learns_anything(client: httpx.AsyncClient) -> None:
    """Neither reading nor recording, nor withdrawing what is not there."""
    nobody = {"Authorization": ""}

    assert (await client.get("/people/a/standing", headers=nobody)).status_code == 401
    assert (await client.post("/people/a/merits", json={}, headers=nobody)).status_code == 401
    missing = await client.post("/merits/9/withdrawal", json={"reason": "r"})
    assert missing.status_code == 404


async def test_a_standing_tells_strikes_and_what_stands(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    """Each counted violation with what it gave."""
    violation = await desk.record(policy=replace(POLICY))

    standing = (await client.get("/people/zhangsan/standing")).json()

    assert standing["units"] == {"warning": 1}
    (strike,) = standing["strikes"]
    assert (strike["violation"], strike["severity"]) == (violation, "medium")
    assert strike["units"] == {"warning": 1}


async def test_whoever_reads_a_standing_is_in_the_log(
    client: httpx.AsyncClient, database: Engine
) -> None:
    """Who looked at whom, each time."""
    await client.get("/people/zhangsan/standing")

    (row,) = await Audit(database).page(AuditFilter(action="person"))
    assert (row.deed.actor, row.deed.action, row.deed.subject) == (
        "carol",
        "person.read",
        "person/zhangsan",
    )


async def test_a_violation_tells_its_units_and_its_exemption(desk: Desk) -> None:
    """What it gave, what stood before and after, and nothing recomputed yet."""
    violation = await desk.record(policy=POLICY)

    told = (await desk.get(f"/violations/{violation}")).json()

    assert told["units"] == {
        "given": {"warning": 1},
        "before": {},
        "after": {"warning": 1},
        "converted": [],
    }
    assert (told["exemption"], told["exemption_note"], told["recomputed"]) == ("", "", None)
