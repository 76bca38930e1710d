"""How much anybody may send before it is known who they are."""

from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderator.web.problems import problem_response

BODY_LIMIT: Final = 256 * 1024  # bytes; a decision with its note has some thousand


class BodyLimit:
    """Lets whole bodies of at most `limit` bytes through, and answers 413 to longer ones.

    What announces more is refused unread; what does not announce itself is read no further than
    the limit.  Frameworks read a body before they ask who sent it.
    """

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        first = await self._whole(scope, receive)
        if first is None:
            await _too_large(scope, receive, send)
            return
        waiting = [first]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, again, send)

    async def _whole(self, scope: Scope, receive: Receive) -> Message | None:
        """The body as one event, or the disconnection; None where it is too long."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._limit:
            return None
        body = bytearray()
        while True:
            event = await receive()
            if event["type"] != "http.request":
                return event
            body += event.get("body", b"")
            if len(body) > self._limit:
                return None
            if not event.get("more_body"):
                return {"type": "http.request", "body": bytes(body), "more_body": False}


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem_response(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value,
        "body_too_large",
        "No question to this service is as long as this.",
        # What was announced and not read would be taken for the next question.
        {"connection": "close"},
    )
    await answer(scope, receive, send)
