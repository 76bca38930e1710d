"""Kept-open connections for the sender."""

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from moderator.rehearsal.lanes import Lanes
from moderator.rehearsal.serving import serving


class Ports:
    """Remembers from which ports it was asked; `hold` keeps callers waiting."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.four = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        assert request.client
        self.seen.append(request.client.port)
        if len(self.seen) == 4:
            self.four.set()
        await self.hold.wait()
        await PlainTextResponse("answer")(scope, receive, send)


async def test_one_after_the_other_uses_one_connection() -> None:
    """Requests that do not overlap share a connection."""
    ports = Ports()
    async with serving(ports) as url, httpx.AsyncClient(transport=Lanes()) as http:
        answers = [(await http.get(url)).text for _ in range(5)]

    assert answers == ["answer"] * 5
    assert len(set(ports.seen)) == 1


async def test_at_the_same_time_each_has_its_own() -> None:
    """Requests that overlap have a connection each, which later ones use again."""
    ports = Ports()
    ports.hold.clear()
    async with serving(ports) as url, httpx.AsyncClient(transport=Lanes()) as http:
        asking = [asyncio.create_task(http.get(url)) for _ in range(4)]
        await ports.four.wait()
        ports.hold.set()
        await asyncio.gather(*asking)
        await http.get(url)

    assert len(set(ports.seen[:4])) == 4
    assert ports.seen[4] in ports.seen[:4]


async def test_hanging_up_leaves_the_lane_usable() -> None:
    """After a time-out the next request is answered on a new connection."""
    ports = Ports()
    ports.hold.clear()
    async with serving(ports) as url, httpx.AsyncClient(transport=Lanes()) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await http.get(url)
        ports.hold.set()
        answer = await http.get(url)

    assert answer.text == "answer"
    assert len(set(ports.seen)) == 2


async def test_cancelled_requests_block_no_lane() -> None:
    """Whenever a request is cancelled, from its first step on, later ones are answered."""
    async with serving(Ports()) as url, httpx.AsyncClient(transport=Lanes()) as http:
        for steps in range(60):
            asking = asyncio.create_task(http.get(url))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            answer = await http.get(url)

            assert answer.text == "answer"
