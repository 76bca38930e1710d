"""A ledger with violations in it, and the query API over them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests import offences

from moderator.domain.access import Grant, Right, Role
from moderator.domain.decision import ActionKind, Clause
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Layer
from moderator.ledger.access import accounts
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.access.sessions import Sessions
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.settings import ApiSettings
from moderator.web.access import Access, Logins
from moderator.web.cases import cases_router
from moderator.web.cookies import Cookies
from moderator.web.deciding import deciding_router
from moderator.web.problems import install_problems
from moderator.web.query import query_router

NOW = offences.NOW
TOKEN = "alice-" + "0a" * 20
OTHER_TOKEN = "bob-" + "1b" * 20
CLAUSE = Clause(id="s3-8", document="办法", version="2024", number="第八条", text="警告一次")
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=180),
            rungs=(
                Rung(
                    at=1,
                    actions=(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP),
                    clauses=("s3-8",),
                ),
            ),
        ),
    ),
    clauses={"s3-8": CLAUSE},
)
INVOICES = replace(offences.INVOICES, layers=(Layer.TRADITIONAL,))


class Desk:
    """The API, asked by Alice unless said otherwise, and the ledger behind it."""

    def __init__(self, database: Engine, client: httpx.AsyncClient, violations: Violations) -> None:
        self.client = client
        self.violations = violations
        self.recorder = Recorder(
            database, _cipher(), Fingerprinter(bytes(32)), keep=timedelta(days=3650)
        )
        self._number = 0

    async def record(
        self,
        text: str = "低价代開發票请联系",
        *,
        hits: tuple[Hit, ...] = (INVOICES,),
        policy: Policy = POLICY,
        **changes: Any,
    ) -> int:
        """Record a violation, a minute after the one before; returns its id."""
        self._number += 1
        sent = NOW + timedelta(minutes=self._number)
        recorded = await self.recorder.record(
            offences.message(self._number, text, **{"sent_at": sent, **changes}),
            Finding.of(list(hits)),
            policy=policy,
            rulebook="book-1",
            now=sent + timedelta(seconds=1),
        )
        assert recorded is not None
        return recorded.violation_id

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", params=query)

    async def post(self, path: str, body: Any = None, token: str = TOKEN) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def unmask(self, violation: int, token: str = TOKEN) -> httpx.Response:
        """Ask to read what its sender wrote."""
        path = f"/violations/{violation}/unmaskings"
        return await self.post(path, {"reason": "complaint 7"}, token)

    async def listed(self, **query: Any) -> list[int]:
        """The ids that a list with these filters holds."""
        answer = await self.get("/violations", **query)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]


def _cipher() -> EvidenceCipher:
    return EvidenceCipher([bytes(32)])


@pytest.fixture
async def without_ledger() -> AsyncIterator[Desk]:
    """The API of a service whose database is away: what needs none is answered all the same."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    async with _asked(api_over(engine)) as client:
        yield Desk(engine, client, Violations(engine, _cipher()))
    await engine.dispose()


@pytest.fixture
async def desk(database: Engine) -> AsyncIterator[Desk]:
    async with _asked(api_over(database)) as client:
        yield Desk(database, client, Violations(database, _cipher()))


def api_over(database: Engine) -> FastAPI:
    """An application that has nothing but the query API."""
    app = FastAPI(docs_url="/api/docs", openapi_url="/api/openapi.json")
    install_problems(app)
    access = access_to(database)
    violations = Violations(database, _cipher())
    app.include_router(query_router(violations, Outbox(database), access))
    app.include_router(deciding_router(database, access))
    app.include_router(cases_router(Unmaskings(database, violations), access))
    return app


def access_to(database: Engine) -> Access:
    """Access for Alice and Bob by the settings, and for whoever has a token of the ledger."""
    tokens = {"alice": TOKEN, "bob": OTHER_TOKEN}
    logins = Logins(
        Sessions(database, idle=timedelta(1), lifetime=timedelta(1), clock=_now),
        ApiTokens(database, clock=_now),
        Cookies.over(tls=False),
    )
    return Access(ApiSettings.model_validate({"tokens": tokens}), logins)


async def department_admin(database: Engine, *departments: int) -> str:
    """A token of somebody who may judge what happens in these departments."""
    grant = Grant(roles=frozenset({*Role} - {Role.ADMIN}), departments=frozenset(departments))
    name = f"admin-{departments}"
    newcomer = accounts.Newcomer(name=name, display=name, source=accounts.Source.OIDC, subject=name)
    account = await accounts.Accounts(database, clock=_now).add(newcomer, grant, by="root")
    assert account is not None
    tokens = ApiTokens(database, clock=_now)
    _, value = await tokens.create(account, "t", frozenset(Right), lasts=timedelta(1))
    return value


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(api: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(api, raise_app_exceptions=False),
        base_url="http://test",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
