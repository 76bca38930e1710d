"""`GET/POST /wecom/callback/{app}`: where WeCom delivers.

Plain Starlette routes: WeCom gives five seconds, three tries, and wants plain text, never JSON.
"""

import time
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from moderator.errors import EnvelopeError, LedgerError, MalformedEnvelope
from moderator.intake.reception import Delivery, Reception
from moderator.telemetry.metrics import Metrics

BODY_LIMIT = 1024 * 1024  # bytes; WeCom's own messages stay below 100 kB
_PARAMETERS = ("msg_signature", "timestamp", "nonce")


class _Refused(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class CallbackEndpoint:
    """Answers 200 only when what must be kept is safe."""

    def __init__(self, reception: Reception, metrics: Metrics) -> None:
        self._reception = reception
        self._metrics = metrics

    def routes(self) -> list[Route]:
        path = "/wecom/callback/{app}"
        return [
            Route(path, self.verify_url, methods=["GET"], include_in_schema=False),
            Route(path, self.receive, methods=["POST"], include_in_schema=False),
        ]

    async def verify_url(self, request: Request) -> Response:
        """Prove to WeCom that the address is ours, when it is saved in the admin console."""
        envelope = self._reception.envelope(request.path_params["app"])
        if envelope is None:
            return _plain(HTTPStatus.NOT_FOUND)
        try:
            signature, timestamp, nonce = _signed(request)
            echo = envelope.verify_url(
                signature=signature,
                timestamp=timestamp,
                nonce=nonce,
                echostr=_parameter(request, "echostr"),
            )
        except (_Refused, EnvelopeError) as refusal:
            return _plain(_status(refusal))
        return PlainTextResponse(echo)

    async def receive(self, request: Request) -> Response:
        """Take one delivery; 200 once what must be kept is safe."""
        began = time.perf_counter()
        app = request.path_params["app"]
        status = await self._answer(request, app)
        known = app if self._reception.envelope(app) else "unknown"
        self._metrics.callbacks.labels(app=known, status=str(status.value)).inc()
        self._metrics.callback_seconds.labels(app=known).observe(time.perf_counter() - began)
        return _plain(status)

    async def _answer(self, request: Request, app: str) -> HTTPStatus:
        envelope = self._reception.envelope(app)
        if envelope is None:
            return HTTPStatus.NOT_FOUND
        try:
            signature, timestamp, nonce = _signed(request)
            body = await _body(request)
            delivery = Delivery(app, body, signature, timestamp, nonce)
            await self._reception.receive(envelope, delivery)
        except (_Refused, EnvelopeError, LedgerError) as refusal:
            return _status(refusal)
        return HTTPStatus.OK


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


def _signed(request: Request) -> tuple[str, ...]:
    return tuple(_parameter(request, name) for name in _PARAMETERS)


def _parameter(request: Request, name: str) -> str:
    value = request.query_params.get(name)
    if not value:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    return value


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > BODY_LIMIT:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except ClientDisconnect:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None  # nobody is left to read it
    return bytes(body)


def _plain(status: HTTPStatus) -> Response:
    return PlainTextResponse(b"" if status is HTTPStatus.OK else status.phrase, status.value)
