"""WeCom's deliveries: what is sent, how often, and when it gives up."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from moderator.rehearsal.failures import BrokenConnection
from moderator.rehearsal.invention import encoding_aes_key
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.rehearsal.serving import serving
from moderator.wecom.envelope import Envelope, Form

_ENVELOPE = Envelope(token="t0ken", encoding_aes_key=encoding_aes_key(), receive_id="wwcorp")
_HASTY = Timing(patience=30.0, spacing=0.0)
_IMPATIENT = Timing(patience=1.0, spacing=0.0)


class Receiver:
    """Opens what comes and answers by a script; the last entry goes on for ever.

    A number is an HTTP status, `silent` no answer, `reset` a broken connection.
    """

    def __init__(self, script: Sequence[int | str]) -> None:
        self._script = list(script)
        self.opened: list[bytes] = []
        self.requests: list[Request] = []
        self.arrived = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        self.arrived.set()
        self.opened.append(_open(request, await request.body()))
        step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        match step:
            case int():
                return Response(status_code=step)
            case "reset":
                return BrokenConnection()
            case _:
                await request.receive()  # returns when the sender hangs up
                return Response()


def _open(request: Request, body: bytes) -> bytes:
    query = request.query_params
    return _ENVELOPE.open(
        body,
        signature=query["msg_signature"],
        timestamp=query["timestamp"],
        nonce=query["nonce"],
    )


@asynccontextmanager
async def _sending(
    receiver: Receiver, timing: Timing = _HASTY, form: Form = Form.XML
) -> AsyncIterator[CallbackSender]:
    async with serving(receiver) as url, callback_client() as http:
        yield CallbackSender(f"{url}/cb", _ENVELOPE, http, timing=timing, form=form, agent_id=7)


async def test_delivery_can_be_opened_by_its_receiver() -> None:
    """What arrives is signed and encrypted for the receiver, with the AgentID in the envelope."""
    receiver = Receiver([200])
    async with _sending(receiver) as sender:
        delivery = await sender.deliver("<xml>你好</xml>".encode())

    assert receiver.opened == ["<xml>你好</xml>".encode()]
    assert delivery.statuses == (200,)
    assert delivery.answered
    assert receiver.requests[0].headers["content-type"].startswith("text/xml")


async def test_robots_are_sent_json() -> None:
    """With the JSON form the envelope is JSON."""
    receiver = Receiver([200])
    async with _sending(receiver, form=Form.JSON) as sender:
        await sender.deliver(b"{}")

    assert receiver.opened == [b"{}"]
    assert receiver.requests[0].headers["content-type"].startswith("application/json")


async def test_three_deliveries_of_the_same_plaintext() -> None:
    """What is never answered 200 is delivered three times, each with its own nonce."""
    receiver = Receiver([500])
    async with _sending(receiver) as sender:
        delivery = await sender.deliver(b"<xml/>")
    nonces = {request.query_params["nonce"] for request in receiver.requests}

    assert delivery.statuses == (500, 500, 500)
    assert not delivery.answered
    assert receiver.opened == [b"<xml/>"] * 3
    assert len(nonces) == 3


async def test_delivery_ends_with_the_first_200() -> None:
    """After a 200 nothing more is sent."""
    receiver = Receiver([503, 200])
    async with _sending(receiver) as sender:
        delivery = await sender.deliver(b"<xml/>")

    assert delivery.statuses == (503, 200)
    assert delivery.attempts == len(receiver.opened) == 2


async def test_slow_answer_counts_as_none() -> None:
    """Beyond its patience WeCom hangs up and delivers again what the receiver has already."""
    receiver = Receiver(["silent", 200])
    async with _sending(receiver, _IMPATIENT) as sender:
        delivery = await sender.deliver(b"<xml/>")

    assert delivery.statuses == (None, 200)
    assert len(receiver.opened) == 2


async def test_broken_connection_counts_as_no_answer() -> None:
    """A reset in the middle of the answer is delivered again."""
    async with _sending(Receiver(["reset", "reset", 200])) as sender:
        delivery = await sender.deliver(b"<xml/>")

    assert delivery.statuses == (None, None, 200)


async def test_nobody_listens() -> None:
    """A refused connection is tried three times and then given up."""
    async with serving(Receiver([200])) as url:
        pass
    async with callback_client() as http:
        delivery = await CallbackSender(url, _ENVELOPE, http, timing=_HASTY).deliver(b"<xml/>")

    assert delivery.statuses == (None, None, None)
    assert delivery.status is None


async def test_page_90930_is_satisfied_with_any_status() -> None:
    """Where only silence is repeated, a 500 ends the delivery."""
    timing = Timing(patience=30.0, spacing=0.0, insists=False)
    async with _sending(Receiver([500]), timing) as sender:
        delivery = await sender.deliver(b"<xml/>")

    assert delivery.statuses == (500,)


async def test_deliveries_of_one_message_keep_their_distance() -> None:
    """A delivery that failed at once is repeated only after the spacing."""
    timing = Timing(patience=30.0, spacing=0.05)
    async with _sending(Receiver([500]), timing) as sender:
        delivery = await sender.deliver(b"<xml/>")

    assert delivery.seconds >= 0.1


async def test_waiting_for_the_next_delivery_holds_no_slot() -> None:
    """A message that waits for its second delivery does not keep others from being sent."""
    timing = Timing(patience=30.0, spacing=60.0)
    receiver = Receiver([500, 200])
    async with serving(receiver) as url, callback_client() as http, asyncio.timeout(30):
        sender = CallbackSender(url, _ENVELOPE, http, timing=timing, concurrency=1)
        waiting = asyncio.create_task(sender.deliver(b"<xml>1</xml>"))
        await receiver.arrived.wait()
        second = await sender.deliver(b"<xml>2</xml>")
        waiting.cancel()

    assert second.answered


async def test_concurrency_is_bounded() -> None:
    """No more posts are under way at a time than allowed."""
    under_way = most = 0

    async def receiver(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal under_way, most
        if scope["type"] != "http":
            return
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        await Response()(scope, receive, send)

    async with serving(receiver) as url, callback_client() as http:
        sender = CallbackSender(url, _ENVELOPE, http, concurrency=3)
        await asyncio.gather(*(sender.deliver(b"<xml/>") for _ in range(12)))

    assert most == 3


@pytest.mark.parametrize(
    ("quote", "status", "proven"), [("", 200, True), ('"', 200, False), ("", 403, False)]
)
async def test_address_is_proven_by_the_exact_echo(
    quote: str,
    status: int,
    proven: bool,  # noqa: FBT001
) -> None:
    """Only the plain echo with 200 counts: JSON quotes around it are a failure."""

    async def receiver(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        query = Request(scope).query_params
        echo = _ENVELOPE.verify_url(
            signature=query["msg_signature"],
            timestamp=query["timestamp"],
            nonce=query["nonce"],
            echostr=query["echostr"],
        ).decode()
        answer = PlainTextResponse(f"{quote}{echo}{quote}", status_code=status)
        await answer(scope, receive, send)

    async with serving(receiver) as url, callback_client() as http:
        assert await CallbackSender(url, _ENVELOPE, http).verify_url() is proven


async def test_address_that_does_not_answer_is_not_proven() -> None:
    """Silence is no proof."""
    async with _sending(Receiver(["silent"]), Timing(patience=0.1)) as sender:
        assert not await sender.verify_url()
