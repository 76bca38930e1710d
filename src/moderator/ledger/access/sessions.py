"""Who is logged in.  Cookies are 256 random bits; only their digests are kept.

A session gets a new secret every quarter of an hour in which it is used.  The one before is good
for as long as requests may still be under way that carry it: a minute from when the new one first
came back, and until then, since the answer that brought it may have been lost.  Whoever shows it
later took it from somebody: then the session ends.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from moderator.errors import AccountChanged
from moderator.ledger import audit
from moderator.ledger.access.accounts import Account, account_of
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import sessions, users

_SEEN_EVERY: Final = timedelta(minutes=1)  # a look at a page is no write
ROTATED_EVERY: Final = timedelta(minutes=15)
GRACE: Final = timedelta(minutes=1)
_LONGEST_TEXT: Final = 200  # of what a browser says of itself

_SHOWN = or_(sessions.c.digest == bindparam("shown"), sessions.c.previous == bindparam("shown"))
_FIND = prepare(
    select(
        users,
        *(sessions.c.digest, sessions.c.followed_at, sessions.c.seen_at.label("used_at")),
        func.coalesce(sessions.c.rotated_at, sessions.c.began_at).label("rotated_at"),
    )
    .join_from(sessions, users)
    .where(
        _SHOWN,
        sessions.c.ends_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle_since"),
        users.c.disabled_at.is_(None),
    )
)
_OF = sessions.c.digest == bindparam("of")
_TOUCH = prepare(
    update(sessions)
    .where(_OF)
    .values(
        seen_at=bindparam("now"),
        followed_at=func.coalesce(sessions.c.followed_at, bindparam("followed_at")),
    )
)
_ROTATE = prepare(
    update(sessions)
    .where(_OF)
    .values(
        digest=bindparam("new"),
        previous=bindparam("shown"),
        rotated_at=bindparam("now"),
        followed_at=None,
        seen_at=bindparam("now"),
    )
    .returning(sessions.c.digest)
)
_END = prepare(delete(sessions).where(_SHOWN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where and how somebody logs in; `method` is such as `password`."""

    method: str
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Whose session a secret is of, and the `renewed` secret; empty while it stays."""

    account: Account
    renewed: str


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
        """The secret of a new session; what the browser showed before is good no more.

        Raises `AccountChanged` where what they proved it with, or what they may do, is another now.
        """
        now, secret = self._clock(), _new_secret()
        async with self._engine.begin() as transaction:
            # First: whoever changes the user waits for this, or this for them.
            await _see(transaction, account, at=now)
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
            detail = {"method": visit.method, "address": visit.address}
            await audit.write(transaction, _deed(account, "login.succeeded", detail), at=now)
        return secret

    async def find(self, secret: str) -> Entered | None:
        """Whose session it is; None if it never was, has ended, or theirs is disabled."""
        now, shown = self._clock(), _digest(secret)
        async with self._engine.begin() as transaction:
            found = await transaction.row(_FIND, shown=shown, now=now, idle_since=now - self._idle)
            if found is None:
                return None
            account, is_own = account_of(found), bytes(found["digest"]) == shown
            if not is_own and _is_late(found, now):
                await transaction.rows(_END, shown=shown)
                await audit.write(transaction, _deed(account, "login.replayed", {}), at=now)
                return None
            if _is_due(found, now, is_own=is_own):
                return Entered(account, await _rotated(transaction, found, secret, at=now))
            followed = is_own and found["followed_at"] is None
            if followed or found["used_at"] < now - _SEEN_EVERY:
                told = {"now": now, "followed_at": now if is_own else None}
                await transaction.rows(_TOUCH, of=found["digest"], **told)
        return Entered(account, "")

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


async def _see(transaction: Transaction, account: Account, *, at: datetime) -> None:
    """Keep that a user came in, if nothing of them changed since they were read."""
    same = (users.c.changed_at == account.changed_at) & users.c.disabled_at.is_(None)
    seen = update(users).where(users.c.id == account.id, same).values(seen_at=at)
    if not await transaction.rows(seen.returning(users.c.id)):
        raise AccountChanged(account.name)


async def _rotated(transaction: Transaction, found: Row, secret: str, *, at: datetime) -> str:
    """The next secret of a session; empty where another request was quicker."""
    renewed = _new_secret(after=secret)
    told = {"new": _digest(renewed), "shown": _digest(secret), "now": at}
    return renewed if await transaction.rows(_ROTATE, of=found["digest"], **told) else ""


def _is_due(found: Row, now: datetime, *, is_own: bool) -> bool:
    """The secret is old, or the one after it never came back: its answer may have been lost."""
    age: timedelta = now - found["rotated_at"]
    return age >= ROTATED_EVERY if is_own else found["followed_at"] is None and age >= GRACE


def _is_late(found: Row, now: datetime) -> bool:
    """Nobody can still be on the way with the secret before: the next one came back long ago."""
    return found["followed_at"] is not None and now - found["followed_at"] >= GRACE


async def _end(transaction: Transaction, secret: str) -> None:
    if secret:
        await transaction.rows(_END, shown=_digest(secret))


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
        own=own in (bytes(row["digest"]), row["previous"]),
    )


def _new_secret(after: str = "") -> str:
    """What stands before the point stays: forms that were shown before a change are good after."""
    lasting = after.partition(".")[0] or secrets.token_urlsafe(32)
    return f"{lasting}.{secrets.token_urlsafe(32)}"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
