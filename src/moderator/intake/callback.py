"""`GET/POST /wecom/callback/{app}`: where WeCom delivers.

A bare ASGI app: the objects that a framework makes for each request cost more than decryption and
matching together.  WeCom gives five seconds, three tries, and wants plain text, never JSON.
"""

import time
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

from starlette.types import Receive, Scope, Send

from moderator.errors import EnvelopeError, LedgerError, MalformedEnvelope
from moderator.intake.reception import Delivery, Reception
from moderator.telemetry.metrics import Metrics
from moderator.wecom.envelope import Envelope

PATH: Final = "/wecom/callback/"  # and the app's name in the settings
BODY_LIMIT: Final = 1024 * 1024  # bytes; WeCom's own messages stay below 100 kB
MOST_AT_ONCE: Final = 512  # callbacks under way; beyond it waiting would last until WeCom hangs up
_PARAMETERS: Final = ("msg_signature", "timestamp", "nonce")
_MOST_PARAMETERS: Final = 16
_HEADERS: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
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
            echo = self._envelope(scope).verify_url(
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
        began = time.perf_counter()
        if not self._room:  # WeCom delivers again; what is under way is answered the sooner
            status = HTTPStatus.SERVICE_UNAVAILABLE
        else:
            self._room -= 1
            try:
                status = await self._take(scope, receive)
            finally:
                self._room += 1
        app = _app(scope)
        known = app if self._reception.envelope(app) else "unknown"
        self._metrics.count_callback(known, status, time.perf_counter() - began)
        return status

    async def _take(self, scope: Scope, receive: Receive) -> HTTPStatus:
        try:
            envelope = self._envelope(scope)
            query = _query(scope)
            signature, timestamp, nonce = (_parameter(query, name) for name in _PARAMETERS)
            body = await _body(scope, receive)
            delivery = Delivery(_app(scope), body, signature, timestamp, nonce)
            await self._reception.receive(envelope, delivery)
        except (_Refused, EnvelopeError, LedgerError) as refusal:
            return _status(refusal)
        return HTTPStatus.OK

    def _envelope(self, scope: Scope) -> Envelope:
        envelope = self._reception.envelope(_app(scope))
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
    pairs = (pair.partition("=") for pair in query.split("&", _MOST_PARAMETERS))
    return {name: unquote_plus(value) for name, _, value in pairs}


def _parameter(query: dict[str, str], name: str) -> str:
    value = query.get(name)
    if not value:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    return value


async def _body(scope: Scope, receive: Receive) -> bytes:
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    event = await receive()
    body: bytes = event.get("body", b"")
    while event.get("more_body"):
        event = await receive()
        body += event.get("body", b"")
        if len(body) > BODY_LIMIT:
            raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if event["type"] == "http.disconnect":
        raise _Refused(HTTPStatus.BAD_REQUEST)  # nobody is left to read it
    return body


async def _answer(send: Send, status: HTTPStatus, body: bytes | None = None) -> None:
    if body is None:
        body = b"" if status is HTTPStatus.OK else status.phrase.encode()
    length = (b"content-length", str(len(body)).encode())
    headers = (*_HEADERS, length)
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})
