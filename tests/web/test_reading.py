"""What is asked of the ledger beside single violations, and who may see how much of it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.web.conftest import (
    INVOICES,
    NOW,
    POLICY,
    TOKEN,
    Desk,
    access_to,
    api_over,
    department_admin,
)

from moderator.domain.people import Department, Member
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.directory.people import People
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.standing.merits import Merits
from moderator.rulebook.loader import load_rulebook
from moderator.shipped import rules_directory
from moderator.web.people import people_router
from moderator.web.reading import reading_routers

CASINO = replace(INVOICES, rule="casino", category="gambling")
THEIRS, OTHERS = 2, 3


class Office:
    """Two departments with one person each; what is asked, and by whom."""

    def __init__(self, client: httpx.AsyncClient, desk: Desk, database: Engine) -> None:
        self.client = client
        self.desk = desk
        self.database = database

    async def get(self, path: str, token: str = TOKEN, **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.get(f"/api/v1{path}", params=query, headers=headers)

    async def told(self, path: str, token: str = TOKEN, **query: Any) -> Any:
        answer = await self.get(path, token, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def office(database: Engine, desk: Desk) -> AsyncIterator[Office]:
    people = People(database)
    tree = (Department(id=1), *(Department(id=id_, parent=1) for id_ in (THEIRS, OTHERS)))
    await people.keep_departments("ww1", tree, at=NOW)
    for userid, name, home in (("zhangsan", "张三", THEIRS), ("lisi", "李四", OTHERS)):
        member = Member(userid=userid, name=name, departments=(home,))
        await people.keep("ww1", member, at=NOW)
    api, access, registry = api_over(database), access_to(database), Registry(database, "ww1")
    book = load_rulebook(rules_directory())
    for router in (
        people_router(Merits(database), registry, lambda: POLICY, "ww1", access),
        *reading_routers(database, registry, lambda: book, access, clock=lambda: LATER),
    ):
        api.include_router(router)
    transport = httpx.ASGITransport(api, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Office(client, desk, database)


LATER = NOW + timedelta(days=2)


async def test_people_are_told_by_name_with_what_they_did(office: Office) -> None:
    """Who has violations, how many, how many of them are open, and where they belong."""
    await office.desk.record()
    latest = await office.desk.record()
    await office.desk.record(sender="lisi")

    told = await office.told("/people")

    assert [person["sender"] for person in told["items"]] == ["lisi", "zhangsan"]
    person = told["items"][1]
    assert person == await office.told("/people/zhangsan")
    assert (person["name"], person["strikes"], person["open"]) == ("张三", 2, 2)
    assert person["violations"] == {"number": 2, "more": False}
    sent = (await office.told(f"/violations/{latest}"))["sent_at"]
    assert person["last_sent_at"] == sent


async def test_people_are_found_by_part_of_their_name_and_by_department(office: Office) -> None:
    """In any case of letters; a department with all below it."""
    await office.desk.record()
    await office.desk.record(sender="lisi")

    async def found(**query: Any) -> list[str]:
        return [each["sender"] for each in (await office.told("/people", **query))["items"]]

    assert await found(text="张三") == ["zhangsan"]
    assert await found(text="ZHANG") == ["zhangsan"]
    assert await found(text="王五") == []
    assert await found(department=OTHERS) == ["lisi"]
    assert await found(department=1) == ["lisi", "zhangsan"]


async def test_pages_of_people_and_chats_follow_each_other(office: Office) -> None:
    """One at a time gives all of them."""
    await office.desk.record(chat="group-1")
    await office.desk.record(chat="group-2", sender="lisi")
    for path, key in (("/people", "sender"), ("/chats", "chat")):
        seen, cursor = [], None
        while True:
            page = await office.told(path, limit=1, **({"cursor": cursor} if cursor else {}))
            seen += [item[key] for item in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert seen == [item[key] for item in (await office.told(path))["items"]]
        assert len(seen) == 2


async def test_chats_tell_how_much_happened_in_them(office: Office) -> None:
    """By how many people, and when last; what was said nowhere is in no chat."""
    await office.desk.record(chat="group-1")
    await office.desk.record(chat="group-1", sender="lisi")
    await office.desk.record()

    (chat,) = (await office.told("/chats"))["items"]

    assert (chat["chat"], chat["people"], chat["open"]) == ("group-1", 2, 2)
    assert chat["violations"] == {"number": 2, "more": False}


async def test_rules_are_told_with_their_health_and_those_without_hits_too(office: Office) -> None:
    """Hits a day, what people made of them, and every rule of the book page by page."""
    first = (await office.told("/rules", limit=1))["items"][0]
    hit = replace(INVOICES, rule=first["id"])
    ids = [await office.desk.record(hits=(hit,)) for _ in range(4)]
    for id_, decision in zip(ids, ("confirm", "dismiss", "confirm"), strict=False):
        body = {"decision": decision, "version": 1, "note": "n"}
        await office.desk.post(f"/violations/{id_}/decision", body)

    (told,) = (await office.told("/rules", limit=1, days=4))["items"]
    every = [rule["id"] for rule in (await office.told("/rules", limit=200))["items"]]

    assert first["tally"]["total"] == 0
    assert first["dismissed_rate"] is None
    assert (told["tally"]["total"], told["hits_per_day"], told["alarm"]) == (4, 1.0, None)
    assert told["tally"]["confirmed_rate"] == pytest.approx(2 / 3)
    assert told["dismissed_rate"] == pytest.approx(1 / 3)
    assert every[0] == first["id"]
    assert every == sorted(every)


async def test_statistics_are_told_beside_the_period_before(office: Office) -> None:
    """Totals, how long people waited, timeline and shares of the same days."""
    id_ = await office.desk.record()
    await office.desk.record(sender="lisi", hits=(CASINO,))
    await office.desk.post(f"/violations/{id_}/decision", {"decision": "confirm", "version": 1})
    days: dict[str, Any] = {"since": "2026-03-02", "days": 2}

    summary = await office.told("/statistics/summary", **days)
    timeline = await office.told("/statistics/timeline", **days)
    shares = await office.told("/statistics/shares", by="category", **days)

    assert (summary["tally"]["total"], summary["before"]["total"]) == (2, 0)
    assert summary["tally"]["confirmed_rate"] == 1.0
    assert summary["decisions"]["number"] == 1
    assert [(day["since"], day["tally"]["total"]) for day in timeline["items"]] == [
        ("2026-03-02", 2),
        ("2026-03-03", 0),
    ]
    assert [share["key"] for share in shares["items"]] == ["advertising", "gambling"]
    assert shares["items"][0]["before"]["total"] == 0


async def test_failed_messages_are_told_without_what_they_hold(office: Office) -> None:
    """Oldest first, with the kind of fault; the body stays where it is."""
    failed = FailedMessages(office.database)
    for key in ("a", "b"):
        await failed.keep("desk", key, b"<sealed/>", "sig", "1", "nonce", "KeyError", now=NOW)

    page = await office.told("/failed-messages", limit=1)
    rest = await office.told("/failed-messages", cursor=page["next"])

    assert (page["items"][0]["reason"], page["items"][0]["app"]) == ("KeyError", "desk")
    assert len(rest["items"]) == 1
    assert "sealed" not in str(page)


async def test_a_department_admin_sees_nothing_of_others_wherever_they_look(
    office: Office, database: Engine
) -> None:
    """Another's id in the address is not found; lists, counts and statistics are without it."""
    await office.desk.record(chat="theirs")
    beyond = await office.desk.record(sender="lisi", chat="others", hits=(CASINO,))
    token = await department_admin(database, THEIRS)
    await FailedMessages(database).keep("desk", "k", b"<x/>", "s", "1", "n", "KeyError", now=NOW)

    for path in (f"/violations/{beyond}", "/people/lisi", "/people/lisi/standing"):
        assert (await office.get(path, token)).status_code == 404
        assert (await office.get(path)).status_code == 200
    for path, key, seen in (
        ("/violations", "sender", ["zhangsan"]),
        ("/people", "sender", ["zhangsan"]),
        ("/chats", "chat", ["theirs"]),
        ("/failed-messages", "id", []),
    ):
        told = await office.told(path, token)
        assert [item[key] for item in told["items"]] == seen, path
    asked: dict[str, Any] = {"department": OTHERS}
    assert (await office.told("/violations", token, **asked))["items"] == []
    assert (await office.told("/violations/count", token, **asked))["number"] == 0
    assert (await office.told("/violations/count", token, sender="lisi"))["number"] == 0
    assert (await office.told("/people", token, **asked))["items"] == []
    for by in ("category", "department", "sender", "chat", "rule"):
        shares = await office.told("/statistics/shares", token, by=by)
        assert [share["key"] for share in shares["items"]] == {
            "category": ["advertising"],
            "department": [str(THEIRS)],
            "sender": ["zhangsan"],
            "chat": ["theirs"],
            "rule": ["invoices"],
        }[by]
    assert (await office.told("/statistics/summary", token))["tally"]["total"] == 1
    assert (await office.told("/statistics/summary", token, **asked))["tally"]["total"] == 0


async def test_a_standing_shows_only_the_strikes_within_the_bound(
    office: Office, database: Engine
) -> None:
    """Somebody who moved: units are the person's, violations of elsewhere stay there."""
    await office.desk.record()
    moved = Member(userid="zhangsan", name="张三", departments=(OTHERS,))
    await People(database).keep("ww1", moved, at=NOW)
    here = await office.desk.record()
    token = await department_admin(database, OTHERS)

    told = await office.told("/people/zhangsan/standing", token)
    whole = await office.told("/people/zhangsan/standing")

    assert [strike["violation"] for strike in told["strikes"]] == [here]
    assert len(whole["strikes"]) == 2
    assert (await office.told("/people/zhangsan", token))["violations"]["number"] == 1


async def test_merits_of_others_cannot_be_given_or_withdrawn(
    office: Office, database: Engine
) -> None:
    """Neither the person nor the merit is there for them."""
    await office.desk.record(sender="lisi")
    merit = await Merits(database).record("ww1", "lisi", "praise", by="root", reason="r")
    token = await department_admin(database, THEIRS)
    headers = {"Authorization": f"Bearer {token}"}

    given = await office.client.post(
        "/api/v1/people/lisi/merits", json={"merit": "praise", "reason": "r"}, headers=headers
    )
    withdrawn = await office.client.post(
        f"/api/v1/merits/{merit.id}/withdrawal", json={"reason": "r"}, headers=headers
    )

    assert (given.status_code, withdrawn.status_code) == (404, 404)


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
async def test_days_without_violations_are_empty(office: Office, since: str) -> None:
    """However long ago or far off."""
    await office.desk.record()
    told = await office.told("/statistics/summary", since=since, days=1100)
    assert (told["tally"]["total"], told["before"]["total"]) == (0, 0)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/statistics/summary", {"days": 0}),
        ("/statistics/summary", {"days": 1101}),
        ("/statistics/summary", {"since": "yesterday"}),
        ("/statistics/shares", {}),
        ("/statistics/timeline", {"unit": "year"}),
        ("/people", {"text": "x"}),
        ("/chats", {"limit": 201}),
        ("/rules", {"days": 0}),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    office: Office, path: str, query: dict[str, Any]
) -> None:
    """Empty and endless periods, unknown units, lists longer than two hundred."""
    assert (await office.get(path, **query)).status_code == 422
