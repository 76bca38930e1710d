"""The web application, with the callbacks in front of it."""

from typing import Any

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from moderator.web.bodies import BodyLimit
from moderator.web.headers import SecurityHeaders
from moderator.web.renewing import RenewedCookies


class Moderator(FastAPI):
    """Answers callbacks before a framework looks at them; everything else has headers and bounds.

    `callbacks` answers whatever begins with `path`.
    """

    def __init__(self, callbacks: ASGIApp, path: str, **options: Any) -> None:
        super().__init__(**options)
        self.callbacks = callbacks
        self._path = path
        route = Route(f"{path}{{app}}", callbacks, methods=["GET", "POST"])
        self.router.routes.append(route)  # where it is listed; `__call__` is quicker
        # Outside of everything: a framework's own answers to errors have headers too.
        self._guarded = SecurityHeaders(BodyLimit(RenewedCookies(super().__call__)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._path):
            await self.callbacks(scope, receive, send)
        else:
            await self._guarded(scope, receive, send)
