"""Invitations: a code that makes its bearer a user, or gives a user a new password, once."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from moderator.domain.access import Grant, Role
from moderator.errors import NameTaken, NotFound
from moderator.ledger import audit
from moderator.ledger.access.accounts import (
    Account,
    Newcomer,
    Source,
    account_of,
    create,
    end_renewals,
)
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import invitations, sessions, users

_MOST: Final = 1000
_OPEN = (
    (invitations.c.digest == bindparam("of"))
    & (invitations.c.expires_at > bindparam("now"))
    & invitations.c.used_at.is_(None)
)
_USE = prepare(
    update(invitations).where(_OPEN).values(used_at=bindparam("now")).returning(*invitations.c)
)
_LOOK = prepare(
    select(invitations, users.c.name.label("name"))
    .join_from(invitations, users, isouter=True)
    .where(_OPEN)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation as it is listed; `name` is set where a user gets a new password."""

    id: int
    name: str
    grant: Grant
    note: str
    created_at: datetime
    created_by: str
    expires_at: datetime


class Invitations:
    """Makes, lists, revokes and redeems invitations."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def invite(
        self, grant: Grant, *, note: str = "", by: str, lasts: timedelta
    ) -> tuple[Invitation, str]:
        """An invitation to become a user with these rights, and its code, shown once."""
        return await self._make(grant, None, note=note, by=by, lasts=lasts)

    async def renew(self, account: Account, *, by: str, lasts: timedelta) -> tuple[Invitation, str]:
        """An invitation for a local user to choose a new password, and its code."""
        return await self._make(account.grant, account, note=account.name, by=by, lasts=lasts)

    async def look(self, code: str) -> Invitation | None:
        """What a code is valid for; None if it is not, or no longer, valid."""
        async with self._engine.begin() as transaction:
            row = await transaction.row(_LOOK, of=_digest(code), now=self._clock())
        return _invitation(row) if row else None

    async def redeem(self, code: str, *, name: str, display: str, password: str) -> Account | None:
        """Become a user of that name, or give the invited one a new password (a hash).

        None where the code is not good.  Raises `NameTaken`; the code stays good then.
        """
        now = self._clock()
        async with self._engine.begin() as transaction:
            used = await transaction.row(_USE, of=_digest(code), now=now)
            if used is None:
                return None
            if used["user_id"] is not None:
                return await _renew(transaction, used["user_id"], password, at=now)
            newcomer = Newcomer(name=name, display=display, source=Source.LOCAL, subject=name)
            made = await create(
                transaction,
                newcomer,
                _grant(used),
                by=used["created_by"],
                at=now,
                password=password,
            )
            if made is None:
                raise NameTaken(name)
            return made

    async def list(self) -> Sequence[Invitation]:
        """Those that are still good, newest first."""
        statement = (
            select(invitations, users.c.name.label("name"))
            .join_from(invitations, users, isouter=True)
            .where(invitations.c.used_at.is_(None), invitations.c.expires_at > self._clock())
            .order_by(invitations.c.id.desc())
            .limit(_MOST)
        )
        async with self._engine.begin() as transaction:
            return [_invitation(row) for row in await transaction.rows(statement)]

    async def revoke(self, id_: int, *, by: str) -> None:
        """Make a code worthless.  Raises `NotFound` where it is already."""
        statement = (
            delete(invitations)
            .where(invitations.c.id == id_, invitations.c.used_at.is_(None))
            .returning(invitations.c.id)
        )
        async with self._engine.begin() as transaction:
            if not await transaction.rows(statement):
                raise NotFound(f"invitation {id_}")
            deed = Deed(actor=by, action="user.uninvited", subject=f"invitation/{id_}")
            await audit.write(transaction, deed, at=self._clock())

    async def _make(
        self, grant: Grant, account: Account | None, *, note: str, by: str, lasts: timedelta
    ) -> tuple[Invitation, str]:
        now, code = self._clock(), secrets.token_urlsafe(24)
        values: dict[str, Any] = {
            "roles": sorted(role.value for role in grant.roles),
            "departments": None if grant.departments is None else sorted(grant.departments),
        }
        statement = (
            insert(invitations)
            .values(
                digest=_digest(code),
                user_id=account.id if account else None,
                note=note,
                created_at=now,
                created_by=by,
                expires_at=now + lasts,
                **values,
            )
            .returning(*invitations.c)
        )
        async with self._engine.begin() as transaction:
            (row,) = await transaction.rows(statement)
            subject = f"user/{account.id}" if account else f"invitation/{row['id']}"
            deed = Deed(actor=by, action="user.invited", subject=subject, detail=values)
            await audit.write(transaction, deed, at=now)
        return _invitation({**row, "name": account.name if account else ""}), code


async def _renew(
    transaction: Transaction, account_id: int, password: str, *, at: datetime
) -> Account:
    statement = (
        update(users)
        .where(users.c.id == account_id)
        .values(password=password, changed_at=at)
        .returning(*users.c)
    )
    (row,) = await transaction.rows(statement)
    await transaction.rows(delete(sessions).where(sessions.c.user_id == account_id))
    await end_renewals(transaction, account_id)
    deed = Deed(
        actor=row["name"],
        action="user.password_changed",
        subject=f"user/{account_id}",
        detail={"name": row["name"], "by": "invitation"},
    )
    await audit.write(transaction, deed, at=at)
    return account_of(row)


def _invitation(row: Row) -> Invitation:
    return Invitation(
        id=row["id"],
        name=row["name"] or "",
        grant=_grant(row),
        note=row["note"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
    )


def _grant(row: Row) -> Grant:
    departments = row["departments"]
    return Grant(
        roles=frozenset(map(Role, row["roles"])),
        departments=None if departments is None else frozenset(departments),
    )


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.strip().encode("utf-8", "surrogateescape")).digest()
