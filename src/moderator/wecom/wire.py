"""One call of the WeCom API: the request, the answer, and what can go wrong between them."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx

from moderator.errors import WeComRefused, WeComUnreachable

UNREACHABLE = -2  # reported instead of an errcode where no answer came

_JSON = {"Content-Type": "application/json; charset=utf-8"}

OnCall = Callable[[str, int], None]


class Wire:
    """Sends requests and reads errcodes; `on_call(path, errcode)` hears of every one.

    Exceptions name the path only: the query carries secrets and access tokens.  Whoever waits for a
    call may be cancelled, the call itself is not: a connection that is cut off in the middle of a
    request may stay taken in httpx's pool for good.  It ends by its own time limits.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        address: str,
        timeout: timedelta,
        on_call: OnCall | None = None,
    ) -> None:
        self._http = http
        self._address = address.rstrip("/")
        self._timeout = timeout.total_seconds()
        self._on_call = on_call or _nobody_listens
        self._under_way: set[asyncio.Task[httpx.Response]] = set()

    async def call(
        self, path: str, query: Mapping[str, str], payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        r"""Post `payload`, or get where there is none; raises `WeComRefused`, `WeComUnreachable`.

        The payload goes out as UTF-8, never with `\uxxxx`, which some calls refuse (40033).
        """
        try:
            answer = await self._answer(path, query, payload)
        except WeComUnreachable:
            self._on_call(path, UNREACHABLE)
            raise
        code: int = answer.get("errcode", 0)
        self._on_call(path, code)
        if code:
            raise WeComRefused(code, str(answer.get("errmsg", "")), path)
        return answer

    async def close(self) -> None:
        """Wait for the abandoned calls: each ends by its own time limits."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _answer(
        self, path: str, query: Mapping[str, str], payload: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        request = self._http.build_request(
            "GET" if payload is None else "POST",
            self._address + path,
            params=query,
            content=None if payload is None else _utf8(payload),
            headers=None if payload is None else _JSON,
            timeout=self._timeout,
        )
        sending = asyncio.create_task(self._sent(request))
        self._under_way.add(sending)
        sending.add_done_callback(self._landed)
        try:
            response = await asyncio.shield(sending)
        except (httpx.HTTPError, _TooSlow) as error:
            raise WeComUnreachable(path, type(error).__name__.lstrip("_")) from error
        return _object(response, path)

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        """The whole answer; one that comes in drops is given up between two of them."""
        until = time.monotonic() + self._timeout
        response = await self._http.send(request, stream=True)
        try:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if time.monotonic() > until:
                    raise _TooSlow
        finally:
            await response.aclose()
        return httpx.Response(response.status_code, content=bytes(content))

    def _landed(self, sending: asyncio.Task[httpx.Response]) -> None:
        self._under_way.discard(sending)
        if not sending.cancelled():
            sending.exception()  # whoever waited may have been cancelled meanwhile


class _TooSlow(Exception):
    """The answer began and did not end in time."""


def _utf8(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")


def _object(response: httpx.Response, path: str) -> dict[str, Any]:
    """Read the answer; one without `errcode` is a success, but only as HTTP 200."""
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise WeComUnreachable(path, f"HTTP {response.status_code}, not JSON") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("errcode", 0), int):
        raise WeComUnreachable(path, f"HTTP {response.status_code}, not an answer of WeCom")
    if not response.is_success and not answer.get("errcode"):
        raise WeComUnreachable(path, f"HTTP {response.status_code}")
    return answer


def _nobody_listens(_path: str, _errcode: int) -> None:
    """Stand where nobody counts the calls."""
