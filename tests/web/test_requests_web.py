"""The API by which a reader of the archive, or a person, settles requests."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from tests.web.conftest import TOKEN, Desk

from moderator.domain.decision import ActionKind
from moderator.domain.message import Source
from moderator.ledger.actions.requests import Requests
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.problems import install_problems
from moderator.web.requests import requests_router

POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=180),
            rungs=(Rung(at=1, actions=(ActionKind.ASK_RECALL,)),),
        ),
    )
)


@pytest.fixture
async def counter(database: Engine) -> AsyncIterator[Desk]:
    """The routes of requests alone, asked by Alice."""
    app = FastAPI()
    install_problems(app)
    access = Access(ApiSettings.model_validate({"tokens": {"alice": TOKEN}}))
    app.include_router(requests_router(Requests(database), access, corp="ww1"))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Desk(database, client, Violations(database, EvidenceCipher([bytes(32)])))


async def asked(counter: Desk, message_id: str = "m1") -> int:
    """The id of a request to recall a message of the archive."""
    violation = await counter.record(policy=POLICY, source=Source.ARCHIVE, message_id=message_id)
    record = await counter.violations.one(violation)
    return record.actions[-1].id


async def test_a_recall_in_the_archive_settles_the_request(counter: Desk) -> None:
    """Told by the message's id, in the name of the token's holder."""
    action = await asked(counter)

    answer = await counter.post("/recalls", {"message": "m1"})

    [settled] = answer.json()["actions"]
    assert answer.status_code == 200
    assert (settled["id"], settled["state"]) == (action, "complied")
    assert settled["history"][-1]["by"] == "alice"


async def test_a_recall_of_a_message_that_nobody_minds_is_kept(counter: Desk) -> None:
    """Most messages that people take back are no violations; telling it is no error."""
    answer = await counter.post("/recalls", {"message": "m9"})
    later = await counter.record(policy=POLICY, source=Source.ARCHIVE, message_id="m9")

    assert (answer.status_code, answer.json()) == (200, {"actions": []})
    assert await Requests(counter.recorder._engine).is_recalled(await counter.violations.one(later))


async def test_a_person_says_that_a_request_was_followed(counter: Desk) -> None:
    """With a note that stands in the record."""
    action = await asked(counter)

    answer = await counter.post(f"/actions/{action}/complied", {"note": "当面确认"})

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["outcome"]) == ("complied", "当面确认")


async def test_what_is_no_open_request_is_a_conflict(counter: Desk) -> None:
    """Whoever is second learns how it stands."""
    action = await asked(counter)
    await counter.post(f"/actions/{action}/complied", {})

    answer = await counter.post(f"/actions/{action}/complied", {})

    assert answer.status_code == 409
    assert "ask_recall, complied" in answer.text


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/recalls", {"message": ""}, 422),
        ("/recalls", {"message": "m1", "corp": "ww2"}, 422),
        ("/recalls", {"message": "a\x00b"}, 422),
        ("/actions/4711/complied", {}, 404),
    ],
)
async def test_what_makes_no_sense_is_refused(
    counter: Desk, path: str, body: dict[str, str], status: int
) -> None:
    """With a reason, and nothing written."""
    assert (await counter.post(path, body)).status_code == status


async def test_without_a_token_nothing_is_settled(counter: Desk) -> None:
    """As everywhere under /api/v1."""
    answer = await counter.post("/recalls", {"message": "m1"}, token="x" * 32)

    assert answer.status_code in {401, 403}
