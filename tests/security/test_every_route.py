"""Every route of the whole service, asked by everybody: what the roles say is what happens."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter
from starlette.routing import BaseRoute, Route
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.domain.access import RIGHTS, Grant, Right, Role
from moderator.ledger.access.accounts import Account
from moderator.ledger.access.invitations import Invitations
from moderator.ledger.access.sessions import Sessions, Visit
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings
from moderator.web.access import Needs, Visits
from moderator.web.cookies import csrf_of
from moderator.web.front import Moderator

# All that anybody may ask; each of these says by itself who it is for.
PUBLIC = {
    *("GET /livez", "GET /readyz", "GET /healthz", "GET /metrics", "GET /version"),
    *("GET /api/docs", "GET /api/openapi.json"),
    *("GET /wecom/callback/{app}", "POST /wecom/callback/{app}"),
    *("GET /console/login", "POST /console/login"),
    *("GET /console/invitation", "POST /console/invitation"),
    "POST /console/language",
    "GET /console/static/{digest}/{name}",
}
VISIT = Visit(method="password", address="10.0.0.1", browser="")


@dataclass(frozen=True)
class Entry:
    """One method of one route, with the rights that it says it needs: all of them."""

    method: str
    path: str
    rights: frozenset[Right]
    page: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """With something in each place of the path."""
        return re.sub(r"\{[^}]*\}", "1", self.path)


def entries(routes: list[BaseRoute]) -> Iterator[Entry]:
    for route in routes:
        if isinstance(included := getattr(route, "original_router", None), APIRouter):
            yield from entries(included.routes)
            continue
        assert isinstance(route, Route | APIRoute), route
        found = _needed(route.dependant) if isinstance(route, APIRoute) else []
        for method in sorted((route.methods or set()) - {"HEAD"}):
            rights = frozenset(need.right for need in found)
            yield Entry(method, route.path, rights, page=route.path.startswith("/console"))


def _needed(dependant: Dependant) -> list[Needs | Visits]:
    calls = [dependant.call, *(call for one in dependant.dependencies for call in _needed(one))]
    return [call for call in calls if isinstance(call, Needs | Visits)]


class Company:
    """The whole service, with a user of each role."""

    def __init__(self, app: Moderator, engine: Engine, http: httpx.AsyncClient) -> None:
        self.app = app
        self.http = http
        self._engine = engine
        self._sessions = Sessions(
            engine, idle=timedelta(hours=1), lifetime=timedelta(hours=1), clock=_now
        )
        self._accounts: dict[Role, Account] = {}

    async def hire(self) -> None:
        invitations = Invitations(self._engine, clock=_now)
        for role in Role:
            bound = frozenset({7}) if role is Role.DEPARTMENT_ADMIN else None
            grant = Grant(roles=frozenset({role}), departments=bound)
            _, code = await invitations.invite(grant, by="root", lasts=timedelta(hours=1))
            name = role.replace("_", "-")
            made = await invitations.redeem(code, name=name, display=role, password="hash")
            assert made is not None
            self._accounts[role] = made

    async def ask(self, entry: Entry, role: Role | None) -> httpx.Response:
        """As a browser of a user of that role, in a log-in of its own; None: of nobody."""
        headers = {}
        if role is not None:
            secret = await self._sessions.begin(self._accounts[role], VISIT)
            headers = {"cookie": f"moderator_session={secret}", "x-csrf-token": csrf_of(secret)}
        return await self.http.request(entry.method, entry.address, headers=headers)

    async def mend(self) -> None:
        """Undo what an admin did to the others, who have to ask again."""
        async with self._engine.begin() as transaction:
            await transaction.script("UPDATE users SET disabled_at = NULL")


@pytest.fixture
async def company(database: Engine, small_rules: SmallRules) -> AsyncIterator[Company]:
    values = settings_of(invent_world(people=10), api_url="http://127.0.0.1:9/")
    values |= {"console": {"plain_http": True}, "rules": {"directory": str(small_rules.folder)}}
    app = create_app(build_settings(values), database)
    assert isinstance(app, Moderator)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        company = Company(app, database, http)
        await company.hire()
        yield company


async def test_no_route_is_without_a_right(company: Company) -> None:
    """But those of a list that stands here, to be thought about when it grows."""
    open_ = {str(entry) for entry in entries(company.app.routes) if not entry.rights}

    assert open_ == PUBLIC


async def test_nobody_gets_past_any_route(company: Company) -> None:
    """Without a log-in the API answers 401 and a page leads to the log-in."""
    wrong = []
    for entry in entries(company.app.routes):
        if entry.rights:
            status = (await company.ask(entry, None)).status_code
            if status != (303 if entry.page else 401):
                wrong.append(f"{entry}: {status}")

    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", Role)
async def test_each_role_gets_what_its_rights_say(company: Company, role: Role) -> None:
    """On each route: 403 without its right, and something else with it."""
    wrong = []
    for entry in entries(company.app.routes):
        if not entry.rights:
            continue
        answer = await company.ask(entry, role)
        refused = answer.status_code == 403 and _says(answer, entry)
        if refused == (entry.rights <= RIGHTS[role]) or answer.status_code == 401:
            wrong.append(f"{entry} as {role}: {answer.status_code}")
        await company.mend()

    assert wrong == []


def _says(answer: httpx.Response, entry: Entry) -> bool:
    """Whether it is the right that lacks, and nothing else that is forbidden."""
    return entry.page or answer.json()["error"] == "forbidden"


def _now() -> datetime:
    return datetime.now(UTC)
