"""Guesses at passwords and codes: how many there were, and how long the next has to wait.

Kept in the database, so that it holds for all processes together.  A guess is counted before it is
looked at: however many come at the same moment, no more get through than are allowed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from sqlalchemy import any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import LargeBinary

from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import login_attempts

FORGOTTEN_AFTER: Final = timedelta(days=1)
LONGEST_WAIT: Final = timedelta(minutes=15)
_MOST: Final = 10_000  # cleared away at once

_NETWORK: Final = 64  # bits that a connection with IPv6 is given: all behind them are one

_OF = login_attempts.c.key == bindparam("of")
_ANY_OF = login_attempts.c.key == any_(bindparam("keys", type_=ARRAY(LargeBinary)))
_KEEP = prepare(
    insert(login_attempts)
    .values(
        key=bindparam("key"),
        failures=0,
        last_at=bindparam("now"),
        wait_until=bindparam("now"),
    )
    .on_conflict_do_nothing()
)
_LOCK = prepare(
    select(login_attempts).where(_ANY_OF).order_by(login_attempts.c.key).with_for_update()
)
_COUNT = prepare(
    update(login_attempts)
    .where(_OF)
    .values(
        failures=bindparam("failures"),
        last_at=bindparam("last_at"),
        wait_until=bindparam("wait_until"),
    )
)
_GIVE_BACK = prepare(
    update(login_attempts)
    .where(_OF)
    .values(failures=func.greatest(login_attempts.c.failures - 1, 0), wait_until=bindparam("now"))
)
_TELL = prepare(
    update(login_attempts).where(_ANY_OF).values(told_until=login_attempts.c.wait_until)
)
_FORGET = prepare(delete(login_attempts).where(_OF))
_CLEAR = prepare(
    delete(login_attempts)
    .where(
        login_attempts.c.key.in_(
            select(login_attempts.c.key)
            .where(login_attempts.c.last_at < bindparam("before"))
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        )
    )
    .returning(login_attempts.c.key)
)


@dataclass(frozen=True, slots=True)
class Guessed:
    """What is guessed at: somebody's account, or anything from one address.

    `free` guesses in a day wait for nothing; each one after doubles the wait, from a second on.
    """

    what: str
    free: int

    @classmethod
    def account(cls, name: str) -> "Guessed":
        return cls(f"account {name}", 5)

    @classmethod
    def address(cls, address: str) -> "Guessed":
        """More are free: a whole office may share one."""
        return cls(f"address {_place(address)}", 30)

    @property
    def key(self) -> bytes:
        return hashlib.sha256(self.what.encode("utf-8", "surrogateescape")).digest()


class Attempts:
    """Counts guesses and says how long the next has to wait."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def admit(self, *guessed: Guessed, refused: Deed | None = None) -> timedelta:
        """Count a guess; zero where it may be made now, else the wait, and it does not count.

        `refused` is written into the audit log at the first of those that come during one wait.
        """
        now = self._clock()
        free = {one.key: one.free for one in guessed}
        async with self._engine.begin() as transaction:
            rows = await _locked(transaction, sorted(free), now)
            wait: timedelta = max(row["wait_until"] - now for row in rows)
            if wait > timedelta(0):
                await _tell(transaction, rows, refused, now)
                return wait
            for row in rows:
                key, failures = bytes(row["key"]), _failures(row, now) + 1
                await transaction.rows(
                    _COUNT,
                    of=key,
                    failures=failures,
                    last_at=now,
                    wait_until=now + wait_after(failures, free[key]),
                )
        return timedelta(0)

    async def forgive(self, account: Guessed, address: Guessed) -> None:
        """It was no guess: forget those before at the account, and this one at the address.

        Not all at the address: whoever has an account could guess at others from there for ever.
        """
        async with self._engine.begin() as transaction:
            await transaction.rows(_FORGET, of=account.key)
            await transaction.rows(_GIVE_BACK, of=address.key, now=self._clock())

    async def forget(self, guessed: Guessed) -> None:
        """Whoever waits because of wrong guesses at this may go on at once."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_FORGET, of=guessed.key)

    async def erase_expired(self, now: datetime) -> int:
        """Clear away what counts no more; how many, 0 when done."""
        async with self._engine.begin() as transaction:
            return len(await transaction.rows(_CLEAR, before=now - FORGOTTEN_AFTER))


def wait_after(failures: int, free: int) -> timedelta:
    """How long the next guess waits after so many."""
    beyond = failures - free
    return (
        timedelta(0) if beyond < 0 else min(LONGEST_WAIT, timedelta(seconds=2 ** min(beyond, 20)))
    )


async def _locked(transaction: Transaction, keys: Sequence[bytes], now: datetime) -> list[Row]:
    """The rows of these, in one order for all, so that none waits for another in a circle."""
    for key in keys:
        await transaction.rows(_KEEP, key=key, now=now)
    return await transaction.rows(_LOCK, keys=list(keys))


async def _tell(
    transaction: Transaction, rows: Sequence[Row], refused: Deed | None, now: datetime
) -> None:
    """Write that somebody waits, unless the log knows of each of these waits."""
    waits = [row for row in rows if row["wait_until"] > now]
    if refused is not None and any(row["told_until"] != row["wait_until"] for row in waits):
        await transaction.rows(_TELL, keys=[row["key"] for row in waits])
        await audit.write(transaction, refused, at=now)


def _place(address: str) -> str:
    """What has to be shared for guesses to count together."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or IPv6Network((found.packed, _NETWORK), strict=False))
    return str(found)


def _failures(row: Row, now: datetime) -> int:
    return 0 if row["last_at"] < now - FORGOTTEN_AFTER else int(row["failures"])
