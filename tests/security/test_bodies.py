"""How much a stranger may send."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from moderator.web.bodies import BODY_LIMIT, BodyLimit
from moderator.web.front import Moderator


@pytest.fixture
async def http(service: Moderator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(service)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_what_announces_too_much_is_refused_unread(service: Moderator) -> None:
    """Not one byte is asked for, and nobody looks for a token."""
    status, asked = await call(service, headers=[(b"content-length", str(BODY_LIMIT + 1).encode())])

    assert (status, asked) == (413, 0)


async def test_what_does_not_announce_itself_is_read_no_further(service: Moderator) -> None:
    """A stream without end costs its limit, not all memory."""
    status, asked = await call(service, piece=b"x" * 65_536)

    assert status == 413
    assert asked == BODY_LIMIT // 65_536 + 1


async def test_the_refusal_has_the_form_of_every_problem(http: httpx.AsyncClient) -> None:
    """A program reads it like any other."""
    answer = await http.post("/api/v1/violations/1/decision", content=b"x" * (BODY_LIMIT + 1))

    assert answer.status_code == 413
    assert answer.json()["error"] == "body_too_large"
    assert answer.headers["connection"] == "close"


async def test_the_longest_body_is_let_through(http: httpx.AsyncClient) -> None:
    """Up to the limit it is whose word it is that decides."""
    answer = await http.post("/api/v1/violations/1/decision", content=b" " * BODY_LIMIT)

    assert answer.status_code in {401, 422}


async def test_a_body_in_pieces_arrives_whole() -> None:
    """What stands behind the limit sees one event and then what the connection says."""
    seen: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        seen.extend([await receive(), await receive()])

    pieces = [{"type": "http.request", "body": b"b", "more_body": False}]
    events = [{"type": "http.request", "body": b"a", "more_body": True}, *pieces]
    events.append({"type": "http.disconnect"})

    async def receive() -> Any:
        return events.pop(0)

    async def send(_event: Any) -> None:
        raise AssertionError

    await BodyLimit(app)({"type": "http", "headers": []}, receive, send)

    assert seen == [
        {"type": "http.request", "body": b"ab", "more_body": False},
        {"type": "http.disconnect"},
    ]


async def call(app: Any, *, headers: Any = (), piece: bytes = b"") -> tuple[int, int]:
    """The status of an endless question, and how many pieces of it were asked for."""
    asked, statuses = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            statuses.append(event["status"])

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/violations/1/decision",
        "query_string": b"",
        "headers": list(headers),
        "scheme": "http",
    }
    await app(scope, receive, send)
    return statuses[0], asked
