"""Everything that is decided about one violation over the API."""

from typing import Any

import pytest
from tests.web.conftest import OTHER_TOKEN, Desk, department_admin

from moderator.domain.people import Entry
from moderator.ledger.database.engine import Engine


async def do(desk: Desk, violation: int, what: str, version: int = 1, **given: Any) -> Any:
    return await desk.post(f"/violations/{violation}/{what}", {"version": version, **given})


async def test_a_case_passes_from_hand_to_hand(desk: Desk) -> None:
    """Assigned, noted, escalated: each answer is the record of then, ready for the next."""
    violation = await desk.record()
    assigned = await do(desk, violation, "assignment", assignee="bob")
    noted = await do(desk, violation, "notes", 2, text="他说是转发")
    escalated = await do(desk, violation, "escalation", 3, to="carol", reason="涉及领导")

    assert [each.status_code for each in (assigned, noted, escalated)] == [200, 201, 200]
    now = escalated.json()
    assert (now["assignee"], now["escalated_to"], now["escalation"]) == ("bob", "carol", "涉及领导")
    assert (now["status"], now["version"]) == ("open", 4)
    assert await desk.listed(assignee="bob", escalated_to="carol", status="open") == [violation]


async def test_what_is_nobodys_case_can_be_asked_for(desk: Desk) -> None:
    """An empty assignee is nobody."""
    mine, free = await desk.record(), await desk.record()
    await do(desk, mine, "assignment", assignee="alice")

    assert await desk.listed(assignee="") == [free]


async def test_the_history_of_a_case_is_told_in_order(desk: Desk) -> None:
    """Who did what, why, and what was taken back by whom."""
    violation = await desk.record()
    await do(desk, violation, "decision", decision="dismiss", note="引用")
    await do(desk, violation, "undo", 2)
    await do(desk, violation, "notes", 3, text="再看")

    items = (await desk.get(f"/violations/{violation}/decisions")).json()["items"]
    told = [(item["kind"], item["actor"], item["reason"], item["version"]) for item in items]
    assert told == [
        ("dismissed", "alice", "引用", 2),
        ("undone", "alice", "", 3),
        ("noted", "alice", "再看", 4),
    ]
    assert items[1]["undoes"] == items[0]["id"]


async def test_whoever_is_second_gets_the_record_as_it_is(desk: Desk) -> None:
    """Every kind of decision: 409 with the current record, and nothing is overwritten."""
    violation = await desk.record()
    await do(desk, violation, "decision", decision="confirm")
    attempts = [
        await do(desk, violation, "decision", decision="dismiss", note="误报"),
        await do(desk, violation, "assignment", assignee="bob"),
        await do(desk, violation, "notes", text="x"),
        await do(desk, violation, "escalation", to="bob", reason="x"),
        await do(desk, violation, "undo"),
    ]

    assert {answer.status_code for answer in attempts} == {409}
    for answer in attempts:
        current = answer.json()["current"]
        assert (current["version"], current["status"]) == (2, "confirmed")
        assert current["judged_by"] == "alice"
    assert len((await desk.get(f"/violations/{violation}/decisions")).json()["items"]) == 1


async def test_there_may_be_nothing_to_take_back(desk: Desk) -> None:
    """A case that nobody decided on says so, under a code of its own."""
    answer = await do(desk, await desk.record(), "undo")

    assert (answer.status_code, answer.json()["error"]) == (409, "nothing_to_undo")


async def test_a_dismissal_needs_a_reason(desk: Desk) -> None:
    """Whoever gives a strike back says why."""
    violation = await desk.record()

    assert (await do(desk, violation, "decision", decision="dismiss")).status_code == 422
    assert (await do(desk, violation, "decision", decision="confirm")).status_code == 200


async def test_others_who_look_are_named(desk: Desk) -> None:
    """Bob learns that Alice is there; nobody is told of themselves."""
    violation = await desk.record()
    first = await desk.post(f"/violations/{violation}/presence")
    second = await desk.post(f"/violations/{violation}/presence", token=OTHER_TOKEN)

    assert (first.json(), second.json()) == ({"others": []}, {"others": ["alice"]})
    assert (await desk.post("/violations/404/presence")).status_code == 404


async def proposal(desk: Desk, violation: int) -> int:
    actions = (await desk.get(f"/violations/{violation}")).json()["actions"]
    return next(int(action["id"]) for action in actions if action["state"] == "proposed")


@pytest.mark.parametrize("decision", ["approve", "refuse"])
async def test_a_decision_on_an_action_can_be_taken_back(desk: Desk, decision: str) -> None:
    """As long as nobody has begun it, it is a proposal again, of nobody's deciding."""
    action = await proposal(desk, await desk.record())
    await desk.post(f"/actions/{action}/{decision}", {})
    undone = await desk.post(f"/actions/{action}/undo")

    assert undone.status_code == 200
    assert (undone.json()["state"], undone.json()["decided_by"]) == ("proposed", "")
    again = await desk.post(f"/actions/{action}/approve", token=OTHER_TOKEN)
    assert again.json()["decided_by"] == "bob"


async def test_what_a_dismissal_cancelled_is_no_refusal_to_take_back(desk: Desk) -> None:
    """It comes back with the violation, not behind its back."""
    violation = await desk.record()
    action = await proposal(desk, violation)
    await desk.post(f"/actions/{action}/refuse", {})
    await do(desk, violation, "decision", decision="dismiss", note="误报")

    answer = await desk.post(f"/actions/{action}/undo")
    assert answer.status_code == 409
    assert answer.json()["current"]["state"] == "cancelled"


async def test_approving_twice_tells_what_was_decided(desk: Desk) -> None:
    """The second one gets the action as the first one left it."""
    action = await proposal(desk, await desk.record())
    await desk.post(f"/actions/{action}/approve")
    answer = await desk.post(f"/actions/{action}/refuse", {}, OTHER_TOKEN)

    assert answer.status_code == 409
    assert answer.json()["current"]["decided_by"] == "alice"


async def test_decisions_reach_no_further_than_ones_departments(
    desk: Desk, database: Engine
) -> None:
    """The routes pass the bound on: an action of another department is not there."""
    violation = await desk.record()
    await desk.violations.identify(violation, Entry(name="张三", departments=(1, 7)))
    action = await proposal(desk, violation)
    elsewhere = await department_admin(database, 8)
    within = await department_admin(database, 7)

    posts = {
        f"/violations/{violation}/decision": {"decision": "confirm", "version": 1},
        f"/violations/{violation}/undo": {"version": 1},
        f"/violations/{violation}/assignment": {"assignee": "x", "version": 1},
        f"/violations/{violation}/notes": {"text": "x", "version": 1},
        f"/violations/{violation}/escalation": {"to": "x", "reason": "x", "version": 1},
        f"/violations/{violation}/presence": None,
        f"/actions/{action}/approve": None,
        f"/actions/{action}/refuse": {},
        f"/actions/{action}/undo": None,
    }
    found = {
        path: (await desk.post(path, body, elsewhere)).status_code for path, body in posts.items()
    }
    listed = await desk.client.get(
        f"/api/v1/violations/{violation}/decisions",
        headers={"Authorization": f"Bearer {elsewhere}"},
    )
    assert {**found, "decisions": listed.status_code} == dict.fromkeys((*posts, "decisions"), 404)
    inside = await desk.post(*next(iter(posts.items())), within)
    assert inside.status_code == 200
