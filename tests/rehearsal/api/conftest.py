"""One real server for all API tests; every test gets a fresh stand-in behind it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.types import Receive, Scope, Send

from moderator.rehearsal.invention import MODERATION_APP, invent_app
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.rehearsal.world import Media, Person, World


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Stage:
    """Passes every request to the stand-in of the running test."""

    current: StandIn | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            assert self.current is not None
            await self.current(scope, receive, send)


@dataclass
class Api:
    """A caller of the API; fetches the token of the app it speaks for."""

    http: httpx.AsyncClient
    world: World
    tokens: dict[str, str] = field(default_factory=dict)

    async def token(self, app: str = MODERATION_APP) -> str:
        if app not in self.tokens:
            answer = await self.gettoken(app)
            self.tokens[app] = answer["access_token"]
        return self.tokens[app]

    async def gettoken(self, app: str = MODERATION_APP, **changes: str) -> dict[str, Any]:
        contacts = app == "contacts"
        secret = self.world.contacts_secret if contacts else self.world.app(app).secret
        query = {"corpid": self.world.corp, "corpsecret": secret, **changes}
        return _json(await self.http.get("/cgi-bin/gettoken", params=query))

    async def get(self, path: str, app: str = MODERATION_APP, **query: str) -> dict[str, Any]:
        params = {"access_token": await self.token(app), **query}
        return _json(await self.http.get(f"/cgi-bin/{path}", params=params))

    async def post(
        self, path: str, body: Any, *, app: str = MODERATION_APP, token: str | None = None
    ) -> dict[str, Any]:
        params = {"access_token": await self.token(app) if token is None else token}
        kind = {"content": body} if isinstance(body, bytes) else {"json": body}
        return _json(await self.http.post(f"/cgi-bin/{path}", params=params, **kind))

    async def say(self, to: str, content: str = "请注意", **more: Any) -> dict[str, Any]:
        """message/send of a text by the moderation app."""
        app = self.world.app(MODERATION_APP)
        body = {
            "touser": to,
            "agentid": app.agent_id,
            "msgtype": "text",
            "text": {"content": content},
        }
        return await self.post("message/send", body | more)


def _json(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(invented: World) -> World:
    """Forty people, an app `half` that sees the customer service (7) only, one disabled member."""
    half = replace(invent_app("half", 1000009), visible_departments=(7,))
    quiet = Person(userid="QuietOne", name="静默", departments=(2,), status=2)
    return replace(
        invented,
        apps=(*invented.apps, half),
        people=(*invented.people, quiet),
        media={"MEDIA1": Media(name="图.png", kind="image/png", content=b"\x89PNG")},
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage() -> AsyncIterator[tuple[Stage, httpx.AsyncClient]]:
    stage = Stage()
    async with serving(stage) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield stage, http


@pytest.fixture
def stand_in(stage: tuple[Stage, httpx.AsyncClient], world: World, clock: Clock) -> StandIn:
    stage[0].current = create_stand_in(world, clock=clock)
    return stage[0].current


@pytest.fixture
def api(stage: tuple[Stage, httpx.AsyncClient], stand_in: StandIn, world: World) -> Api:
    return Api(stage[1], world)
