"""What every answer says to browsers and caches: keep nothing, guess nothing, embed nothing.

A route that needs another policy (pages with a style or a script) sets the header itself; what it
set stays.  The meaning of each header: OWASP Secure Headers Project, and RFC 6797 for HSTS, which
counts only over TLS.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header = tuple[bytes, bytes]

HEADERS: Final[tuple[Header, ...]] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
HSTS: Final[Header] = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Adds `HEADERS` to every answer of `app`, and `HSTS` to those that leave over TLS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = (*HEADERS, HSTS) if scope.get("scheme") == "https" else HEADERS

        async def sending(event: Message) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": _completed(event.get("headers", ()), wanted)}
            await send(event)

        await self._app(scope, receive, sending)


def _completed(headers: list[Header], wanted: tuple[Header, ...]) -> list[Header]:
    present = {name.lower() for name, _ in headers}
    return [*headers, *(header for header in wanted if header[0] not in present)]
