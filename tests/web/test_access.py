from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI

from moderator.domain.access import Actor, Right
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.problems import install_problems

ALICE = "a1" * 20
BOB = "b2" * 20


def guarded(tokens: dict[str, str]) -> httpx.AsyncClient:
    """An application whose only page tells who asks."""
    app = FastAPI()
    install_problems(app)
    access = Access(ApiSettings.model_validate({"tokens": tokens}))

    @app.get("/who")
    async def who(actor: Annotated[Actor, Depends(access.needs(Right.SEE))]) -> str:
        return actor.name

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with guarded({"alice": ALICE, "bob": BOB}) as client:
        yield client


@pytest.mark.parametrize(("token", "name"), [(ALICE, "alice"), (BOB, "bob")])
async def test_a_token_opens_and_names_its_holder(
    client: httpx.AsyncClient, token: str, name: str
) -> None:
    """Whoever decides is known by the name that stands beside the token in the settings."""
    answer = await client.get("/who", headers={"Authorization": f"Bearer {token}"})

    assert answer.json() == name


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {ALICE}x",
        f"Bearer {ALICE[:-1]}",
        f"Basic {ALICE}",
        ALICE,
    ],
)
async def test_anything_else_is_refused(client: httpx.AsyncClient, header: str | None) -> None:
    """No token, a wrong one or another scheme: 401, which names the scheme that is wanted."""
    headers = {} if header is None else {"Authorization": header}

    answer = await client.get("/who", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"] == "unauthorized"


@pytest.mark.parametrize("header", ["Bearer ", f"Bearer {ALICE}", "Bearer None"])
async def test_without_configured_tokens_the_api_is_closed(header: str) -> None:
    """A service whose settings name no token lets nobody in, whatever they bring."""
    async with guarded({}) as client:
        answer = await client.get("/who", headers={"Authorization": header})

    assert answer.status_code == 403
    assert answer.json()["error"] == "closed"


async def test_a_token_that_is_not_ascii_is_refused_like_any_other(
    client: httpx.AsyncClient,
) -> None:
    """Bytes beyond ASCII in the header are a wrong token, not an error."""
    answer = await client.get("/who", headers=[(b"Authorization", b"Bearer \xff\xe4")])

    assert answer.status_code == 401
