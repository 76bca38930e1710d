"""Giving browsers the cookies that were renewed while their request was answered."""

from collections.abc import MutableMapping
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

STATE: Final = "renewed_cookie"


class RenewedCookies:
    """Adds to each answer of `app` the cookie that `Cookie.renew` left for it.

    An answer that gives or takes the same cookie itself keeps what it says.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: MutableMapping[str, Any] = scope.setdefault("state", {})

        async def sending(event: Message) -> None:
            if event["type"] == "http.response.start" and STATE in state:
                event = {**event, "headers": _with(event.get("headers", ()), state[STATE])}
            await send(event)

        await self._app(scope, receive, sending)


def _with(headers: list[Header], cookie: Header) -> list[Header]:
    name = cookie[1].partition(b"=")[0] + b"="
    said = any(each == b"set-cookie" and value.startswith(name) for each, value in headers)
    return [*headers] if said else [*headers, cookie]
