"""Lists of violations over HTTP: orders, cursors, counts."""

from typing import Any

import pytest
from tests.web.conftest import Desk

from moderator.web.cursors import LENGTH


async def test_a_list_comes_in_the_order_asked_for(desk: Desk) -> None:
    """Newest first unless said otherwise."""
    ids = [await desk.record() for _ in range(3)]

    assert await desk.listed() == ids[::-1]
    assert await desk.listed(sort="oldest") == ids
    assert await desk.listed(sort="gravest") == ids


async def test_a_cursor_belongs_to_its_list(desk: Desk) -> None:
    """With another filter or order it would skip or repeat silently: it is refused instead."""
    for _ in range(3):
        await desk.record()
    asked: dict[str, Any] = {"category": "advertising", "sort": "oldest", "limit": 1}
    cursor = (await desk.get("/violations", **asked)).json()["next"]

    again = await desk.get("/violations", **asked, cursor=cursor)
    longer = await desk.get("/violations", **asked | {"limit": 2}, cursor=cursor)
    other = [
        await desk.get("/violations", **asked | change, cursor=cursor)
        for change in ({"category": "abuse"}, {"sort": "newest"}, {"sender": "zhangsan"})
    ]

    assert (again.status_code, longer.status_code) == (200, 200)
    assert [answer.status_code for answer in other] == [404] * 3
    assert "other filters" in other[0].json()["detail"]


@pytest.mark.parametrize("cursor", [*(sign * LENGTH for sign in "x_Aé"), "1"])
async def test_what_is_no_cursor_is_refused(without_ledger: Desk, cursor: str) -> None:
    """Whatever the bytes, never an error of the service."""
    answer = await without_ledger.get("/violations", cursor=cursor)
    assert answer.status_code == (422 if cursor == "1" else 404)


async def test_violations_are_counted_up_to_a_number(desk: Desk) -> None:
    """Exactly where there are no more; else it is said that there are."""
    for _ in range(3):
        await desk.record()

    counted = [(await desk.get("/violations/count", most=most)).json() for most in (1, 3, 1000)]

    assert counted == [
        {"number": 1, "more": True},
        {"number": 3, "more": False},
        {"number": 3, "more": False},
    ]


async def test_several_statuses_and_nobodys_cases_can_be_asked_for(desk: Desk) -> None:
    """`status` may be repeated; an empty `assignee` is nobody."""
    first, second = await desk.record(), await desk.record()
    await desk.post(f"/violations/{first}/decision", {"decision": "confirm", "version": 1})

    assert await desk.listed(status=["open", "confirmed"]) == [second, first]
    assert await desk.listed(status=["confirmed"]) == [first]
    assert await desk.listed(assignee="") == [second, first]
    assert await desk.listed(assignee="wang") == []
