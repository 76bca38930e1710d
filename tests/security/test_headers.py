"""What every answer says to browsers and caches."""

from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from moderator.web.front import Moderator
from moderator.web.headers import SecurityHeaders

NAMES = {
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
}


def client(app: Any, scheme: str = "http") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://test")


def addresses(service: Moderator) -> set[tuple[str, str]]:
    """Method and path of everything that is served; FastAPI keeps included routers to itself."""
    plain = {
        (one.path, method)
        for one in service.routes
        if isinstance(one, Route)
        for method in one.methods or ()
    }
    told = {
        (path, method.upper())
        for path, each in service.openapi()["paths"].items()
        for method in each
    }
    return {(method, path.translate(str.maketrans("", "", "{}"))) for path, method in plain | told}


async def test_every_route_answers_with_all_of_them(service: Moderator) -> None:
    """Whoever adds a route need not think of headers; asked wrongly, it has them too."""
    asked = addresses(service)
    assert len(asked) > 15
    async with client(service) as http:
        for method, path in asked:
            answer = await http.request(method, path)
            assert set(answer.headers) >= NAMES, (method, path, answer.headers)
            assert "server" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/nowhere", "/%00", "/.env"])
async def test_what_is_not_there_answers_with_them(service: Moderator, path: str) -> None:
    """An error page is a page."""
    async with client(service) as http:
        answer = await http.get(path)

    assert answer.status_code == 404
    assert set(answer.headers) >= NAMES


async def test_a_bug_answers_with_them() -> None:
    """The framework's own answer to what nobody caught goes out through us."""

    async def broken(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body", "body": b""})

    async with client(SecurityHeaders(broken)) as http:
        assert set((await http.get("/")).headers) >= NAMES


async def test_the_service_never_says_hsts_without_tls(service: Moderator) -> None:
    """A browser must ignore it over HTTP (RFC 6797, 7.2)."""
    async with client(service) as http:
        assert "strict-transport-security" not in (await http.get("/livez")).headers


async def test_over_tls_browsers_are_told_to_stay_there(service: Moderator) -> None:
    """For a year."""
    async with client(service, "https") as http:
        answer = await http.get("/livez")

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_a_route_may_have_a_policy_of_its_own() -> None:
    """A page with a style says so itself, once."""
    page = PlainTextResponse("", headers={"content-security-policy": "default-src 'self'"})
    async with client(SecurityHeaders(page)) as http:
        answer = await http.get("/")

    assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_the_reference_runs_no_script_and_is_in_no_frame(service: Moderator) -> None:
    """The one page has one style and nothing else."""
    async with client(service) as http:
        policy = (await http.get("/api/docs")).headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe-inline" not in policy
