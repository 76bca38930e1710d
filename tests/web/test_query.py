from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.web.conftest import CLAUSE, INVOICES, NOW, Desk

from moderator.domain.people import Department, Entry, Member
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.retention import Erasure

SECRET = "AKIA" + "Q7" * 8
KEY = replace(
    INVOICES,
    rule="aws-key",
    category="credential",
    severity=Severity.CRITICAL,
    start=5,
    end=5 + len(SECRET),
    word="",
    layers=(),
    verified=True,
    masked=True,
)


async def test_a_list_is_newest_first_and_tells_who_what_and_when(desk: Desk) -> None:
    """Each entry has what a queue shows, and none of the text."""
    first = await desk.record()
    second = await desk.record(sender="lisi")

    items = (await desk.get("/violations")).json()["items"]

    assert [item["id"] for item in items] == [second, first]
    assert items[0]["sender"] == "lisi"
    assert items[0]["category"] == "advertising"
    assert items[0]["severity"] == "medium"
    assert items[0]["offence"] == 1
    assert {action["kind"] for action in items[0]["actions"]} >= {"warn_sender"}
    assert "發票" not in str(items)


async def test_pages_follow_each_other_while_new_violations_arrive(desk: Desk) -> None:
    """Every violation that was there appears once, whatever is recorded in between."""
    ids = [await desk.record() for _ in range(5)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await desk.get("/violations", **query)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        await desk.record()

    assert seen == ids[::-1]


async def test_a_department_is_listed_with_all_below_it(desk: Desk, database: Engine) -> None:
    """By its id, as the tree stood when the violations were recorded."""
    people = People(database)
    tree = (Department(id=1), Department(id=2, parent=1), Department(id=7, parent=1))
    await people.keep_departments("ww1", tree, at=NOW)
    await people.keep("ww1", Member(userid="zhangsan", departments=(2,)), at=NOW)
    await people.keep("ww1", Member(userid="lisi", departments=(7,)), at=NOW)
    first, second = await desk.record(), await desk.record(sender="lisi")

    assert await desk.listed(department=1) == [second, first]
    assert await desk.listed(department=2) == [first]
    assert await desk.listed(department=9) == []


async def test_what_is_not_known_of_a_sender_is_said(desk: Desk) -> None:
    """The reason stands beside the empty name."""
    violation = await desk.record()
    await desk.violations.identify(violation, Entry(gaps="refused (errcode 60011)"))

    item = (await desk.get(f"/violations/{violation}")).json()

    assert (item["sender_name"], item["sender_gaps"]) == ("", "refused (errcode 60011)")


async def test_an_empty_ledger_gives_an_empty_page(desk: Desk) -> None:
    """Nothing recorded is an answer, not an error."""
    assert (await desk.get("/violations")).json() == {"items": [], "next": None}


def minutes(count: int) -> str:
    return (NOW + timedelta(minutes=count)).isoformat()


FILTERS: dict[tuple[tuple[str, str], ...], list[int]] = {
    (("sender", "lisi"),): [2],
    (("chat", "group-1"),): [3],
    (("app", "other"),): [4],
    (("category", "credential"),): [5],
    (("severity", "high"),): [5],
    (("severity", "medium"),): [5, 4, 3, 2, 1],
    (("max_severity", "medium"),): [4, 3, 2, 1],
    (("severity", "high"), ("max_severity", "high")): [],
    (("rule", "aws-key"),): [5],
    (("rule", "aws"),): [],
    (("status", "open"),): [5, 4, 3, 2, 1],
    (("status", "dismissed"),): [],
    (("sent_after", minutes(4)),): [5, 4],
    (("sent_before", minutes(2)),): [1],
    (("recorded_after", minutes(5)),): [5],
    (("recorded_before", minutes(2)),): [1],
    (("sent_after", minutes(2)), ("sent_before", minutes(4)), ("sender", "lisi")): [2],
    (("sent_after", "2026-03-02T17:34:00+08:00"),): [5, 4],
}


async def test_filters_narrow_the_list(desk: Desk) -> None:
    """Each filter alone and all together; times may carry any offset."""
    ids = [
        await desk.record(),
        await desk.record(sender="lisi"),
        await desk.record(chat="group-1"),
        await desk.record(app="other"),
        await desk.record(f"key: {SECRET}", hits=(KEY,)),
    ]

    listed = {query: await desk.listed(**dict(query)) for query in FILTERS}

    assert listed == {
        query: [ids[number - 1] for number in numbers] for query, numbers in FILTERS.items()
    }


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "many"},
        {"cursor": "abc"},
        {"cursor": "-1"},
        {"cursor": "9999999999999999999"},
        {"severity": "terrible"},
        {"status": "unknown"},
        {"sent_after": "yesterday"},
        {"sent_after": "2026-03-02T17:34:00"},
        {"sent_after": "0001-01-01T00:00:00+14:00"},
        {"sent_after": "9999-12-31T23:59:59-14:00"},
        {"sender": "a\x00b"},
        {"sender": ""},
        {"sender": "a" * 129},
        {"sendr": "lisi"},
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(desk: Desk, query: dict[str, Any]) -> None:
    """A misspelt or impossible filter never lists something else instead."""
    answer = await desk.get("/violations", **query)

    assert answer.status_code == 422
    assert answer.json()["error"] == "invalid_request"


async def test_one_violation_is_explained(desk: Desk) -> None:
    """What matched, where and folded how, which rule, clause and rulebook, and what followed."""
    violation = await desk.record()
    await desk.unmask(violation)

    told = (await desk.get(f"/violations/{violation}")).json()
    (hit,) = told["hits"]

    assert told["texts"] == [{"name": "Content", "text": "低价代開發票请联系"}]
    assert (hit["rule"], hit["version"], hit["word"]) == ("invoices", "v1", "代开发票")
    assert (hit["field"], hit["start"], hit["end"]) == ("Content", 2, 6)
    assert hit["layers"] == ["traditional"]
    assert hit["excerpt"] == "低价代開發票请联系"
    assert told["rulebook"] == "book-1"
    assert told["step"]
    assert told["clauses"][0]["text"] == CLAUSE.text
    assert told["clauses"][0]["number"] == CLAUSE.number
    states = {action["kind"]: action["state"] for action in told["actions"]}
    assert states["warn_sender"] == "queued"
    assert states["remove_from_group"] == "proposed"
    assert told["actions"][0]["reason"]


async def test_an_excerpt_shows_a_hit_with_a_little_around_it(desk: Desk) -> None:
    """In a long message the hit is found without reading all of it."""
    text = "前" * 100 + "代開發票" + "后" * 100
    violation = await desk.record(text, hits=(replace(INVOICES, start=100, end=104),))
    await desk.unmask(violation)

    (hit,) = (await desk.get(f"/violations/{violation}")).json()["hits"]

    assert hit["excerpt"] == "…" + "前" * 12 + "代開發票" + "后" * 12 + "…"


async def test_a_secret_is_nowhere_in_the_explanation(desk: Desk) -> None:
    """Only what may be shown of it, its verdict and its fingerprint."""
    violation = await desk.record(f"key: {SECRET}", hits=(KEY,))
    await desk.unmask(violation)

    answer = await desk.get(f"/violations/{violation}")
    (hit,) = answer.json()["hits"]

    assert SECRET not in answer.text
    assert SECRET[:12] not in answer.text
    assert (hit["masked"], hit["verified"]) == (True, True)
    assert len(hit["fingerprint"]) == 64


async def test_erased_evidence_leaves_the_rest_of_the_explanation(desk: Desk) -> None:
    """When the text's time is over, rule and clause still stand, without word or excerpt."""
    violation = await desk.record()
    await desk.unmask(violation)
    await Erasure(desk.violations._engine).erase_expired(NOW + timedelta(days=10_000))

    told = (await desk.get(f"/violations/{violation}")).json()

    assert (told["evidence"], told["texts"]) == ("erased", [])
    assert told["hits"][0]["rule"] == "invoices"
    assert (told["hits"][0]["word"], told["hits"][0]["excerpt"]) == ("", "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/violations/4711"),
        ("POST", "/violations/4711/decision"),
        ("POST", "/actions/4711/approve"),
        ("POST", "/actions/4711/refuse"),
    ],
)
async def test_what_does_not_exist_is_not_found(desk: Desk, method: str, path: str) -> None:
    """An id that nothing has: 404 in the one shape."""
    body = {"decision": "confirm", "version": 1} if path.endswith("decision") else {}
    answer = await desk.client.request(method, f"/api/v1{path}", json=body)

    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


async def test_a_misspelt_filter_is_named(without_ledger: Desk) -> None:
    """The complaint says which parameter it does not know."""
    answer = await without_ledger.get("/violations", sendr="lisi")

    assert answer.json()["detail"].startswith("query.sendr: ")


async def test_a_text_that_is_no_unicode_is_refused(without_ledger: Desk) -> None:
    """Half a surrogate pair in JSON cannot be stored and does not break anything."""
    answer = await without_ledger.client.post(
        "/api/v1/violations/1/decision",
        content=b'{"decision": "confirm", "version": 1, "note": "\\ud800"}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775808", "1e3", "abc"])
async def test_an_impossible_id_is_refused(without_ledger: Desk, number: str) -> None:
    """What PostgreSQL could not even compare never reaches it."""
    assert (await without_ledger.get(f"/violations/{number}")).status_code == 422


async def test_without_a_ledger_the_answer_is_503(without_ledger: Desk) -> None:
    """A database that is away is told in the one shape, without its address."""
    answer = await without_ledger.get("/violations")

    assert answer.status_code == 503
    assert answer.json()["error"] == "ledger_unavailable"
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/violations"),
        ("GET", "/violations/1"),
        ("POST", "/violations/1/decision"),
        ("GET", "/actions"),
        ("POST", "/actions/1/approve"),
        ("POST", "/actions/1/refuse"),
    ],
)
async def test_every_route_asks_for_a_token(without_ledger: Desk, method: str, path: str) -> None:
    """Nothing of the API is open."""
    answer = await without_ledger.client.request(
        method, f"/api/v1{path}", headers={"Authorization": "Bearer nobody"}
    )

    assert answer.status_code == 401


async def test_the_description_names_every_route_and_its_errors(without_ledger: Desk) -> None:
    """OpenAPI tells the one error shape for whatever can go wrong, but a lost update."""
    described = (await without_ledger.client.get("/api/openapi.json")).json()

    assert set(described["paths"]) >= {
        "/api/v1/violations",
        "/api/v1/violations/count",
        "/api/v1/violations/{violation_id}",
        "/api/v1/violations/{violation_id}/decision",
        "/api/v1/violations/{violation_id}/unmaskings",
        "/api/v1/unmaskings",
        "/api/v1/unmaskings/{unmasking_id}/grant",
        "/api/v1/unmaskings/{unmasking_id}/refuse",
        "/api/v1/actions",
        "/api/v1/actions/{action_id}/approve",
        "/api/v1/actions/{action_id}/refuse",
        "/api/v1/actions/requeue",
        "/api/v1/pauses",
        "/api/v1/pauses/{pause_id}/lift",
    }
    problem = {"$ref": "#/components/schemas/Problem"}
    for path in described["paths"].values():
        for operation in path.values():
            errors = {code: told for code, told in operation["responses"].items() if code[0] != "2"}
            assert {"401", "403", "422", "503"} <= set(errors)
            errors.pop("409", None)  # tells what the record is now, where somebody was faster
            for told in errors.values():
                assert told["content"]["application/json"]["schema"] == problem
            assert operation["security"]
