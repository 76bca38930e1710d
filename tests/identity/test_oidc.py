"""The company's provider: whom it names is believed, and only where everything fits."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from moderator.domain.access import Grant, Role
from moderator.errors import IdentityError
from moderator.identity.flow import Flow
from moderator.identity.oidc import Provider
from moderator.rehearsal.provider import ProviderStandIn
from moderator.rehearsal.serving import serving
from moderator.settings import OidcSettings

BACK = "https://desk.company.test/console/login/oidc/return"
SECRET = "s3cr%t:" + "7f" * 12
PEOPLE = {
    "u-1": {"preferred_username": "wang.lei", "name": "王磊", "groups": ["desk", "staff"]},
    "u-2": {"preferred_username": "li.na", "groups": ["staff"]},
}


class Company:
    """A provider that runs, and the service's side of it."""

    def __init__(self, stand_in: ProviderStandIn, issuer: str, http: httpx.AsyncClient) -> None:
        self.stand_in = stand_in
        self.issuer = issuer
        self.http = http
        self.ahead = 0.0
        self.provider = Provider(
            settings(issuer), http, redirect_uri=BACK, clock=lambda: time.time() + self.ahead
        )

    async def code(self, flow: Flow, subject: str = "u-1") -> str:
        """Log in at the provider as a browser does; the code that it sends back."""
        address = await self.provider.address(flow)
        answer = await self.http.get(f"{address}&as={subject}")
        back = urlsplit(answer.headers["location"])
        query = parse_qs(back.query)
        assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
        assert flow.is_answered_by(query["state"][0])
        return query["code"][0]


def settings(issuer: str, **changes: Any) -> OidcSettings:
    return OidcSettings.model_validate(
        {
            "issuer": issuer,
            "client_id": "desk client",
            "client_secret": SECRET,
            "roles": {"desk": ["reviewer"]},
            **changes,
        }
    )


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    stand_in = ProviderStandIn("desk client", SECRET, PEOPLE)
    async with serving(stand_in) as issuer, httpx.AsyncClient() as http:
        yield Company(stand_in, issuer, http)


async def test_a_person_is_named(company: Company) -> None:
    """Their subject is the provider's own, with its issuer; their groups give them roles."""
    flow = Flow.begin()

    found = await company.provider.identify(await company.code(flow), flow)

    assert found.subject == f"{company.issuer} u-1"
    assert (found.name, found.display) == ("wang.lei", "王磊")
    assert found.grant == Grant(roles=frozenset({Role.REVIEWER}))


async def test_whose_groups_give_nothing_may_do_nothing(company: Company) -> None:
    """The provider knows them; nobody here gave their groups a role."""
    flow = Flow.begin()

    found = await company.provider.identify(await company.code(flow, "u-2"), flow)

    assert found.grant is None


async def test_a_code_is_good_once(company: Company) -> None:
    """A code that somebody saw in an address is worth nothing after its use."""
    flow = Flow.begin()
    code = await company.code(flow)
    await company.provider.identify(code, flow)

    with pytest.raises(IdentityError, match="invalid_grant"):
        await company.provider.identify(code, flow)


async def test_a_stolen_code_needs_its_browser(company: Company) -> None:
    """Without the verifier that only the first browser's cookie gives, the code is refused."""
    code = await company.code(Flow.begin())

    with pytest.raises(IdentityError, match="invalid_grant"):
        await company.provider.identify(code, Flow.begin())


@pytest.mark.parametrize(
    "amend",
    [
        lambda claims: {**claims, "nonce": "another"},
        lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
        lambda claims: {**claims, "aud": "another client"},
        lambda claims: {**claims, "aud": ["desk client", "another client"]},
        lambda claims: {**claims, "iss": "https://elsewhere.test"},
        lambda claims: {**claims, "exp": claims["iat"] - 3600},
        lambda claims: {name: value for name, value in claims.items() if name != "exp"},
        lambda claims: {**claims, "iat": claims["iat"] + 3600},
        lambda claims: {name: value for name, value in claims.items() if name != "sub"},
    ],
    ids=["nonce", "no nonce", "aud", "no azp", "iss", "exp", "no exp", "iat", "no sub"],
)
async def test_claims_that_do_not_fit_are_refused(
    company: Company, amend: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """A token for another log-in, another client, from another issuer or of another time."""
    company.stand_in.amend = amend
    flow = Flow.begin()

    with pytest.raises(IdentityError, match="id_token"):
        await company.provider.identify(await company.code(flow), flow)


def _with_another_key(claims: dict[str, Any]) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256"}, claims, key)


def _with_the_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 2))


def _unsigned(claims: dict[str, Any]) -> str:
    token = _with_another_key(claims)
    return "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."


@pytest.mark.parametrize(
    "sign",
    [_with_another_key, _with_the_secret, _unsigned, lambda _: "no token", lambda _: "a.b.c"],
    ids=["another key", "HS256", "none", "text", "dots"],
)
async def test_signatures_that_do_not_fit_are_refused(
    company: Company, sign: Callable[[dict[str, Any]], str]
) -> None:
    """Only the provider's own keys count, and only what is no shared secret."""
    company.stand_in.sign = sign
    flow = Flow.begin()

    with pytest.raises(IdentityError, match="id_token"):
        await company.provider.identify(await company.code(flow), flow)


async def test_a_new_key_is_learnt(company: Company) -> None:
    """A provider that changes its keys locks nobody out."""
    await company.provider.address(Flow.begin())
    company.stand_in.rotate()
    company.ahead = 120.0
    flow = Flow.begin()

    found = await company.provider.identify(await company.code(flow), flow)

    assert found.name == "wang.lei"


async def test_unknown_keys_are_asked_for_no_more_than_once_a_minute(company: Company) -> None:
    """Forged tokens do not make the service ask the provider again and again."""
    company.stand_in.sign = _with_another_key
    for _ in range(3):
        flow = Flow.begin()
        with pytest.raises(IdentityError):
            await company.provider.identify(await company.code(flow), flow)

    assert company.stand_in.asked.count("keys") == 1


async def test_a_provider_that_calls_itself_otherwise_is_not_believed(company: Company) -> None:
    """One provider cannot answer for another (OpenID Connect Discovery §4.3)."""
    other = company.issuer.replace("127.0.0.1", "localhost")
    provider = Provider(settings(f"{other}/tenant"), company.http, redirect_uri=BACK)

    with pytest.raises(IdentityError):
        await provider.address(Flow.begin())


async def test_a_provider_that_is_away_is_an_error_of_its_own() -> None:
    """Nobody comes in, and what happened is said without what was sent."""
    async with httpx.AsyncClient() as http:
        provider = Provider(settings("http://127.0.0.1:9"), http, redirect_uri=BACK)
        with pytest.raises(IdentityError, match="cannot be reached"):
            await provider.address(Flow.begin())


async def test_the_address_asks_for_what_is_checked_later(company: Company) -> None:
    """State, nonce and challenge go with it, and nothing of the secret that they come from."""
    flow = Flow.begin()

    query = parse_qs(urlsplit(await company.provider.address(flow)).query)

    assert query["scope"] == ["openid profile"]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [BACK]
    sent = {query["state"][0], query["nonce"][0], query["code_challenge"][0]}
    assert sent == {flow.state, flow.nonce, flow.challenge}
    assert not sent & {flow.secret, flow.verifier}
