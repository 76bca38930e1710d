"""By which connections people's log-ins at the company's provider are asked about."""

from pathlib import Path

import httpx
from fastapi import FastAPI

from moderator.app import Service
from moderator.app.desk import add_desk
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings
from moderator.shipped import rules_directory

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def test_the_provider_is_asked_by_connections_of_its_own(tmp_path: Path) -> None:
    """However many people wait for a slow provider, no call to WeCom waits with them."""
    service, asked = desk_with_provider(tmp_path), list[str]()
    log_ins = service.identity_http

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(503)

    service.identity_http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    app = FastAPI()
    add_desk(app, service)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as browser:
        page = await browser.get("/console/login/oidc")
    await service.stop()

    assert page.status_code == 502
    assert asked == ["/.well-known/openid-configuration"]
    assert log_ins is not service.http
    assert service.identity_http.is_closed
    await log_ins.aclose()


def desk_with_provider(directory: Path) -> Service:
    values = settings_of(invent_world(people=10), api_url="http://127.0.0.1:1")
    for name in ("canary.yaml", "policy.yaml"):
        (directory / name).write_bytes((rules_directory() / name).read_bytes())
    values["rules"] = {"directory": str(directory)}
    values["spool"] = {"directory": str(directory / "spool")}
    values["console"] = {"plain_http": True, "address": "https://desk.test"}
    values["oidc"] = {
        "issuer": "http://127.0.0.1:1",
        "client_id": "desk",
        "client_secret": "p8" * 16,
        "roles": {"desk": ["reviewer"]},
    }
    return Service(build_settings(values), Engine(NOWHERE))
