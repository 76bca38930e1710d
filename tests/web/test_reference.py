"""The API's reference can be read where there is no internet."""

import re
from html.parser import HTMLParser

import httpx
from fastapi import FastAPI

from moderator.web.reference import reference_page, reference_route


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]


def documented() -> FastAPI:
    app = FastAPI(title="moderator", version="1", docs_url=None)

    @app.get("/things/{thing_id}")
    async def thing(thing_id: int, after: str | None = None) -> dict[str, int]:
        """Tell of <one> thing."""
        return {"id": thing_id, "after": len(after or "")}

    app.router.routes.append(reference_route(app))
    return app


async def test_the_page_tells_paths_parameters_and_answers() -> None:
    """Everything that a caller needs stands on it."""
    page = reference_page(documented().openapi())

    assert "GET /things/{thing_id}" in page
    assert "<code>after</code>" in page
    assert "422" in page


async def test_the_page_asks_no_other_host_and_runs_no_script() -> None:
    """A page beside which a bearer token is pasted loads nothing from anybody."""
    transport = httpx.ASGITransport(app=documented())
    async with httpx.AsyncClient(transport=transport, base_url="http://moderator.test") as http:
        answer = await http.get("/api/docs")
    page = _Page()
    page.feed(answer.text)

    assert "script" not in page.tags
    assert all(re.match(r"[#/](?!/)", address) for address in page.addresses)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_what_is_documented_is_escaped() -> None:
    """A description cannot become markup."""
    page = reference_page(documented().openapi())

    assert "Tell of &lt;one&gt; thing." in page
