"""Callbacks that are answered as they are parsed are answered as everywhere else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

import pytest
from tests.security.listening import PATH, sealed, serving

from moderator.cli.direct import DirectCallbacks
from moderator.intake.callback import BODY_LIMIT, CallbackEndpoint
from moderator.settings import Settings
from moderator.web.front import Moderator

Ask = Callable[[bytes], Awaitable[tuple[int, dict[str, str], bytes]]]


def post(address: str, body: bytes, *headers: str, version: str = "1.1") -> bytes:
    given = headers or (f"Content-Length: {len(body)}",)
    head = (f"POST {address} HTTP/{version}", "Host: moderator.test", *given)
    return "".join(f"{line}\r\n" for line in (*head, "")).encode() + body


def message(settings: Settings, content: str = "早上好", **how: Any) -> bytes:
    """A whole delivery, as WeCom sends it."""
    address, callback = sealed(settings, content, **how)
    return post(address, callback.body)


@asynccontextmanager
async def asking(port: int) -> AsyncIterator[tuple[asyncio.StreamWriter, Ask]]:
    """A connection: what is written to it, and what is answered to one request on it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes) -> tuple[int, dict[str, str], bytes]:
        writer.write(request)
        async with asyncio.timeout(10):
            status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[:-1]
            headers = dict(line.lower().split(": ", 1) for line in lines)
            body = await reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, body

    yield writer, ask
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def until_closed(port: int, request: bytes) -> bytes:
    """What comes until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(10):
            return await reader.read()
    finally:
        writer.close()


@pytest.fixture
def only_direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may take uvicorn's way."""

    def refused(*_: Any) -> None:
        raise AssertionError("not answered directly")

    monkeypatch.setattr(DirectCallbacks, "_go_usual_way", refused)


async def test_clean_messages_are_answered_directly(
    only_direct: None, service: Moderator, settings: Settings
) -> None:
    """One after the other on one connection, without an ASGI cycle."""
    async with serving(service) as (port, _), asking(port) as (_, ask):
        answers = [await ask(message(settings, number=number)) for number in range(3)]

    assert [(status, body) for status, _, body in answers] == [(200, b"")] * 3


async def test_a_direct_answer_has_the_headers_of_any_other(
    service: Moderator, settings: Settings
) -> None:
    """Security headers, date and length, whichever way it went."""
    address, callback = sealed(settings, "早上好")
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(callback.body), callback.body)
    usual = post(address, chunked, "Transfer-Encoding: chunked")
    async with serving(service) as (port, _), asking(port) as (_, ask):
        direct = await ask(message(settings, number=2))
        assert await ask(usual) == direct

    assert direct[1]["x-content-type-options"] == "nosniff"
    assert "date" in direct[1]


async def test_a_violation_is_answered_once_it_is_safe(
    only_direct: None, service: Moderator, settings: Settings
) -> None:
    """And the connection goes on as before."""
    async with serving(service) as (port, _), asking(port) as (_, ask):
        statuses = [
            (await ask(message(settings, text, number=number)))[0]
            for number, text in enumerate(("早上好", "有人买六合彩吗", "早上好"))
        ]

    counted = service.callbacks._metrics.exposition().decode()  # type: ignore[attr-defined]
    assert statuses == [200, 200, 200]
    assert 'moderator_messages_total{outcome="spooled"} 1.0' in counted
    assert 'moderator_callback_seconds_count{app="moderation"} 3.0' in counted


class Slow:
    """In the place of the endpoint's answers: each waits until it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked = asyncio.Queue[asyncio.Future[HTTPStatus]]()
        monkeypatch.setattr(CallbackEndpoint, "deliver", self._deliver)

    def _deliver(self, *_: Any) -> asyncio.Future[HTTPStatus]:
        answer: asyncio.Future[HTTPStatus] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait(answer)
        return answer


async def test_what_is_sent_meanwhile_is_answered_after_it(
    service: Moderator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else of that connection is begun before the violation is safe."""
    slow = Slow(monkeypatch)
    async with serving(service) as (port, _), asking(port) as (writer, ask):
        writer.write(message(settings))
        first = await slow.asked.get()
        writer.write(message(settings, number=2))
        await asyncio.sleep(0.05)
        assert slow.asked.empty()
        first.set_result(HTTPStatus.SERVICE_UNAVAILABLE)
        assert (await ask(b""))[0] == 503
        (await slow.asked.get()).set_result(HTTPStatus.OK)
        assert (await ask(b""))[0] == 200


async def test_who_hangs_up_meanwhile_is_not_answered(
    service: Moderator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun is finished all the same, and nobody else notices."""
    slow = Slow(monkeypatch)
    async with serving(service) as (port, server):
        async with asking(port) as (writer, _):
            writer.write(message(settings))
            answer = await slow.asked.get()
        async with asyncio.timeout(10):
            while server.server_state.connections:  # noqa: ASYNC110
                await asyncio.sleep(0)
            answer.set_result(HTTPStatus.OK)
            while server.server_state.tasks:  # noqa: ASYNC110
                await asyncio.sleep(0)


async def test_a_violation_that_waits_is_answered_before_the_end(
    service: Moderator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever shuts down waits for it; then the connection is closed."""
    slow = Slow(monkeypatch)
    async with serving(service) as (port, server):
        asked = asyncio.create_task(until_closed(port, message(settings)))
        answer = await slow.asked.get()
        (connection,) = server.server_state.connections
        connection.shutdown()
        answer.set_result(HTTPStatus.OK)
        assert (await asked).startswith(b"HTTP/1.1 200 ")


async def test_what_is_sent_at_once_is_answered_in_order(
    service: Moderator, settings: Settings
) -> None:
    """Nobody keeps the others waiting by sending many without awaiting an answer."""
    texts = enumerate(("早上好", "有人买六合彩吗", "早上好"))
    many = [message(settings, text, number=number) for number, text in texts]
    many.append(post(f"{PATH[:-1]}x?a=b", b""))
    async with serving(service) as (port, _), asking(port) as (_, ask):
        statuses = [(await ask(request))[0] for request in (b"".join(many), b"", b"", b"")]

    assert statuses == [200, 200, 200, 404]


async def test_a_delivery_may_come_in_pieces(
    only_direct: None, service: Moderator, settings: Settings
) -> None:
    """However a network cuts it."""
    whole = message(settings)
    async with serving(service) as (port, _), asking(port) as (writer, ask):
        for piece in (whole[:9], whole[9:200], whole[200:-5]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await ask(whole[-5:]))[0] == 200


async def test_refusals_are_the_usual_ones(service: Moderator) -> None:
    """No envelope, no nonce, forged, unknown app, too long, PUT, GET without a proof."""
    signed, sealed_ = "?msg_signature=0&timestamp=1&nonce=2", b"<xml><Encrypt>YQ==</Encrypt></xml>"
    too_long = f"Content-Length: {BODY_LIMIT + 1}"
    requests = (
        post(PATH + signed, b"<xml></xml>"),
        post(f"{PATH}?msg_signature=0&timestamp=1", sealed_),
        post(PATH + signed, sealed_),
        post("/wecom/callback/nobody" + signed, b"x"),
        post(PATH + signed, b"").replace(b"POST", b"PUT"),
        post(PATH + signed, b"").replace(b"POST", b"GET"),
        post(PATH + signed, b"", too_long),
    )
    async with serving(service) as (port, _), asking(port) as (_, ask):
        statuses = [(await ask(request))[0] for request in requests]

    assert statuses == [400, 400, 403, 404, 405, 400, 413]


async def test_who_wants_the_connection_closed_has_it_closed(
    service: Moderator, settings: Settings
) -> None:
    """A proxy waits for the end of the connection."""
    address, callback = sealed(settings, "早上好")
    length = f"Content-Length: {len(callback.body)}"
    asked = (
        post(address, callback.body, length, "Connection: close"),
        post(address, callback.body, length, version="1.0"),
    )
    async with serving(service) as (port, _):
        answers = [await until_closed(port, request) for request in asked]

    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


async def test_an_idle_connection_is_closed(service: Moderator, settings: Settings) -> None:
    """After uvicorn's keep-alive time, although no timer is set for each answer."""
    async with serving(service, keep_alive=0.05) as (port, _):
        answer = await until_closed(port, message(settings))

    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_a_delivery_that_has_begun_is_answered_before_the_end(
    service: Moderator, settings: Settings
) -> None:
    """WeCom may not deliver it again."""
    whole = message(settings)
    async with serving(service) as (port, server), asking(port) as (writer, ask):
        await ask(message(settings, number=2))
        writer.write(whole[:-5])
        await writer.drain()
        (connection,) = server.server_state.connections
        while connection._asked is None:  # type: ignore[union-attr]  # noqa: ASYNC110
            await asyncio.sleep(0)
        connection.shutdown()
        status, _, _ = await ask(whole[-5:])

    assert status == 200


async def test_a_bug_while_it_is_made_safe_is_a_500(
    service: Moderator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where it is met at once, and the connection goes on."""
    slow = Slow(monkeypatch)
    async with serving(service) as (port, _), asking(port) as (writer, ask):
        for _ in range(2):
            writer.write(message(settings))
            (await slow.asked.get()).set_exception(ZeroDivisionError())
            assert (await ask(b""))[0] == 500


async def test_a_bug_is_a_500(
    service: Moderator, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never the 400 that a parser makes of whatever is raised within it."""

    def broken(*_: Any) -> HTTPStatus:
        raise ZeroDivisionError

    monkeypatch.setattr(CallbackEndpoint, "deliver", broken)
    async with serving(service) as (port, _), asking(port) as (_, ask):
        assert (await ask(message(settings)))[0] == 500
