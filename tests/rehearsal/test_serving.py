"""Apps on a real port."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from moderator.rehearsal.serving import serving


async def _hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.client.host if request.client else ''}")


async def test_app_answers_on_a_free_port() -> None:
    """Two apps are served at once, each under its own address."""
    app = Starlette(routes=[Route("/", _hello)])
    async with serving(app) as one, serving(app) as two, httpx.AsyncClient() as http:
        answers = [await http.get(one), await http.get(two)]

    assert one != two
    assert [answer.text for answer in answers] == ["hello 127.0.0.1"] * 2


async def test_port_is_free_again_afterwards() -> None:
    """After the block nobody listens any more, also while a client keeps its connection open."""
    async with httpx.AsyncClient() as http:
        async with serving(Starlette(routes=[Route("/", _hello)])) as url:
            await http.get(url)
        with pytest.raises(httpx.ConnectError):
            await http.get(url)
    port = int(url.rsplit(":", 1)[1])
    async with serving(Starlette(), port=port) as again:
        assert again == url


async def test_lifespan_starts_before_and_ends_after_serving() -> None:
    """The app's lifespan surrounds the served time."""
    story: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        story.append("started")
        yield
        story.append("ended")

    async with serving(Starlette(lifespan=lifespan)):
        story.append("serving")

    assert story == ["started", "serving", "ended"]


async def test_app_that_does_not_start() -> None:
    """A lifespan that fails is an error here, not the end of the process."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if not database:
            raise ValueError("no database")
        yield

    database = ""
    with pytest.raises(RuntimeError, match="did not start"):
        async with serving(Starlette(lifespan=lifespan)):
            pass


async def test_port_in_use() -> None:
    """A port that is taken is an OSError."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        async with serving(Starlette(), port=taken.getsockname()[1]):
            pass


async def test_running_requests_are_finished() -> None:
    """A request that is being answered when serving ends still gets its answer."""
    entered = asyncio.Event()

    async def slow(_: Request) -> Response:
        entered.set()
        await asyncio.sleep(0.05)
        return PlainTextResponse("done")

    async with httpx.AsyncClient() as http:
        async with serving(Starlette(routes=[Route("/", slow)])) as url:
            asking = asyncio.create_task(http.get(url))
            await entered.wait()
        answer = await asking

    assert answer.text == "done"
