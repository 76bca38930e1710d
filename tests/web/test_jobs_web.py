"""Bulk jobs and saved views over the API."""

from datetime import UTC, datetime

import pytest
from tests.web.conftest import OTHER_TOKEN, TOKEN, Desk

from moderator.domain.access import holder
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.bulk import BulkWork

NOW = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
def work(database: Engine) -> BulkWork:
    return BulkWork(database, holder, clock=lambda: NOW)


async def finish(work: BulkWork) -> None:
    while await work.step():
        pass


async def test_a_job_over_a_filter_is_done_told_and_taken_back(desk: Desk, work: BulkWork) -> None:
    """Begun with 202, watched, listed item by item, undone as a whole."""
    violations = [await desk.record() for _ in range(3)]
    order = {"kind": "dismiss", "reason": "演练", "of": {"filter": {"rule": "invoices"}}}
    begun = await desk.post("/jobs", order)
    await finish(work)
    job = begun.json()["id"]
    done = (await desk.get(f"/jobs/{job}")).json()
    items = (await desk.get(f"/jobs/{job}/items", limit=2)).json()
    rest = (await desk.get(f"/jobs/{job}/items", cursor=items["next"])).json()

    assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (202, "running", 3)
    assert (done["state"], done["counts"]["done"]) == ("done", 3)
    assert done["chosen"] == {"filter": {"rule": "invoices"}}
    assert [i["violation_id"] for i in (*items["items"], *rest["items"])] == violations
    assert await desk.listed(status="dismissed") == violations[::-1]

    undoing = await desk.post(f"/jobs/{job}/undo", {"reason": "不是演练"})
    await finish(work)
    assert (undoing.status_code, undoing.json()["undoes"]) == (202, job)
    assert await desk.listed(status="open") == violations[::-1]
    assert [j["id"] for j in (await desk.get("/jobs")).json()["items"]] == [
        undoing.json()["id"],
        job,
    ]


async def test_a_job_over_ids_holds_to_the_versions_that_were_read(
    desk: Desk, work: BulkWork
) -> None:
    """One that somebody else decided on meanwhile is told as changed."""
    first, second = await desk.record(), await desk.record()
    await desk.post(f"/violations/{first}/notes", {"text": "看", "version": 1}, OTHER_TOKEN)
    chosen = {"violations": [{"id": first, "version": 1}, {"id": second, "version": 1}]}
    begun = await desk.post("/jobs", {"kind": "confirm", "of": chosen})
    await finish(work)

    told = (await desk.get(f"/jobs/{begun.json()['id']}/items", state="changed")).json()["items"]
    assert [(item["violation_id"], item["outcome"]) for item in told] == [(first, "version 2")]
    assert await desk.listed(status="confirmed") == [second]


async def test_a_job_can_be_cancelled_and_not_undone_while_it_runs(desk: Desk) -> None:
    """409 before it has ended, 200 for the cancelling, whoever asks."""
    await desk.record()
    job = (await desk.post("/jobs", {"kind": "reopen", "of": {"filter": {}}})).json()["id"]
    refused = await desk.post(f"/jobs/{job}/undo", {})
    cancelled = await desk.post(f"/jobs/{job}/cancel", token=OTHER_TOKEN)

    assert (refused.status_code, refused.json()["error"]) == (409, "not_to_be_undone")
    assert (cancelled.json()["state"], cancelled.json()["cancelled_by"]) == ("cancelled", "bob")


@pytest.mark.parametrize(
    "order",
    [
        {"kind": "dismiss", "of": {"filter": {}}},
        {"kind": "confirm"},
        {"kind": "confirm", "of": {}},
        {"kind": "confirm", "of": {"violations": []}},
        {"kind": "confirm", "of": {"filter": {"colour": "red"}}},
        {"kind": "confirm", "of": {"filter": {"department": "1"}}},
        {"kind": "assign", "of": {"filter": {}}},
        {"kind": "undo", "of": {"filter": {}}},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(without_ledger: Desk, order: object) -> None:
    """Nothing is begun on a misspelt filter, an empty list or without a reason to dismiss."""
    assert (await without_ledger.post("/jobs", order)).status_code == 422


async def test_an_unknown_violation_begins_no_job(desk: Desk) -> None:
    """404, and no job."""
    order = {"kind": "confirm", "of": {"violations": [{"id": 404}]}}

    assert (await desk.post("/jobs", order)).status_code == 404
    assert (await desk.get("/jobs")).json()["items"] == []


async def test_views_are_saved_changed_and_deleted(desk: Desk) -> None:
    """Each under its name, each person's own."""
    saved = await desk.client.put("/api/v1/views/我的", json={"query": "assignee=alice"})
    others = await desk.client.get(
        "/api/v1/views", headers={"Authorization": f"Bearer {OTHER_TOKEN}"}
    )
    mine = (await desk.get("/views")).json()["items"]
    gone = await desk.client.delete("/api/v1/views/我的")

    assert (saved.status_code, others.json()["items"]) == (200, [])
    assert [(view["name"], view["query"]) for view in mine] == [("我的", "assignee=alice")]
    assert gone.status_code == 204
    assert (await desk.client.delete("/api/v1/views/我的")).status_code == 404
    assert TOKEN not in saved.text


async def test_a_wrong_method_is_told_the_right_ones(desk: Desk) -> None:
    """All of the path's, though each is a route of its own (RFC 9110 §15.5.6)."""
    answer = await desk.client.patch("/api/v1/views/mine", json={})

    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")


async def test_a_body_that_is_no_text_is_an_invalid_request(without_ledger: Desk) -> None:
    """The same answer as for every other body that cannot be read."""
    headers = {"Content-Type": "application/json"}
    answer = await without_ledger.client.post("/api/v1/jobs", content=b"\xff\xfe", headers=headers)

    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
