"""A real HTTP server on loopback that answers as a test tells it to and remembers what came."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from pydantic import HttpUrl, SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from moderator.settings import AppSettings, WeComSettings
from moderator.wecom.client import WeComClient

Answer = dict[str, Any] | Response


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Api:
    """Answers for each path in order, the last one for ever; every token is a new one."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    gate: asyncio.Event | None = None  # requests wait for it where there is one

    def answer(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def handle(self, request: Request) -> Response:
        path = request.url.path
        body = await request.body()
        self.calls.append(
            Call(request.method, path, dict(request.query_params), dict(request.headers), body)
        )
        if self.gate:
            await self.gate.wait()
        answer = self._next(path)
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    def _next(self, path: str) -> Answer:
        if path not in self.answers:
            return self._token() if path == "/cgi-bin/gettoken" else Response(status_code=404)
        waiting = self.answers[path]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def _token(self) -> Answer:
        count = len(self.to("/cgi-bin/gettoken"))
        return {"errcode": 0, "access_token": f"TOKEN-{count}", "expires_in": 7200}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def served(api: Api) -> AsyncIterator[Api]:
    app = Starlette(routes=[Route("/{path:path}", api.handle, methods=["GET", "POST"])])
    server = _Server(uvicorn.Config(app, lifespan="off", ws="none", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        serving = asyncio.create_task(server.serve([listener]))
        await server.ready.wait()
        yield api
        server.should_exit = True
        await serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[Api]:
    async with served(Api()) as running:
        yield running


@pytest.fixture
def api(server: Api) -> Api:
    """The server as a test finds it: it was asked nothing yet."""
    server.calls.clear()
    server.answers.clear()
    server.gate = None
    return server


@pytest_asyncio.fixture(loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def client(api: Api, http: httpx.AsyncClient) -> WeComClient:
    return WeComClient(settings_of(api.url), http)


def settings_of(
    url: str, *, timeout: timedelta = timedelta(seconds=10), **secrets: str
) -> WeComSettings:
    apps = {
        name: AppSettings(
            agent_id=1000002,
            secret=SecretStr(secret),
            token=SecretStr("callback-token"),
            encoding_aes_key=SecretStr("a" * 43),
        )
        for name, secret in (secrets or {"hr": "secret-of-hr"}).items()
    }
    return WeComSettings(corp_id="wwtest", api_url=HttpUrl(url), timeout=timeout, apps=apps)
