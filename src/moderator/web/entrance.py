"""How people come in: with a password, an invitation, or by what another site says of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from moderator.domain.access import Grant, folded
from moderator.errors import AccountChanged, NameTaken
from moderator.identity.passwords import Passwords, fault_of
from moderator.ledger.access.accounts import Account, Accounts, Newcomer
from moderator.ledger.access.attempts import Attempts, Guessed
from moderator.ledger.access.invitations import Invitation, Invitations
from moderator.ledger.access.sessions import Sessions, Visit
from moderator.ledger.audit import Audit, Deed

# No blanks and brackets: names with these are of people and programs from elsewhere.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LONGEST_DISPLAY: Final = 64


class Reason(StrEnum):
    """Why a log-in is refused; its text is `login.fault_VALUE`."""

    WRONG = "wrong"  # whatever of it is
    WAIT = "wait"
    CODE = "code"
    NAME = "name"
    NAME_TAKEN = "name_taken"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_SIMPLE = "too_simple"
    NOT_EXPECTED = "not_expected"
    PROVIDER = "provider"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(unsafe_hash=True)
class LoginRefused(Exception):
    """The log-in is refused; another attempt makes sense after `wait`."""

    reason: Reason
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What somebody chose who was invited."""

    name: str
    display: str
    password: str


class Entrance:
    """Lets people in.  Every attempt is counted first, and every outcome is in the audit log.

    All methods raise `LoginRefused`.
    """

    def __init__(
        self,
        accounts: Accounts,
        invitations: Invitations,
        attempts: Attempts,
        sessions: Sessions,
        audit: Audit,
        *,
        passwords: Passwords,
        reserved: Iterable[str],
        clock: Callable[[], datetime],
    ) -> None:
        """`reserved` names are those of the settings' tokens: no user may pass for one."""
        self.accounts = accounts
        self.invitations = invitations
        self.sessions = sessions
        self.passwords = passwords
        self._attempts = attempts
        self._audit = audit
        self._reserved = frozenset(map(folded, reserved))
        self._clock = clock

    async def by_password(self, name: str, password: str, visit: Visit) -> Account:
        """The user of that name, if this is their password.

        Unknown names, users without a password and disabled ones cost the same work, and get the
        same answer, as a wrong password.
        """
        name = name.strip().lower()
        account, address = Guessed.account(name), Guessed.address(visit.address)
        found = await self.accounts.credentials(name) if _NAME.fullmatch(name) else None
        await self._admit(visit, account, address, whose=found[0] if found else None)
        fits = await self.passwords.verify(password, found[1] if found else "")
        if found is None or not fits or found[0].disabled_at:
            await self._note_failure(found[0] if found else None, visit)
            raise LoginRefused(Reason.WRONG)
        await self._attempts.forgive(account, address)
        await self._keep_current(found[0], found[1], password)
        return found[0]

    async def look(self, code: str, visit: Visit) -> Invitation:
        """What an invitation is good for."""
        await self._admit(visit, Guessed.address(visit.address))
        invitation = await self.invitations.look(code)
        if invitation is None:
            await self._note_failure(None, visit)
            raise LoginRefused(Reason.CODE)
        return invitation

    async def by_invitation(self, code: str, chosen: Chosen, visit: Visit) -> Account:
        """A new user, or one with a new password."""
        invitation = await self.look(code, visit)
        name = invitation.name or chosen.name.strip().lower()
        self._check(name, chosen.password)
        hashed = await self.passwords.hash(chosen.password)
        display = _shown(chosen.display) or name
        try:
            made = await self.invitations.redeem(code, name=name, display=display, password=hashed)
        except NameTaken as error:
            raise LoginRefused(Reason.NAME_TAKEN) from error
        if made is None or made.disabled_at:
            raise LoginRefused(Reason.CODE)
        await self._attempts.forgive(Guessed.account(name), Guessed.address(visit.address))
        return made

    async def admit_answer(self, visit: Visit) -> None:
        """Count what came back from another site as a guess, before that site is asked."""
        await self._admit(visit, Guessed.address(visit.address))

    async def by_other_site(self, newcomer: Newcomer, told: Grant | None, visit: Visit) -> Account:
        """Whoever another site knows, if it or an admin here says what they may do."""
        account = await self.accounts.welcome(newcomer, told)
        if account is None or account.disabled_at:
            await self._note_failure(account, visit, who=newcomer.name)
            raise LoginRefused(Reason.NOT_EXPECTED)
        await self._attempts.forgive(Guessed.account(account.name), Guessed.address(visit.address))
        return account

    async def change_password(self, account_id: int, old: str, new: str, visit: Visit) -> Account:
        """Another password for a local user who knows the one before; all log-ins end."""
        account = await self.accounts.one(account_id)
        proved = await self.by_password(account.name, old, visit)
        self._check(account.name, new)
        hashed = await self.passwords.hash(new)
        try:
            return await self.accounts.set_password(proved, hashed, by=account.name)
        except AccountChanged as error:
            raise LoginRefused(Reason.WRONG) from error

    async def begin(self, account: Account, visit: Visit, *, replaces: str) -> str:
        """The secret of a session of whoever just proved who they are.

        Raises `LoginRefused` where what they proved it with was changed meanwhile.
        """
        try:
            return await self.sessions.begin(account, visit, replaces=replaces)
        except AccountChanged as error:
            await self._note_failure(account, visit)
            raise LoginRefused(Reason.WRONG) from error

    async def _admit(self, visit: Visit, *guessed: Guessed, whose: Account | None = None) -> None:
        refused = _deed("login.throttled", whose, visit)
        wait = await self._attempts.admit(*guessed, refused=refused)
        if wait > timedelta(0):
            raise LoginRefused(Reason.WAIT, wait)

    def _check(self, name: str, password: str) -> None:
        if not _NAME.fullmatch(name):
            raise LoginRefused(Reason.NAME)
        if folded(name) in self._reserved:
            raise LoginRefused(Reason.NAME_TAKEN)
        if fault := fault_of(password, name):
            raise LoginRefused(Reason(fault))

    async def _keep_current(self, account: Account, kept: str, password: str) -> None:
        if self.passwords.is_outdated(kept):
            better = await self.passwords.hash(password)
            await self.accounts.rehash(account.id, kept, better)

    async def _note_failure(self, account: Account | None, visit: Visit, *, who: str = "") -> None:
        deed = _deed("login.failed", account, visit, who=who)
        await self._audit.write(deed, at=self._clock())


def _deed(action: str, account: Account | None, visit: Visit, *, who: str = "") -> Deed:
    """Without what was typed for a name: it may be a password."""
    return Deed(
        actor=account.name if account else who,
        action=action,
        subject=f"user/{account.id}" if account else "",
        detail={"method": visit.method, "address": visit.address},
    )


def _shown(display: str) -> str:
    """Without what nobody could see, and PostgreSQL would not keep."""
    return "".join(filter(str.isprintable, display)).strip()[:_LONGEST_DISPLAY]
