"""Senders who are slow on purpose, and those who do not matter because of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.security.listening import PATH, listening, sealed

from moderator.cli.slow_senders import HEAD_LIMIT, SlowSenders
from moderator.intake.callback import _LARGE, _MOST_LARGE, BODY_LIMIT
from moderator.settings import Settings
from moderator.web.front import Moderator

_SIGNED = "?msg_signature=0&timestamp=0&nonce=0"


@asynccontextmanager
async def opened(
    port: int, said: bytes, number: int = 1
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """So many connections on which the same was said; closed in the end."""
    made = [await asyncio.open_connection("127.0.0.1", port) for _ in range(number)]
    for _, writer in made:
        writer.write(said)
    await asyncio.sleep(0)
    yield [reader for reader, _ in made]
    for _, writer in made:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def cut_off(reader: asyncio.StreamReader) -> bool:
    """Whether the other side hangs up without a word, within seconds."""
    try:
        async with asyncio.timeout(5):
            return await reader.read() == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST ",
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-A: ".encode(),
        f"POST {PATH}{_SIGNED} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode(),
        b"POST /api/v1/violations/1/decision HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["nothing", "a word", "half a head", "half a callback", "half a question", "no chunk"],
)
async def test_whoever_stops_in_the_middle_is_cut_off(service: Moderator, said: bytes) -> None:
    """Silence, half a head and half a body end alike."""
    async with (
        listening(service, SlowSenders(patience=0.1)) as port,
        opened(port, said) as made,
    ):
        assert await cut_off(made[0])


async def test_one_who_is_answered_slowly_is_not_cut_off() -> None:
    """Patience is for what senders owe, never for what we do."""

    async def slow(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0.3)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    async with (
        listening(slow, SlowSenders(patience=0.05)) as port,
        httpx.AsyncClient() as http,
    ):
        assert (await http.get(f"http://127.0.0.1:{port}/")).text == "late"


async def test_a_callback_is_answered_among_a_thousand_idle_connections(
    service: Moderator, settings: Settings
) -> None:
    """They are cut off, it is not, and it waits for none of them."""
    slow = SlowSenders(patience=60.0, most=100)
    async with listening(service, slow) as port, opened(port, b"POST /", 1000) as idle:
        answer = await deliver(port, settings, "早上好")
        gone = await asyncio.gather(*map(cut_off, idle[:800]))

    assert answer.status_code == 200
    assert all(gone)


async def test_slow_bodies_take_nobodys_room(service: Moderator, settings: Settings) -> None:
    """As many half callbacks as may be under way at once, and a whole one is answered."""
    half = f"POST {PATH}{_SIGNED} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx".encode()
    slow = SlowSenders(patience=60.0, most=5000)
    async with listening(service, slow) as port, opened(port, half, 600):
        answer = await deliver(port, settings, "早上好")

    assert answer.status_code == 200


async def test_only_so_many_unfinished_bodies_may_be_large(
    service: Moderator, settings: Settings
) -> None:
    """What forgers can fill is bounded; a message of WeCom's size is answered all the same."""
    half = (
        f"POST {PATH}{_SIGNED} HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_LIMIT}\r\n\r\n".encode()
    )
    half += b"x" * (_LARGE * 3)
    slow = SlowSenders(patience=60.0, most=5000)
    async with listening(service, slow) as port, opened(port, half, _MOST_LARGE + 1) as made:
        answers = [asyncio.create_task(reader.readline()) for reader in made]
        done, waiting = await asyncio.wait(answers, timeout=5, return_when="FIRST_COMPLETED")
        answer = await deliver(port, settings, "早上好")
        for task in waiting:
            task.cancel()

    assert [task.result().split()[1] for task in done] == [b"503"]
    assert answer.status_code == 200


@pytest.mark.parametrize("name", [b"X-A: ", b"GET /"], ids=["header", "address"])
async def test_a_head_without_end_is_refused(service: Moderator, name: bytes) -> None:
    """It is not gathered in memory for as long as somebody sends it."""
    start = b"GET /livez HTTP/1.1\r\nHost: x\r\n" + name if name.startswith(b"X") else name
    head = start + b"x" * (HEAD_LIMIT * 8)
    async with listening(service, SlowSenders()) as port, opened(port, head) as made:
        assert await _ended(made[0])


async def _ended(reader: asyncio.StreamReader) -> bool:
    """Whether the other side refuses, or hangs up on what it no longer reads."""
    try:
        async with asyncio.timeout(5):
            return (await reader.read()).startswith(b"HTTP/1.1 400 ")
    except ConnectionResetError:
        return True


async def test_a_large_body_is_no_long_head(service: Moderator) -> None:
    """Only what comes before a body is bounded by the limit of heads."""
    async with listening(service, SlowSenders()) as port, httpx.AsyncClient() as http:
        url = f"http://127.0.0.1:{port}/api/v1/violations/1/decision"
        first = await http.post(url, content=b" " * (HEAD_LIMIT * 3))
        second = await http.post(url, content=b"{}")

    assert {first.status_code, second.status_code} <= {401, 422}


def test_of_too_many_the_longest_go_first() -> None:
    """A newcomer is not the one who pays."""
    slow, gone = SlowSenders(patience=100.0, most=1), list[str]()
    old, new = connection("old", gone), connection("new", gone)

    assert slow.cut_off([old], 0.0) == 0
    assert slow.cut_off([old, new], 1.0) == 1
    assert gone == ["old"]


def test_each_request_has_patience_of_its_own() -> None:
    """A connection that is kept for long is not a slow one."""
    slow, gone = SlowSenders(patience=5.0, most=9), list[str]()
    kept = connection("kept", gone)
    for second in range(60):
        kept.cycle = SimpleNamespace(response_complete=True, more_body=False)
        kept.heads += 1
        slow.cut_off([kept], float(second))

    assert gone == []


def connection(name: str, gone: list[str]) -> Any:
    transport = SimpleNamespace(abort=lambda: gone.append(name))

    class Connection:
        cycle: Any = None
        heads = 0

        def __init__(self) -> None:
            self.transport = transport

    return Connection()


async def deliver(port: int, settings: Settings, content: str) -> httpx.Response:
    address, callback = sealed(settings, content)
    async with httpx.AsyncClient() as http:
        return await http.post(f"http://127.0.0.1:{port}{address}", content=callback.body)
