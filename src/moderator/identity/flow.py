"""One log-in that goes by way of another site, bound to the browser that began it."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flow:
    """What has to come back: all of it follows from a secret that only the browser keeps.

    So nothing is stored here for people who never return, and whoever has another browser's
    answer (`state`, RFC 6749 §10.12), another's token (`nonce`, OpenID Connect Core §3.1.2.1) or
    another's code (`verifier`, RFC 7636) can do nothing with it.
    """

    secret: str

    @classmethod
    def begin(cls) -> "Flow":
        return cls(secrets.token_urlsafe(32))

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The challenge (S256) sent instead of the verifier when asking for the code."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def is_answered_by(self, state: str) -> bool:
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "surrogateescape"))

    def _derived(self, purpose: str) -> str:
        return _text(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
