"""gettoken and what a token is good for (`wecom.md` §7.1)."""

import secrets
from dataclasses import dataclass

from moderator.rehearsal.allowance import Allowance
from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.company import Caller, Company

_BAN = 3600.0
_REMEMBERED = 7 * 86400.0  # an expired token is told from an invented one that long


@dataclass(slots=True)
class _Issued:
    owner: str
    until: float


class TokenDesk:
    """Issues access tokens, one for each secret, and knows whose they are."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._issued: dict[str, _Issued] = {}
        self._current: dict[str, str] = {}
        self._wrong_secrets = Allowance(company.world.limits.wrong_secrets)
        self._banned_until: dict[str, float] = {}

    def gettoken(self, asked: Asked) -> tuple[str, Answer]:
        """The caller's name and `{access_token, expires_in}`; the same token while it is good."""
        corp, secret = asked.query.get("corpid", ""), asked.query.get("corpsecret", "")
        self._refuse_incomplete(corp, secret)
        owner = self._owner_of(secret)
        if owner is None:
            self._count_wrong_secret(asked.address)
            raise Refused(40001)
        body = {"access_token": self._token_of(owner), "expires_in": self._ttl()}
        return owner, Answer(body=body)

    def caller(self, token: str | None) -> Caller:
        """Whose token it is; 41001 missing, 40014 unknown or revoked, 42001 expired."""
        if not token:
            raise Refused(41001)
        issued = self._issued.get(token)
        if issued is None:
            raise Refused(40014)
        if self._company.clock() >= issued.until:
            raise Refused(42001)
        return Caller(issued.owner, self._company.apps.get(issued.owner))

    def refuse_banned(self, address: str) -> None:
        if self._company.clock() < self._banned_until.get(address, 0.0):
            raise Refused(45009, "this address is banned for an hour after repeated wrong secrets")

    def expire_all(self) -> None:
        """Every token given out so far is expired from now on (42001)."""
        for issued in self._issued.values():
            issued.until = self._company.clock()

    def revoke_all(self) -> None:
        """WeCom voids every token early (40014)."""
        self._issued.clear()
        self._current.clear()

    def _refuse_incomplete(self, corp: str, secret: str) -> None:
        if not corp:
            raise Refused(41002)
        if not secret:
            raise Refused(41004)
        if corp != self._company.world.corp:
            raise Refused(40013)

    def _owner_of(self, secret: str) -> str | None:
        owners = {app.secret: name for name, app in self._company.apps.items()}
        if self._company.world.contacts_secret:
            owners[self._company.world.contacts_secret] = "contacts"
        return owners.get(secret)

    def _count_wrong_secret(self, address: str) -> None:
        now = self._company.clock()
        if not self._wrong_secrets.spend(address, now):
            self._banned_until[address] = now + _BAN
            self.refuse_banned(address)

    def _token_of(self, owner: str) -> str:
        now = self._company.clock()
        current = self._current.get(owner)
        if current in self._issued and self._issued[current].until > now:
            return current
        self._forget_old(now)
        token = self._current[owner] = secrets.token_urlsafe(160)
        self._issued[token] = _Issued(owner, now + self._company.world.token_ttl)
        return token

    def _forget_old(self, now: float) -> None:
        old = [token for token, issued in self._issued.items() if issued.until + _REMEMBERED < now]
        for token in old:
            del self._issued[token]

    def _ttl(self) -> int:
        return max(1, round(self._company.world.token_ttl))
