"""The cookies of log-ins, and the tokens that show a request to come from a page of ours.

OWASP's cheat sheets on session management and cross-site request forgery.  `__Host-` (RFC 6265bis
§4.1.3.2) keeps other hosts of the domain from setting them; it needs TLS.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

from moderator.web.renewing import STATE

_FORM_SECONDS: Final = 3600
_FLOW_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie for this host alone, out of reach of scripts; `seconds` None: until it is closed.

    Lax, not strict: people come back from their provider by a link of another site.
    """

    name: str
    secure: bool
    seconds: int | None = None

    def of(self, request: HTTPConnection) -> str:
        """What the browser sent; empty for nothing."""
        return request.cookies.get(self.name, "")

    def give(self, answer: Response, value: str) -> None:
        answer.set_cookie(
            self.name,
            value,
            max_age=self.seconds,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def renew(self, request: HTTPConnection, value: str) -> None:
        """Give it with whatever answer the request gets, unless that says another."""
        answer = Response()
        self.give(answer, value)
        setattr(request.state, STATE, answer.raw_headers[-1])

    def take(self, answer: Response) -> None:
        answer.delete_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="lax")


@dataclass(frozen=True, slots=True)
class Cookies:
    """`session`: who is logged in; `form`: whose log-in page it is; `flow`: who went elsewhere."""

    session: Cookie
    form: Cookie
    flow: Cookie

    @classmethod
    def over(cls, *, tls: bool) -> "Cookies":
        prefix = "__Host-moderator" if tls else "moderator"
        return cls(
            session=Cookie(f"{prefix}_session", tls),
            form=Cookie(f"{prefix}_form", tls, _FORM_SECONDS),
            flow=Cookie(f"{prefix}_flow", tls, _FLOW_SECONDS),
        )


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def csrf_of(secret: str) -> str:
    """What the forms of whoever holds this cookie carry: it follows from it, and not it from it.

    From what stands before the point: the rest of a session's secret changes while forms are open.
    """
    lasting = secret.partition(".")[0].encode("utf-8", "surrogateescape")
    return hmac.digest(lasting, b"csrf", "sha256").hex()


def is_csrf_of(secret: str, given: object) -> bool:
    """Whether a form or a header carries the token of this cookie."""
    if not secret or not isinstance(given, str):
        return False
    return hmac.compare_digest(csrf_of(secret).encode(), given.encode("utf-8", "surrogateescape"))
