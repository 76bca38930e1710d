"""Log-in at the company's OpenID Connect provider: authorization code flow with PKCE.

OpenID Connect Core 1.0 §3.1 and Discovery 1.0; RFC 7636 (PKCE), RFC 9700 (what to beware of).
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from moderator.domain.access import Grant
from moderator.errors import IdentityError
from moderator.identity.flow import Flow
from moderator.identity.granting import grant_of
from moderator.settings import OidcSettings
from moderator.settings.values import is_loopback

_ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
)
_INVALID: Final = (JoseError, ValueError)  # ValueError: no key that fits
_FRESH: Final = 3600.0  # seconds that the discovered metadata and keys are used
_SOON: Final = 60.0  # seconds before an unknown key makes them be fetched again
_LEEWAY: Final = 60  # seconds that two clocks may differ
_PATIENCE: Final = httpx.Timeout(10.0)
_LARGEST: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The person the provider named; `subject` is permanently theirs, `name` is not."""

    subject: str
    name: str
    display: str
    grant: Grant | None


@dataclass(frozen=True, slots=True)
class _Discovered:
    """The provider's metadata and keys, and when they were fetched."""

    metadata: Mapping[str, Any]
    keys: KeySet
    at: float


class Provider:
    """Sends people to the provider and understands what they come back with.

    Its methods raise `IdentityError`.
    """

    def __init__(
        self,
        settings: OidcSettings,
        http: httpx.AsyncClient,
        *,
        redirect_uri: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._issuer = str(settings.issuer)
        self._http = http
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._known: _Discovered | None = None

    async def address(self, flow: Flow) -> str:
        """Where the browser has to go."""
        told = await self._discovered()
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(dict.fromkeys(("openid", *self._settings.scopes))),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        address = _address(told.metadata, "authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    async def identify(self, code: str, flow: Flow) -> Identity:
        """The person whom the returned code identifies."""
        told = await self._discovered()
        answer = await self._exchange(told.metadata, code, flow)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise IdentityError("the provider gave no id_token")
        claims = await self._verified(token, told, flow)
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims["sub"])
        name = str(claims.get(self._settings.name_claim) or claims.get("email") or subject)
        return Identity(
            subject=f"{self._issuer} {subject}",
            name=name,
            display=str(claims.get("name") or name),
            grant=grant_of(claims.get(self._settings.roles_claim), self._settings),
        )

    async def _exchange(
        self, metadata: Mapping[str, Any], code: str, flow: Flow
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": flow.verifier,
        }
        kept, client_id = self._settings.client_secret, self._settings.client_id
        secret = kept.get_secret_value() if kept else ""
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = bool(secret) and "client_secret_basic" in methods
        if not basic:
            form |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
        auth = httpx.BasicAuth(quote_plus(client_id), quote_plus(secret)) if basic else None
        return await self._ask("POST", _address(metadata, "token_endpoint"), form, auth)

    async def _verified(self, token: str, told: _Discovered, flow: Flow) -> Mapping[str, Any]:
        try:
            claims = _decoded(token, told.keys)
        except _INVALID as error:
            # Its keys may have changed since.
            if self._clock() - told.at < _SOON:
                raise _invalid_token(error) from error
            self._known = None
            try:
                claims = _decoded(token, (await self._discovered()).keys)
            except _INVALID as again:
                raise _invalid_token(again) from again
        self._check(claims, flow)
        return claims

    def _check(self, claims: Mapping[str, Any], flow: Flow) -> None:
        """OpenID Connect Core §3.1.3.7."""
        client_id = self._settings.client_id
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._issuer},
            sub={"essential": True},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": flow.nonce},
        )
        try:
            registry.validate(dict(claims))
        except _INVALID as error:
            raise _invalid_token(error) from error
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client_id:
            raise IdentityError("id_token: azp")

    async def _discovered(self) -> _Discovered:
        now, known = self._clock(), self._known
        if known is not None and now - known.at < _FRESH:
            return known
        base = self._issuer.rstrip("/")
        metadata = await self._ask("GET", f"{base}/.well-known/openid-configuration")
        # As pydantic writes an address, an issuer without a path ends in a slash.
        if str(metadata.get("issuer", "")).rstrip("/") != base:
            raise IdentityError("the provider calls itself by another issuer")
        self._issuer = str(metadata["issuer"])
        found = await self._ask("GET", _address(metadata, "jwks_uri"))
        self._known = _Discovered(metadata, _keys(found), now)
        return self._known

    async def _ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
    ) -> Mapping[str, Any]:
        try:
            answer = await self._http.request(
                method,
                address,
                data=form,
                auth=auth,
                timeout=_PATIENCE,
                headers={"accept": "application/json"},
            )
        except httpx.HTTPError as error:
            raise IdentityError(
                f"the provider cannot be reached: {type(error).__name__}"
            ) from error
        return _object(answer)


def _decoded(token: str, keys: KeySet) -> Mapping[str, Any]:
    return jwt.decode(token, keys, algorithms=_ALGORITHMS).claims


def _invalid_token(error: Exception) -> IdentityError:
    return IdentityError(f"id_token: {type(error).__name__}")


def _object(answer: httpx.Response) -> Mapping[str, Any]:
    if answer.status_code != httpx.codes.OK or len(answer.content) > _LARGEST:
        raise IdentityError(f"the provider answered {answer.status_code}{_code(answer)}")
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise IdentityError("the provider answered no JSON") from error
    if not isinstance(found, dict):
        raise IdentityError("the provider answered no JSON object")
    return found


def _code(answer: httpx.Response) -> str:
    """The error's code (RFC 6749 §5.2): of what is in an answer it alone is no secret."""
    try:
        code = json.loads(answer.content[:_LARGEST]).get("error", "")
    except (ValueError, AttributeError):
        return ""
    return f": {code}" if isinstance(code, str) and code.isascii() and len(code) < 64 else ""


def _address(metadata: Mapping[str, Any], name: str) -> str:
    address = metadata.get(name)
    parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
    if parts.scheme != "https" and not (
        parts.scheme == "http" and is_loopback(parts.hostname or "")
    ):
        raise IdentityError(f"the provider has no usable {name}")
    return str(address)


def _keys(found: Mapping[str, Any]) -> KeySet:
    listed = [key for key in found.get("keys", ()) if isinstance(key, dict)]
    usable = [key for key in listed if key.get("kty") in {"RSA", "EC"} and key.get("use") != "enc"]
    try:
        return KeySet.import_key_set({"keys": usable})
    except (*_INVALID, KeyError) as error:
        raise IdentityError("the provider has no usable keys") from error
