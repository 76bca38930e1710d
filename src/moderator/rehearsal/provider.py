"""A small OpenID Connect provider, to be logged in at: code flow with PKCE, signed tokens.

It keeps to OpenID Connect Core 1.0 and RFC 7636, and refuses what they say is to be refused.
Whoever looks at its page has no password: people stand in a list, and a click is a log-in.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

_GOOD_FOR = 60.0  # seconds, of a code
_LASTS = 300  # seconds, of a token


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": secrets.token_hex(8)})


@dataclass(frozen=True, slots=True)
class _Grant:
    """What a code was given for."""

    subject: str
    query: Mapping[str, str]
    at: float


@dataclass(slots=True)
class ProviderStandIn:
    """An ASGI app.  `people` are claims by `sub`; the issuer is the address it is asked at.

    `amend` changes the claims, and `sign` the token, of all id_tokens from then on, to what no
    provider should say.
    """

    client_id: str
    client_secret: str
    people: Mapping[str, Mapping[str, Any]]
    clock: Callable[[], float] = time.time
    amend: Callable[[dict[str, Any]], dict[str, Any]] = dict
    sign: Callable[[dict[str, Any]], str] | None = None
    key: RSAKey = field(default_factory=_new_key)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, _Grant] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discover),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )
        await app(scope, receive, send)

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.key = _new_key()

    async def _discover(self, request: Request) -> Response:
        self.asked.append("discovery")
        issuer = _issuer(request)
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _keys(self, _: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        query = request.query_params
        wanted = ("response_type", "client_id", "code_challenge_method")
        if [query.get(name) for name in wanted] != ["code", self.client_id, "S256"]:
            return HTMLResponse("<!doctype html><h1>invalid_request</h1>", 400)
        chosen = query.get("as")
        if chosen is None:
            return HTMLResponse(self._page(request))
        told = {"state": query.get("state", "")}
        if chosen not in self.people:
            told |= {"error": "access_denied"}
        else:
            code = secrets.token_urlsafe(24)
            self._codes[code] = _Grant(chosen, dict(query), self.clock())
            told |= {"code": code}
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(told)}", 302)

    def _page(self, request: Request) -> str:
        def link(subject: str, name: object) -> str:
            query = urlencode({**request.query_params, "as": subject})
            return f'<li><a href="/authorize?{escape(query)}">{escape(str(name))}</a></li>'

        people = self.people.items()
        links = "".join(link(subject, claims.get("name", subject)) for subject, claims in people)
        head = "<!doctype html><html lang=zh><meta charset=utf-8><title>公司账号</title>"
        return f"{head}<h1>公司账号</h1><ul>{links}</ul></html>"

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not self._is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or not self._fits(grant, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = self.amend(self._claims(_issuer(request), grant))
        token = self.sign(claims) if self.sign else self.signed(claims)
        answer = {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer"}
        return JSONResponse({**answer, "expires_in": _LASTS, "id_token": token})

    def signed(self, claims: Mapping[str, Any]) -> str:
        """An id_token with these claims."""
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, dict(claims), self.key)

    def _is_client(self, request: Request) -> bool:
        """RFC 6749 §2.3.1."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        return [unquote_plus(name), unquote_plus(secret)] == [self.client_id, self.client_secret]

    def _fits(self, grant: _Grant, form: Mapping[str, str]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return (
            form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == grant.query.get("redirect_uri")
            and challenge == grant.query.get("code_challenge")
            and self.clock() - grant.at <= _GOOD_FOR
        )

    def _claims(self, issuer: str, grant: _Grant) -> dict[str, Any]:
        now = int(self.clock())
        told = {"iss": issuer, "aud": self.client_id, "iat": now, "exp": now + _LASTS}
        nonce = {"nonce": grant.query["nonce"]} if "nonce" in grant.query else {}
        return {**self.people[grant.subject], **told, **nonce, "sub": grant.subject}


def _issuer(request: Request) -> str:
    return str(request.base_url).rstrip("/")
