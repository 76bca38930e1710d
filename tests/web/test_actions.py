"""Actions over the API: found by what they are, tried again with a reason, and what holds them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.web.conftest import NOW, OTHER_TOKEN, Desk

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.limits.pauses import Cause, Pause, Pauses

WARN = ActionKind.WARN_SENDER


@pytest.fixture
async def buried(desk: Desk, database: Engine) -> list[int]:
    """Two warnings that failed, with errcode 45033 and 81013."""
    box = Outbox(database, expire_after=timedelta(days=365))
    for sender in ("wang", "li"):
        await desk.record(sender=sender)
    claimed = await box.claim(9, timedelta(minutes=1), NOW + timedelta(hours=1), kinds=[WARN])
    for errcode, action in zip((45033, 81013), claimed, strict=True):
        await box.settle(action.id, ActionState.FAILED, "no", errcode)
    return [action.id for action in claimed]


@pytest.fixture
async def pause(database: Engine) -> Pause:
    cause = Cause(app="desk", path="", credential="c", errcode=60020, reason="ip not trusted")
    return await Pauses(database).pause(cause, now=NOW, until=NOW + timedelta(minutes=1))


async def found(desk: Desk, **query: Any) -> list[int]:
    answer = await desk.get("/actions", **query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_actions_are_found_by_what_they_are(desk: Desk, buried: list[int]) -> None:
    """Kind, errcode, person and age, alone and together."""
    assert await found(desk, errcode=45033) == buried[:1]
    assert await found(desk, kind="warn_sender") == buried[::-1]
    assert await found(desk, sender="li", kind="warn_sender") == buried[1:]
    assert await found(desk, since=(NOW + timedelta(days=1)).isoformat()) == []


async def test_an_action_tells_what_it_waits_for(
    desk: Desk, database: Engine, buried: list[int], pause: Pause
) -> None:
    """Which pause, and until when at most."""
    box = Outbox(database)
    await desk.post("/actions/requeue", {"ids": buried[:1], "reason": "x", "dry_run": False})
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    (claimed,) = await box.claim(1, timedelta(minutes=1), datetime.now(UTC), kinds=[WARN])
    await box.put_off(claimed.id, until, "paused: 60020", held_by=pause.holder)

    (action,) = (await desk.get("/actions", sender="wang", kind="warn_sender")).json()["items"]
    (told,) = (await desk.get("/pauses")).json()["items"]

    assert (action["held_by"], action["outcome"]) == (pause.holder, "paused: 60020")
    assert datetime.fromisoformat(action["due_at"]) == until
    assert (told["id"], told["errcode"], told["waiting"]) == (pause.id, 60020, 1)


async def test_requeueing_only_counts_unless_told_otherwise(desk: Desk, buried: list[int]) -> None:
    """A filter that is too wide shows before it does anything."""
    answer = await desk.post("/actions/requeue", {"kind": "warn_sender", "reason": "mended"})

    assert answer.json() == {"number": 2, "dry_run": True}
    assert await found(desk, state="failed") == buried[::-1]


async def test_what_is_requeued_says_by_whom_and_why(desk: Desk, buried: list[int]) -> None:
    """In the name of the token's holder; only what fits."""
    body = {"errcode": 81013, "reason": "可见范围 mended", "dry_run": False}
    answer = await desk.post("/actions/requeue", body, OTHER_TOKEN)

    (action,) = (await desk.get("/actions", sender="li", kind="warn_sender")).json()["items"]
    last = action["history"][-1]
    assert answer.json() == {"number": 1, "dry_run": False}
    assert (action["state"], action["attempts"]) == ("queued", 0)
    assert (last["by"], last["outcome"]) == ("bob", "可见范围 mended")
    assert await found(desk, state="failed") == buried[:1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "x", "kind": "dance"},
        {"reason": "x", "state": ["gone"]},
        {"reason": "x", "ids": [0]},
        {"reason": "x", "by": "mallory"},
        {"reason": "x", "errcode": 2**31},
    ],
)
async def test_a_requeueing_that_makes_no_sense_is_refused(without_ledger: Desk, body: Any) -> None:
    """It does not even reach the ledger, and never without a reason."""
    assert (await without_ledger.post("/actions/requeue", body)).status_code == 422


async def test_a_pause_is_lifted_once_and_by_name(
    desk: Desk, database: Engine, pause: Pause
) -> None:
    """Whoever is second learns that it had ended."""
    first = await desk.post(f"/pauses/{pause.id}/lift", {"reason": "IP set"})
    second = await desk.post(f"/pauses/{pause.id}/lift", {"reason": "IP set"}, OTHER_TOKEN)
    unknown = await desk.post("/pauses/404/lift", {"reason": "IP set"})

    (kept,) = await Pauses(database).list(lifted=True)
    assert (first.status_code, second.status_code, unknown.status_code) == (200, 409, 404)
    assert (kept.lifted_by, kept.lift_reason) == ("alice", "IP set")
    assert (await desk.get("/pauses")).json() == {"items": []}


async def test_accepted_is_explained_as_wecoms_word(without_ledger: Desk) -> None:
    """Nowhere does the API call it received."""
    described = (await without_ledger.client.get("/api/openapi.json")).json()

    state = described["components"]["schemas"]["ActionDetail"]["properties"]["state"]
    assert "what WeCom answered, not what was received" in state["description"]
