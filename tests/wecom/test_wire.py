"""One call: whoever gives up waiting for it leaves no connection behind."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from moderator.errors import WeComUnreachable
from moderator.rehearsal.serving import serving
from moderator.wecom.wire import Wire

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)


class Api:
    """Answers `/slow` when it is told to, `/drops` in drops for ever, and the rest at once."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.ready = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(Request(scope, receive).url.path)
        await response(scope, receive, send)

    async def _answer(self, path: str) -> Response:
        if path == "/slow":
            self.asked.set()
            await self.ready.wait()
        return StreamingResponse(self._drops()) if path == "/drops" else JSONResponse({"a": 1})

    async def _drops(self) -> AsyncIterator[bytes]:
        while not self.ready.is_set():
            yield b" "
            await asyncio.sleep(0.01)


@asynccontextmanager
async def wired(api: Api, *, timeout_ms: int) -> AsyncIterator[Wire]:
    """A wire with a single connection: one that is stuck is the end of it."""
    async with serving(api) as url, httpx.AsyncClient(limits=ONE) as http:
        wire = Wire(http, address=url, timeout=timedelta(milliseconds=timeout_ms))
        yield wire
        api.ready.set()
        await wire.close()


async def test_a_caller_that_is_cancelled_leaves_the_connection_to_the_next() -> None:
    """In the middle of a request, again and again."""
    api = Api()
    async with wired(api, timeout_ms=20_000) as wire:
        for _ in range(10):
            api.asked.clear()
            api.ready.clear()
            call = asyncio.create_task(wire.call("/slow", {}))
            await api.asked.wait()
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            api.ready.set()
            assert await wire.call("/fast", {}) == {"a": 1}


async def test_callers_that_give_up_at_any_moment_leave_no_connection_taken() -> None:
    """Also just when a connection is handed to them, which httpx alone does not survive."""
    chance = random.Random(1)
    async with wired(Api(), timeout_ms=5_000) as wire:
        for _ in range(250):
            calls = [asyncio.create_task(wire.call("/fast", {})) for _ in range(4)]
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0)
            for call in chance.sample(calls, 3):
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

        assert await wire.call("/fast", {}) == {"a": 1}


async def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    """A drop now and then keeps httpx's own read time-out from ever being reached."""
    api = Api()
    async with wired(api, timeout_ms=100) as wire:
        with pytest.raises(WeComUnreachable, match="TooSlow"):
            await wire.call("/drops", {})
        assert await wire.call("/fast", {}) == {"a": 1}


async def test_no_answer_in_time_frees_the_connection() -> None:
    """httpx's own limits end the call, and the next one gets through."""
    api = Api()
    async with wired(api, timeout_ms=100) as wire:
        with pytest.raises(WeComUnreachable, match="ReadTimeout"):
            await wire.call("/slow", {})
        assert await wire.call("/fast", {}) == {"a": 1}
