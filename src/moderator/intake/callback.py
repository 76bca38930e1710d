"""`GET/POST /wecom/callback/{app}`: where WeCom delivers.

A bare ASGI app: the objects that a framework makes for each request cost more than decryption and
matching together.  WeCom gives five seconds, three tries, and wants plain text, never JSON.
"""

import time
from functools import cache
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Message, Receive, Scope, Send

from moderator.errors import EnvelopeError, LedgerError, MalformedEnvelope
from moderator.intake.reception import Delivery, Reception
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
_HEADERS: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
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
            await _answer(send, await self._receive(scope, receive))
        elif scope["method"] == "GET":
            await _answer(send, *self._verify_url(scope))
        else:
            await _answer(send, HTTPStatus.METHOD_NOT_ALLOWED)

    def _verify_url(self, scope: Scope) -> tuple[HTTPStatus, bytes | None]:
        """Prove to WeCom that the address is ours, when it is saved in the admin console."""
        try:
            query = _query(scope)
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
        """Take one delivery; 200 once what must be kept is safe."""
        began, app = time.perf_counter(), _app(scope)
        try:
            self._expect_room()  # before anything is read
            envelope = self._envelope(app)
            delivery = await self._delivery(app, scope, receive)
            status = await self._take(envelope, delivery)
        except (_Refused, EnvelopeError, LedgerError) as refusal:
            status = _status(refusal)
        known = app if self._reception.envelope(app) else "unknown"
        self._metrics.count_callback(known, status, time.perf_counter() - began)
        return status

    def _expect_room(self) -> None:
        if not self._room:  # WeCom delivers again; what is under way is answered the sooner
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE)

    async def _take(self, envelope: Envelope, delivery: Delivery) -> HTTPStatus:
        self._expect_room()
        self._room -= 1
        try:
            await self._reception.receive(envelope, delivery)
        finally:
            self._room += 1
        return HTTPStatus.OK

    async def _delivery(self, app: str, scope: Scope, receive: Receive) -> Delivery:
        """The whole of what was sent; whoever sends slowly takes up nobody's room meanwhile."""
        query = _query(scope)
        signature = _parameter(query, "msg_signature")
        timestamp = _parameter(query, "timestamp")
        nonce = _parameter(query, "nonce")
        body = await self._body(scope, receive)
        return Delivery(app, body, signature, timestamp, nonce)

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


def _query(scope: Scope) -> dict[str, str]:
    query: str = scope["query_string"].decode("latin-1")
    found = {}
    for pair in query.split("&", _MOST_PARAMETERS):
        name, _, value = pair.partition("=")
        found[name] = unquote_plus(value) if "%" in value or "+" in value else value
    return found


def _parameter(query: dict[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    return value


@cache
def _without_words(status: HTTPStatus) -> tuple[Message, Message]:
    return _response(status, b"" if status is HTTPStatus.OK else status.phrase.encode())


def _response(status: HTTPStatus, body: bytes) -> tuple[Message, Message]:
    headers = (*_HEADERS, (b"content-length", str(len(body)).encode()))
    start = {"type": "http.response.start", "status": status.value, "headers": headers}
    return start, {"type": "http.response.body", "body": body}


async def _answer(send: Send, status: HTTPStatus, body: bytes | None = None) -> None:
    start, rest = _without_words(status) if body is None else _response(status, body)
    await send(start)
    await send(rest)
