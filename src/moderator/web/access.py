"""Who asks, and whether they may: what every route of the API and every page of the console needs.

A program shows a bearer token (RFC 6750), of the settings or of a user; a browser a cookie.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from moderator.domain.access import Actor, Right, holder
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.access.sessions import Sessions
from moderator.settings import ApiSettings, BearerToken
from moderator.web.console.catalogue import language_of
from moderator.web.cookies import Cookies, csrf_of, is_csrf_of
from moderator.web.problems import Refusal

LOGIN: Final = "/console/login"
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110 §9.2.1
_bearer: Final = HTTPBearer(
    auto_error=False,
    description="A token of `api.tokens` in the settings, or one that a user made in the console.",
)

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody before a page; `csrf` goes into each of its forms."""

    actor: Actor
    csrf: str
    language: Literal["zh", "en"]
    at: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """Whoever asks; `cookie` is empty for a program."""

    actor: Actor
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Logins:
    """What knows users: without it only the tokens of the settings open anything."""

    sessions: Sessions
    tokens: ApiTokens
    cookies: Cookies


class Access:
    """Gives the dependencies by which routes say what right they need.

    Of the settings' tokens all digests are compared each time: neither a token's length nor its
    place in the settings can be measured from outside.
    """

    def __init__(self, settings: ApiSettings, logins: Logins | None = None) -> None:
        self._holders = _digests(settings.tokens)
        self._logins = logins

    def needs(self, right: Right) -> Callable[..., Awaitable[Actor]]:
        """For a route of the API: the caller, if they have the right.

        Raises `Refusal` 401 where nobody is known by what was shown, 403 to whoever lacks `right`,
        or changes something with a cookie and without its token in `X-CSRF-Token`, or to
        everybody while nobody could be known.
        """
        return Needs(self, right)

    def visits(self, right: Right) -> Callable[..., Awaitable[Visitor]]:
        """For a page of the console: whoever looks at it, if they may.

        Raises `Refusal` 303 to the log-in where nobody is known, 403 to whoever lacks `right` or
        posts a form without its token.
        """
        return Visits(self, right)

    async def known(self, request: Request, bearer: HTTPAuthorizationCredentials | None) -> _Known:
        """Whoever asks.  Raises `Refusal` where that is nobody."""
        if not self._holders and self._logins is None:
            raise Refusal(
                HTTPStatus.FORBIDDEN, "closed", "The API is closed: no token is configured."
            )
        known = await (self._bearer(bearer.credentials) if bearer else self._browser(request))
        if known is None:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "unauthorized",
                "A bearer token of this service is needed.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return known

    async def _bearer(self, token: str) -> _Known | None:
        digest = _digest(token)
        found = [name for known, name in self._holders if hmac.compare_digest(known, digest)]
        if found:
            return _Known(holder(found[0]))
        actor = await self._logins.tokens.find(token) if self._logins else None
        return _Known(actor) if actor else None

    async def _browser(self, request: Request) -> _Known | None:
        logins = self._logins
        cookie = logins.cookies.session.of(request) if logins else ""
        entered = await logins.sessions.find(cookie) if logins and cookie else None
        if logins is None or entered is None:
            return None
        if entered.renewed:
            logins.cookies.session.renew(request, entered.renewed)
        return _Known(entered.account.actor(), cookie)


@dataclass(frozen=True, slots=True)
class Needs:
    """What `Access.needs` gives."""

    access: Access
    right: Right

    async def __call__(self, request: Request, bearer: Bearer) -> Actor:
        known = await self.access.known(request, bearer)
        if known.cookie and request.method not in _SAFE:
            _check_csrf(known, request.headers.get(CSRF_HEADER))
        _check_right(known.actor, self.right)
        return known.actor


@dataclass(frozen=True, slots=True)
class Visits:
    """What `Access.visits` gives; `request.state.visitor` is set, for what else looks at it."""

    access: Access
    right: Right

    async def __call__(self, request: Request, bearer: Bearer) -> Visitor:
        try:
            known = await self.access.known(request, bearer)
        except Refusal as refusal:
            raise _sent_to_login(request) from refusal
        visitor = Visitor(
            actor=known.actor,
            csrf=csrf_of(known.cookie) if known.cookie else "",
            language=language_of(request),
            at=datetime.now(UTC),
        )
        request.state.visitor = visitor
        if known.cookie and request.method not in _SAFE:
            _check_csrf(known, await _told(request))
        _check_right(known.actor, self.right)
        return visitor


def _check_right(actor: Actor, right: Right) -> None:
    if not actor.may(right):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "forbidden",
            f"This needs the right {right}, which you do not have.",
        )


def _check_csrf(known: _Known, given: object) -> None:
    if not is_csrf_of(known.cookie, given):
        raise Refusal(
            HTTPStatus.FORBIDDEN,
            "csrf",
            "This is not from a page of this service: X-CSRF-Token is missing or wrong.",
        )


async def _told(request: Request) -> object:
    """The token that a page sends: a script in the header, a form in its field."""
    if given := request.headers.get(CSRF_HEADER):
        return given
    return (await request.form()).get(CSRF_FIELD)


def _sent_to_login(request: Request) -> Refusal:
    """To the log-in, and from there back; what was posted has to be posted again."""
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = f"?{urlencode({'next': back})}" if request.method == "GET" else ""
    return Refusal(
        HTTPStatus.SEE_OTHER, "login", "Log in first.", headers={"location": f"{LOGIN}{query}"}
    )


def _digests(tokens: Mapping[str, BearerToken]) -> tuple[tuple[bytes, str], ...]:
    return tuple((_digest(token.get_secret_value()), name) for name, token in tokens.items())


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
