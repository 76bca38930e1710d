from typing import Any

import pytest
from tests.web.conftest import OTHER_TOKEN, Desk


async def judge(desk: Desk, violation: int, decision: str, version: int = 1) -> Any:
    body = {"decision": decision, "note": "看过了", "version": version}
    return await desk.post(f"/violations/{violation}/decision", body)


@pytest.mark.parametrize(
    ("decision", "status"), [("confirm", "confirmed"), ("dismiss", "dismissed")]
)
async def test_a_decision_is_kept_in_the_holders_name(
    desk: Desk, decision: str, status: str
) -> None:
    """Who decided what and why stands in the record from then on."""
    violation = await desk.record()

    answer = await judge(desk, violation, decision)
    told = (await desk.get(f"/violations/{violation}")).json()

    assert answer.status_code == 200
    assert (told["status"], told["judged_by"], told["judgement"]) == (status, "alice", "看过了")
    assert told["version"] == 2
    assert answer.json().items() <= told.items()


async def test_a_dismissal_gives_the_strike_back_and_cancels_what_waits(desk: Desk) -> None:
    """A false alarm neither counts nor goes on."""
    violation = await desk.record()
    await judge(desk, violation, "dismiss")
    following = await desk.record()

    told = (await desk.get(f"/violations/{violation}")).json()

    assert {action["state"] for action in told["actions"]} == {"cancelled"}
    assert (await desk.get(f"/violations/{following}")).json()["offence"] == 1


async def test_a_decision_can_be_taken_back(desk: Desk) -> None:
    """Opened again, the violation waits for a decision."""
    violation = await desk.record()
    await judge(desk, violation, "dismiss")
    answer = await judge(desk, violation, "reopen", version=2)

    assert answer.json()["status"] == "open"


async def test_a_decision_on_an_old_version_overwrites_nothing(desk: Desk) -> None:
    """Whoever is second learns who was first."""
    violation = await desk.record()
    await judge(desk, violation, "confirm")
    body = {"decision": "dismiss", "note": "误报", "version": 1}
    answer = await desk.post(f"/violations/{violation}/decision", body, OTHER_TOKEN)

    assert answer.status_code == 409
    assert answer.json()["error"] == "changed_meanwhile"
    assert "confirmed by alice" in answer.json()["detail"]
    assert (await desk.get(f"/violations/{violation}")).json()["status"] == "confirmed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "confirm"},
        {"decision": "delete", "version": 1},
        {"decision": "confirm", "version": 0},
        {"decision": "confirm", "version": 1, "note": "a\x00"},
        {"decision": "confirm", "version": 1, "note": "x" * 2001},
        {"decision": "confirm", "version": 1, "by": "mallory"},
        [],
        None,
    ],
)
async def test_a_decision_that_makes_no_sense_is_refused(without_ledger: Desk, body: Any) -> None:
    """An incomplete or unknown decision does not even reach the ledger."""
    answer = await without_ledger.post("/violations/1/decision", body)

    assert answer.status_code == 422


async def proposal_of(desk: Desk, violation: int) -> int:
    actions = (await desk.get(f"/violations/{violation}")).json()["actions"]
    return next(int(action["id"]) for action in actions if action["state"] == "proposed")


async def test_actions_are_listed_by_state(desk: Desk) -> None:
    """What waits for approval is found at once."""
    first, second = await desk.record(), await desk.record()
    expected = [await proposal_of(desk, violation) for violation in (second, first)]

    items = (await desk.get("/actions", state="proposed")).json()["items"]
    both = (await desk.get("/actions", state=["proposed", "queued"])).json()["items"]

    assert [item["id"] for item in items] == expected
    assert [item["violation_id"] for item in items] == [second, first]
    assert {item["state"] for item in both} == {"proposed", "queued"}


async def test_pages_of_actions_follow_each_other(desk: Desk) -> None:
    """The last page says that it is the last."""
    violations = [await desk.record() for _ in range(3)]
    proposals = [await proposal_of(desk, violation) for violation in violations]

    first = (await desk.get("/actions", state="proposed", limit=2)).json()
    rest = (await desk.get("/actions", state="proposed", limit=2, cursor=first["next"])).json()

    pages = [[item["id"] for item in page["items"]] for page in (first, rest)]
    assert pages == [[proposals[2], proposals[1]], [proposals[0]]]
    assert rest["next"] is None


async def test_an_approval_is_kept_in_the_holders_name(desk: Desk) -> None:
    """The proposal goes to the outbox, with the name of who let it."""
    action = await proposal_of(desk, await desk.record())

    told = (await desk.post(f"/actions/{action}/approve")).json()

    assert (told["state"], told["decided_by"]) == ("approved", "alice")
    assert told["history"][-1]["by"] == "alice"


async def test_a_refusal_keeps_its_reason(desk: Desk) -> None:
    """A proposal that is refused is cancelled, and says why."""
    action = await proposal_of(desk, await desk.record())

    told = (await desk.post(f"/actions/{action}/refuse", {"reason": "情节轻微"})).json()

    assert (told["state"], told["decided_by"]) == ("cancelled", "alice")
    assert told["decision_reason"] == "情节轻微"


@pytest.mark.parametrize("second", ["approve", "refuse"])
async def test_the_second_to_decide_learns_who_was_first(desk: Desk, second: str) -> None:
    """One decision on one proposal."""
    action = await proposal_of(desk, await desk.record())
    await desk.post(f"/actions/{action}/approve")

    answer = await desk.post(f"/actions/{action}/{second}", {}, OTHER_TOKEN)

    assert answer.status_code == 409
    assert "approved, decided by alice" in answer.json()["detail"]


async def test_what_was_never_proposed_cannot_be_approved(desk: Desk) -> None:
    """An action that is already queued needs nobody's leave."""
    actions = (await desk.get(f"/violations/{await desk.record()}")).json()["actions"]
    queued = next(action["id"] for action in actions if action["state"] == "queued")

    assert (await desk.post(f"/actions/{queued}/approve")).status_code == 409
