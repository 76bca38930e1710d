"""The way in of a service, and browsers before it."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from moderator.domain.access import Grant, Role
from moderator.identity.passwords import Passwords
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import Settings, build_settings
from moderator.web.admission import Admission
from moderator.web.console.frame import elsewhere_routes, frame_routes
from moderator.web.console.pages import Pages
from moderator.web.elsewhere import OtherSite
from moderator.web.front import Moderator
from moderator.web.problems import install_problems

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery"
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


class CountedPasswords(Passwords):
    """Passwords hashed with next to no work, and how often that was done."""

    def __init__(self) -> None:
        super().__init__(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.verified: list[str] = []

    def _fits(self, password: str, kept: str) -> bool:
        self.verified.append(kept)
        return super()._fits(password, kept)


class Browser:
    """A browser before the console: keeps cookies, sends forms as pages have them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)

    async def csrf(self, page: str) -> str:
        found = _CSRF.search((await self.http.get(page)).text)
        assert found is not None
        return found[1]

    async def send(self, page: str, action: str = "", **fields: Any) -> httpx.Response:
        """Fill in the form of a page, and send it."""
        form = {"csrf": await self.csrf(page), **fields}
        return await self.http.post(action or page, data=form)

    async def log_in(
        self, name: str = "boss", password: str = PASSWORD, **fields: str
    ) -> httpx.Response:
        return await self.send("/console/login", name=name, password=password, **fields)

    async def api(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the API as a script of a page does."""
        csrf = (await self.http.get("/api/v1/session")).json()["csrf"]
        headers = {"x-csrf-token": csrf}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **options)

    @property
    def session(self) -> str:
        return self.http.cookies.get("moderator_session") or ""


class WayIn:
    """The pages and routes by which people come in, over a real database."""

    def __init__(
        self, engine: Engine, settings: Settings, others: tuple[OtherSite, ...] = ()
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = Clock()
        self.passwords = CountedPasswords()
        self.admission = Admission(
            settings, engine, others, clock=self.clock, passwords=self.passwords
        )
        self.app = _app(self.admission)
        self.stack = AsyncExitStack()

    async def browser(self, address: str = "10.0.0.1") -> Browser:
        """A browser that nobody used before, at that address."""
        transport = httpx.ASGITransport(self.app, client=(address, 5000))
        client = httpx.AsyncClient(transport=transport, base_url="http://desk.test")
        return Browser(await self.stack.enter_async_context(client))

    async def user(self, name: str = "boss", *roles: Role, bound: set[int] | None = None) -> int:
        """A local user with `PASSWORD`; an admin if no roles are given."""
        grant = Grant(
            roles=frozenset(roles or {Role.ADMIN}),
            departments=None if bound is None else frozenset(bound),
        )
        invitations = self.admission.invitations
        _, code = await invitations.invite(grant, by="root", lasts=timedelta(hours=1))
        hashed = await self.passwords.hash(PASSWORD)
        made = await invitations.redeem(code, name=name, display=name, password=hashed)
        assert made is not None
        return made.id

    async def logged_in(self, name: str = "boss") -> Browser:
        browser = await self.browser()
        answer = await browser.log_in(name)
        assert answer.status_code == 303, answer.text
        return browser

    async def told(self) -> list[tuple[str, str]]:
        """Actor and action of what the audit log holds, newest first."""
        rows = await self.admission.audit.page()
        return [(row.deed.actor, row.deed.action) for row in rows]


def _app(admission: Admission) -> FastAPI:
    async def nothing(*_: object) -> None:
        raise AssertionError

    app = Moderator(nothing, "/wecom/callback/", openapi_url="/api/openapi.json")
    install_problems(app)
    pages = Pages()
    for router in admission.routers():
        app.include_router(router)
    app.router.routes += admission.pages(pages)
    app.router.routes += frame_routes(pages, admission.access).routes
    app.router.routes += elsewhere_routes(pages, admission.access).routes
    return app


Opening = Callable[..., WayIn]


@pytest.fixture
async def opening(database: Engine) -> AsyncIterator[Opening]:
    """Makes ways in with these settings besides the usual ones."""
    stack = AsyncExitStack()

    def open_(others: tuple[OtherSite, ...] = (), **changes: Any) -> WayIn:
        world = invent_world(people=10)
        values = settings_of(world, api_url="http://127.0.0.1:9/") | changes
        values["console"] = {"plain_http": True, **changes.get("console", {})}
        way_in = WayIn(database, build_settings(values), others)
        stack.push_async_exit(way_in.stack)
        return way_in

    async with stack:
        yield open_


@pytest.fixture
def way_in(opening: Opening) -> WayIn:
    return opening()
