"""Who is logged in.  Cookies are 256 random bits; only their digests are kept."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, insert, select, update

from moderator.ledger import audit
from moderator.ledger.access.accounts import Account, account_of
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import sessions, users

_SEEN_EVERY: Final = timedelta(minutes=1)  # a look at a page is no write
_LONGEST_TEXT: Final = 200  # of what a browser says of itself

_FIND = prepare(
    select(users, sessions.c.began_at, sessions.c.ends_at, sessions.c.seen_at.label("used_at"))
    .join_from(sessions, users)
    .where(
        sessions.c.digest == bindparam("digest"),
        sessions.c.ends_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
        users.c.disabled_at.is_(None),
    )
)
_TOUCH = prepare(
    update(sessions)
    .where(sessions.c.digest == bindparam("digest"))
    .values(seen_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where and how somebody logs in; `method` is such as `password`."""

    method: str
    address: str
    browser: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An open log-in of a user; `own`: the one that asks."""

    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    browser: str
    own: bool


class Sessions:
    """Begins, finds and ends log-ins.  They end after `idle` without a page, or `lifetime`."""

    def __init__(
        self,
        engine: Engine,
        *,
        idle: timedelta,
        lifetime: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._idle = idle
        self._lifetime = lifetime
        self._clock = clock

    async def begin(self, account: Account, visit: Visit, *, replaces: str = "") -> str:
        """The secret of a new session; what the browser showed before is good no more."""
        now, secret = self._clock(), secrets.token_urlsafe(32)
        async with self._engine.begin() as transaction:
            await transaction.rows(delete(sessions).where(sessions.c.ends_at <= now))
            await _end(transaction, replaces)
            await transaction.rows(
                insert(sessions).values(
                    digest=_digest(secret),
                    user_id=account.id,
                    began_at=now,
                    seen_at=now,
                    ends_at=now + self._lifetime,
                    address=visit.address,
                    browser=visit.browser[:_LONGEST_TEXT],
                )
            )
            seen = update(users).where(users.c.id == account.id).values(seen_at=now)
            await transaction.rows(seen)
            detail = {"method": visit.method, "address": visit.address}
            await audit.write(transaction, _deed(account, "login.succeeded", detail), at=now)
        return secret

    async def find(self, secret: str) -> Account | None:
        """Whose session it is; None if it never was, has ended, or theirs is disabled."""
        now, digest = self._clock(), _digest(secret)
        async with self._engine.begin() as transaction:
            found = await transaction.row(
                _FIND, digest=digest, now=now, idle_since=now - self._idle
            )
            if found and found["used_at"] < now - _SEEN_EVERY:
                await transaction.rows(_TOUCH, digest=digest, now=now)
        return account_of(found) if found else None

    async def end(self, secret: str, account: Account) -> None:
        """Log out; the cookie is worth nothing from now on, wherever else it is kept."""
        async with self._engine.begin() as transaction:
            await _end(transaction, secret)
            await audit.write(transaction, _deed(account, "logout", {}), at=self._clock())

    async def end_all(self, account: Account, *, by: str) -> int:
        """Log a user out everywhere; says of how many log-ins that was."""
        statement = (
            delete(sessions).where(sessions.c.user_id == account.id).returning(sessions.c.user_id)
        )
        async with self._engine.begin() as transaction:
            number = len(await transaction.rows(statement))
            deed = Deed(
                actor=by,
                action="logout",
                subject=f"user/{account.id}",
                detail={"name": account.name, "everywhere": number},
            )
            await audit.write(transaction, deed, at=self._clock())
        return number

    async def of(self, account_id: int, *, secret: str = "") -> Sequence[Session]:
        """The open sessions of a user, newest first; that of `secret` is marked."""
        now, own = self._clock(), _digest(secret)
        statement = (
            select(sessions)
            .where(
                sessions.c.user_id == account_id,
                sessions.c.ends_at > now,
                sessions.c.seen_at > now - self._idle,
            )
            .order_by(sessions.c.began_at.desc())
        )
        async with self._engine.begin() as transaction:
            found = await transaction.rows(statement)
        return [_session(row, own) for row in found]


async def _end(transaction: Transaction, secret: str) -> None:
    if secret:
        await transaction.rows(delete(sessions).where(sessions.c.digest == _digest(secret)))


def _deed(account: Account, action: str, detail: dict[str, str]) -> Deed:
    subject = f"user/{account.id}"
    return Deed(actor=account.name, action=action, subject=subject, detail=detail)


def _session(row: Row, own: bytes) -> Session:
    return Session(
        began_at=row["began_at"],
        seen_at=row["seen_at"],
        ends_at=row["ends_at"],
        address=row["address"],
        browser=row["browser"],
        own=bytes(row["digest"]) == own,
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
