"""Who may ask: bearer tokens from the settings, each with the name of its holder."""

import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from moderator.settings import ApiSettings, BearerToken
from moderator.web.problems import Refusal

_bearer: Final = HTTPBearer(
    auto_error=False, description="A token of `api.tokens` in the settings."
)


class Access:
    """A dependency that gives the name of the holder of the request's token.

    Raises `Refusal` 403 while no token is configured (the API is closed), else 401 without a token
    that is.  Digests are compared, all of them each time: neither a token's length nor its place
    in the settings can be measured from outside.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._holders = _digests(settings.tokens)

    async def __call__(
        self, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> str:
        if not self._holders:
            raise Refusal(
                HTTPStatus.FORBIDDEN, "closed", "The API is closed: no token is configured."
            )
        holder = self._holder(credentials.credentials) if credentials else None
        if holder is None:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "unauthorized",
                "A bearer token of this service is needed.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return holder

    def _holder(self, token: str) -> str | None:
        digest = _digest(token)
        found = [name for known, name in self._holders if hmac.compare_digest(known, digest)]
        return found[0] if found else None


def _digests(tokens: Mapping[str, BearerToken]) -> tuple[tuple[bytes, str], ...]:
    return tuple((_digest(token.get_secret_value()), name) for name, token in tokens.items())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
