"""Beyond capacity: what is accepted is answered, the rest is refused at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from moderator.intake.callback import CallbackEndpoint
from moderator.ledger.database.engine import Engine

Desk = Any  # the fixture's own class; test folders are no packages


@pytest.fixture
def narrow_desk(desk: Desk) -> Desk:
    """The address with room for two at once."""
    desk.endpoint = CallbackEndpoint(desk.reception, desk.metrics, most_at_once=2)
    return desk


@asynccontextmanager
async def full(desk: Desk, database: Engine) -> AsyncIterator[Sequence[asyncio.Task[int]]]:
    """Two violations under way that PostgreSQL keeps waiting while the block runs."""
    async with database.begin() as locking:
        await locking.script("LOCK TABLE violations IN ACCESS EXCLUSIVE MODE")
        waiting = [
            asyncio.create_task(status_of(desk, desk.text("有人买六合彩吗", msgid=number)))
            for number in (1, 2)
        ]
        async with asyncio.timeout(20):
            while desk.endpoint._room:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0)
        yield waiting


async def status_of(desk: Desk, plain: bytes) -> int:
    statuses: list[int] = []

    async def send(event: Any) -> None:
        if event["type"] == "http.response.start":
            statuses.append(event["status"])

    await desk.call(plain, send)
    return statuses[0]


async def test_what_comes_beyond_capacity_is_refused_at_once(
    narrow_desk: Desk, database: Engine
) -> None:
    """The third is 503 while the first two wait; both of these are answered 200."""
    async with full(narrow_desk, database) as waiting:
        assert await status_of(narrow_desk, narrow_desk.text("早上好", msgid=3)) == 503
        assert not any(one.done() for one in waiting)

    assert await asyncio.gather(*waiting) == [200, 200]


async def test_what_is_refused_is_not_even_read(narrow_desk: Desk, database: Engine) -> None:
    """Refusing costs neither the body nor its memory."""

    async def receive() -> Any:
        raise AssertionError("it was read")

    async def send(event: Any) -> None:
        assert event.get("status", 503) == 503

    scope = {"type": "http", "method": "POST", "path": "/wecom/callback/guard", "headers": []}
    async with full(narrow_desk, database) as waiting:
        await narrow_desk.endpoint(scope | {"query_string": b""}, receive, send)
    await asyncio.gather(*waiting)


async def test_it_recovers_by_itself(narrow_desk: Desk, database: Engine) -> None:
    """Whatever was under way leaves its room, also where it failed."""
    async with full(narrow_desk, database) as waiting:
        pass
    await asyncio.gather(*waiting)
    for number in range(3, 6):
        assert (await narrow_desk.post(b"", msg_signature="0" * 40)).status_code == 403
        assert await status_of(narrow_desk, narrow_desk.text("早上好", msgid=number)) == 200

    assert narrow_desk.counted("clean") == 3
