"""`GET/POST /wecom/callback/{app}`: where WeCom delivers.

A bare ASGI app: the objects that a framework makes for each request cost more than decryption and
matching together.  A server that has a whole delivery in hand asks `deliver` and spares even those
of ASGI.  WeCom gives five seconds, three tries, and wants plain text, never JSON.
"""

import re
import time
from collections.abc import Awaitable
from functools import cache
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Message, Receive, Scope, Send

from moderator.errors import EnvelopeError, LedgerError, MalformedEnvelope
from moderator.intake.reception import Delivery, Reception
from moderator.pipeline import Outcome
from moderator.telemetry.metrics import Metrics
from moderator.wecom.envelope import Envelope

PATH: Final = "/wecom/callback/"  # and the app's name in the settings
BODY_LIMIT: Final = 1024 * 1024  # bytes; WeCom's own messages stay below 100 kB
# Callbacks under way.  Where each is a violation, the slowest case, several hundred are committed
# in a second, and after 0.8 s the spool takes over: who stands further back would only wait.
MOST_AT_ONCE: Final = 512
_LARGE: Final = 64 * 1024  # bytes; so much of every connection is buffered before us
_MOST_LARGE: Final = 64  # unfinished bodies beyond that: what forgers can fill is 64 MB
_MOST_PARAMETERS: Final = 16
# As WeCom writes it; anything else is taken apart parameter by parameter.
_QUERY: Final = re.compile(r"msg_signature=([0-9a-f]+)&timestamp=([0-9]+)&nonce=([0-9A-Za-z]+)")
_HEADERS: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


class _Refused(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class CallbackEndpoint:
    """Takes deliveries and proves the address; 200 only once what must be kept is safe."""

    def __init__(
        self, reception: Reception, metrics: Metrics, *, most_at_once: int = MOST_AT_ONCE
    ) -> None:
        self._reception = reception
        self._metrics = metrics
        self._room = most_at_once
        self._large = _MOST_LARGE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await answer(send, await self._receive(scope, receive))
        elif scope["method"] == "GET":
            await answer(send, *self._verify_url(scope))
        else:
            await answer(send, HTTPStatus.METHOD_NOT_ALLOWED)

    def deliver(
        self, app: str, query: bytes, body: bytes, began: float | None = None
    ) -> HTTPStatus | Awaitable[HTTPStatus]:
        """Take one whole delivery; 200 once what must be kept is safe.

        The status comes at once where nothing has to be kept.  `began` is when it arrived, by
        `time.perf_counter` (now if unset).
        """
        began = time.perf_counter() if began is None else began
        try:
            self._expect_room()
            envelope = self._envelope(app)
            taken = self._reception.take(envelope, Delivery(app, body, *_signed(query)))
        except (_Refused, EnvelopeError) as refusal:
            return self._counted(app, _status(refusal), began)
        if isinstance(taken, Outcome):
            return self._counted(app, HTTPStatus.OK, began)
        self._room -= 1
        return self._finished(app, taken, began)

    async def _finished(self, app: str, taken: Awaitable[Outcome], began: float) -> HTTPStatus:
        status = HTTPStatus.OK
        try:
            await taken
        except (EnvelopeError, LedgerError) as refusal:
            status = _status(refusal)
        finally:
            self._room += 1
        return self._counted(app, status, began)

    def _counted(self, app: str, status: HTTPStatus, began: float) -> HTTPStatus:
        known = app if self._reception.envelope(app) else "unknown"
        self._metrics.count_callback(known, status, time.perf_counter() - began)
        return status

    def _verify_url(self, scope: Scope) -> tuple[HTTPStatus, bytes | None]:
        """Prove to WeCom that the address is ours, when it is saved in the admin console."""
        try:
            query = _query(scope["query_string"].decode("latin-1"))
            echo = self._envelope(_app(scope)).verify_url(
                signature=_parameter(query, "msg_signature"),
                timestamp=_parameter(query, "timestamp"),
                nonce=_parameter(query, "nonce"),
                echostr=_parameter(query, "echostr"),
            )
        except (_Refused, EnvelopeError) as refusal:
            return _status(refusal), None
        return HTTPStatus.OK, echo

    async def _receive(self, scope: Scope, receive: Receive) -> HTTPStatus:
        """Take one delivery as it comes in; whoever sends slowly takes up nobody's room."""
        began, app = time.perf_counter(), _app(scope)
        try:
            self._expect_room()  # before anything is read
            self._envelope(app)
            _signed(scope["query_string"])
            body = await self._body(scope, receive)
        except _Refused as refusal:
            return self._counted(app, refusal.status, began)
        status = self.deliver(app, scope["query_string"], body, began)
        return status if isinstance(status, HTTPStatus) else await status

    def _expect_room(self) -> None:
        if not self._room:  # WeCom delivers again; what is under way is answered the sooner
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        for name, size in scope["headers"]:
            if name == b"content-length" and size.isdigit() and int(size) > BODY_LIMIT:
                raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        event = await receive()
        body: bytes = event.get("body", b"")
        if event.get("more_body"):
            body, event = await self._rest(body, receive)
        if event["type"] == "http.disconnect":
            raise _Refused(HTTPStatus.BAD_REQUEST)  # nobody is left to read it
        return body

    async def _rest(self, body: bytes, receive: Receive) -> tuple[bytes, Message]:
        """A body that comes in pieces; only so many may grow large at once."""
        whole, large = bytearray(body), False
        try:
            while True:
                event = await receive()
                whole += event.get("body", b"")
                if len(whole) > BODY_LIMIT:
                    raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                if not event.get("more_body"):
                    return bytes(whole), event
                if len(whole) > _LARGE and not large:
                    if not self._large:
                        raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE)
                    self._large -= 1
                    large = True
        finally:
            self._large += large

    def _envelope(self, app: str) -> Envelope:
        envelope = self._reception.envelope(app)
        if envelope is None:
            raise _Refused(HTTPStatus.NOT_FOUND)
        return envelope


def _status(refusal: Exception) -> HTTPStatus:
    match refusal:
        case _Refused():
            return refusal.status
        case MalformedEnvelope():
            return HTTPStatus.BAD_REQUEST
        case EnvelopeError():
            return HTTPStatus.FORBIDDEN
        case _:
            return HTTPStatus.SERVICE_UNAVAILABLE


def _app(scope: Scope) -> str:
    path: str = scope["path"]
    return path[len(PATH) :]


def _signed(query: bytes) -> tuple[str, str, str]:
    """`msg_signature`, `timestamp` and `nonce`; without one of them nothing is read."""
    text = query.decode("latin-1")
    if usual := _QUERY.fullmatch(text):
        return usual[1], usual[2], usual[3]
    given = _query(text)
    return (
        _parameter(given, "msg_signature"),
        _parameter(given, "timestamp"),
        _parameter(given, "nonce"),
    )


def _query(text: str) -> dict[str, str]:
    found = {}
    for pair in text.split("&", _MOST_PARAMETERS):
        name, _, value = pair.partition("=")
        found[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return found


def _parameter(query: dict[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    return value


@cache
def without_words(status: HTTPStatus) -> tuple[Message, Message]:
    """The answer that is nothing but its status, as ASGI sends it."""
    return _response(status, b"" if status is HTTPStatus.OK else status.phrase.encode())


def _response(status: HTTPStatus, body: bytes) -> tuple[Message, Message]:
    headers = (*_HEADERS, (b"content-length", str(len(body)).encode()))
    start = {"type": "http.response.start", "status": status.value, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


async def answer(send: Send, status: HTTPStatus, body: bytes | None = None) -> None:
    start, rest = without_words(status) if body is None else _response(status, body)
    await send(start)
    await send(rest)
