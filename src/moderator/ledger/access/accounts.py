"""Users: who they are, what they may do, and how they prove it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from moderator.domain.access import Actor, Grant, Right, Role
from moderator.errors import AccountChanged, NotFound
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import invitations, sessions, users

_BY_NAME = prepare(select(users).where(users.c.name == bindparam("name")))
_BY_SUBJECT = prepare(
    select(users)
    .where(users.c.source == bindparam("source"), users.c.subject == bindparam("subject"))
    .with_for_update()
)
_MOST: Final = 1000
_NAMESAKES: Final = 100
_NOTHING: Final = Grant(roles=frozenset())


class Source(StrEnum):
    """Where people prove who they are: here, at the company's provider, or in WeCom."""

    LOCAL = "local"
    OIDC = "oidc"
    WECOM = "wecom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A user to be; `subject` is how the source knows them, and never changes."""

    name: str
    display: str
    source: Source
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user.  `managed`: what they may do comes from their source, anew at each login."""

    id: int
    name: str
    display: str
    source: Source
    subject: str
    managed: bool
    grant: Grant
    created_at: datetime
    created_by: str
    changed_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None

    def actor(self, scope: frozenset[Right] | None = None, *, through: str = "") -> Actor:
        """The user as one who asks, `through` a token with that label."""
        return Actor(
            name=f"{self.name} ({through})" if through else self.name,
            roles=self.grant.roles,
            departments=self.grant.departments,
            scope=scope,
            account=self.id,
        )


class Accounts:
    """Keeps users; every change is written in the audit log with it."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def list(self) -> Sequence[Account]:
        """All users by name."""
        async with self._engine.begin() as transaction:
            found = await transaction.rows(select(users).order_by(users.c.name).limit(_MOST))
        return [account_of(row) for row in found]

    async def one(self, id_: int) -> Account:
        """Raises `NotFound`."""
        async with self._engine.begin() as transaction:
            return await _one(transaction, id_)

    async def credentials(self, name: str) -> tuple[Account, str] | None:
        """A user of that name with the hash of their password, empty where they have none."""
        async with self._engine.begin() as transaction:
            row = await transaction.row(_BY_NAME, name=name)
        return (account_of(row), row["password"]) if row else None

    async def add(self, newcomer: Newcomer, grant: Grant, *, by: str) -> Account | None:
        """A user from elsewhere, expected; None where there is such a one, or one of that name."""
        async with self._engine.begin() as transaction:
            return await create(transaction, newcomer, grant, by=by, at=self._clock())

    async def welcome(self, newcomer: Newcomer, told: Grant | None) -> Account | None:
        """Whoever proved elsewhere who they are, with what their source `told` that they may do.

        None for whom nothing was told and nobody here has let in; what they were told before
        that they may do is taken from them.
        """
        now = self._clock()
        async with self._engine.begin() as transaction:
            row = await transaction.row(
                _BY_SUBJECT, source=newcomer.source, subject=newcomer.subject
            )
            if row is None:
                return await _first_visit(transaction, newcomer, told, at=now)
            account = account_of(row)
            if not account.managed or (told and told == account.grant):
                return account
            if told or account.grant.roles:
                grant = told or _NOTHING
                account = await _changed(transaction, account, grant, by=newcomer.source, at=now)
            return account if told else None

    async def change(self, id_: int, grant: Grant, *, by: str) -> Account:
        """Give a user other rights, from now on by hand; whatever they have open ends.

        Raises `NotFound`.
        """
        async with self._engine.begin() as transaction:
            account = await _one(transaction, id_, lock=True)
            return await _changed(
                transaction, account, grant, by=by, at=self._clock(), managed=False
            )

    async def enable(self, id_: int, *, enabled: bool, by: str) -> Account:
        """Enable or disable a user, at once.  Raises `NotFound`."""
        now = self._clock()
        async with self._engine.begin() as transaction:
            account = await _one(transaction, id_, lock=True)
            if (account.disabled_at is None) == enabled:
                return account
            if not enabled:
                return await disable(transaction, account, by=by, at=now)
            row = await _update(transaction, id_, {"disabled_at": None, "changed_at": now})
            await audit.write(transaction, _deed(by, "user.enabled", row), at=now)
        return account_of(row)

    async def set_password(self, account: Account, password: str, *, by: str) -> Account:
        """Keep the hash of a new password; whatever was open with the old one ends.

        Raises `AccountChanged` where they were changed since they were read.
        """
        now = self._clock()
        async with self._engine.begin() as transaction:
            before = await _one(transaction, account.id, lock=True)
            if before.changed_at != account.changed_at:
                raise AccountChanged(account.name)
            row = await _update(transaction, account.id, {"password": password, "changed_at": now})
            await _end_sessions(transaction, account.id)
            await end_renewals(transaction, account.id)
            await audit.write(transaction, _deed(by, "user.password_changed", row), at=now)
        return account_of(row)

    async def rehash(self, id_: int, before: str, after: str) -> None:
        """The same password under better parameters, unless it was changed meanwhile."""
        better = (
            update(users)
            .where(users.c.id == id_, users.c.password == before)
            .values(password=after)
        )
        async with self._engine.begin() as transaction:
            await transaction.rows(better)


async def create(
    transaction: Transaction,
    newcomer: Newcomer,
    grant: Grant,
    *,
    by: str,
    at: datetime,
    password: str = "",
    managed: bool = False,
) -> Account | None:
    """A new user; None where there is such a one, or one of that name."""
    row = await transaction.row(
        insert(users)
        .values(
            **_identity(newcomer),
            **_rights(grant),
            password=password,
            managed=managed,
            created_at=at,
            created_by=by,
            changed_at=at,
        )
        .on_conflict_do_nothing()
        .returning(*users.c)
    )
    if row is None:
        return None
    deed = Deed(actor=by, action="user.created", subject=_subject(row), detail=_told(row))
    await audit.write(transaction, deed, at=at)
    return account_of(row)


async def disable(transaction: Transaction, account: Account, *, by: str, at: datetime) -> Account:
    """Shut a user out, with what they have open and the codes that they gave or were given."""
    row = await _update(transaction, account.id, {"disabled_at": at, "changed_at": at})
    await _end_sessions(transaction, account.id)
    await _end_invitations(transaction, account, by=by, at=at)
    await audit.write(transaction, _deed(by, "user.disabled", row), at=at)
    return account_of(row)


async def known_as(transaction: Transaction, source: Source, subject: str) -> Account | None:
    """Whom a source knows by that subject; nobody else changes them before the transaction ends."""
    row = await transaction.row(_BY_SUBJECT, source=source, subject=subject)
    return account_of(row) if row else None


async def follow(
    transaction: Transaction, source: Source, subject: str, renamed_to: str, *, at: datetime
) -> None:
    """Change the subject of a user whose source has renamed them.

    Their name stays, because the audit log identifies them by it.  Where there is such a
    user already, nobody is known by the old subject any more: whoever gets it next must not come
    in as them.
    """
    account = await known_as(transaction, source, subject)
    if subject == renamed_to or account is None:
        return
    if await known_as(transaction, source, renamed_to):
        await disable(transaction, account, by=source.value, at=at)
        return
    row = await _update(transaction, account.id, {"subject": renamed_to, "changed_at": at})
    detail = {"name": account.name, "subject": renamed_to, "before": {"subject": subject}}
    deed = Deed(actor=source, action="user.changed", subject=_subject(row), detail=detail)
    await audit.write(transaction, deed, at=at)


async def end_renewals(transaction: Transaction, id_: int) -> None:
    """Make the codes worthless by which a user could choose a new password."""
    await transaction.rows(
        delete(invitations).where(invitations.c.user_id == id_, invitations.c.used_at.is_(None))
    )


def account_of(row: Row) -> Account:
    departments = row["departments"]
    return Account(
        id=row["id"],
        name=row["name"],
        display=row["display"],
        source=Source(row["source"]),
        subject=row["subject"],
        managed=row["managed"],
        grant=Grant(
            roles=frozenset(map(Role, row["roles"])),
            departments=None if departments is None else frozenset(departments),
        ),
        created_at=row["created_at"],
        created_by=row["created_by"],
        changed_at=row["changed_at"],
        disabled_at=row["disabled_at"],
        seen_at=row["seen_at"],
    )


async def _first_visit(
    transaction: Transaction, newcomer: Newcomer, told: Grant | None, *, at: datetime
) -> Account | None:
    if told is None:
        return None
    by = newcomer.source.value
    for name in _names(newcomer, by):
        named = replace(newcomer, name=name)
        if made := await create(transaction, named, told, by=by, at=at, managed=True):
            return made
    return None


def _names(newcomer: Newcomer, by: str) -> Iterator[str]:
    """Names for somebody new: whoever had one before keeps it, for the audit log tells them apart.

    Names may be given to another person at the provider, and in WeCom what people are known by too.
    """
    yield newcomer.name
    yield f"{newcomer.subject} ({by})"
    yield from (f"{newcomer.subject}.{turn} ({by})" for turn in range(2, _NAMESAKES))


async def _changed(
    transaction: Transaction,
    account: Account,
    grant: Grant,
    *,
    by: str,
    at: datetime,
    managed: bool = True,
) -> Account:
    values = {**_rights(grant), "managed": managed, "changed_at": at}
    row = await _update(transaction, account.id, values)
    await _end_sessions(transaction, account.id)
    before = {"before": _rights(account.grant)}
    deed = Deed(actor=by, action="user.changed", subject=_subject(row), detail=_told(row) | before)
    await audit.write(transaction, deed, at=at)
    return account_of(row)


async def _one(transaction: Transaction, id_: int, *, lock: bool = False) -> Account:
    statement = select(users).where(users.c.id == id_)
    row = await transaction.row(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound(f"user {id_}")
    return account_of(row)


async def _update(transaction: Transaction, id_: int, values: dict[str, Any]) -> Row:
    row = await transaction.row(
        update(users).where(users.c.id == id_).values(values).returning(*users.c)
    )
    if row is None:
        raise NotFound(f"user {id_}")
    return row


async def _end_sessions(transaction: Transaction, id_: int) -> None:
    await transaction.rows(delete(sessions).where(sessions.c.user_id == id_))


async def _end_invitations(
    transaction: Transaction, account: Account, *, by: str, at: datetime
) -> None:
    theirs = (invitations.c.user_id == account.id) | (invitations.c.created_by == account.name)
    ended = (
        delete(invitations)
        .where(theirs, invitations.c.used_at.is_(None))
        .returning(invitations.c.id)
    )
    for row in await transaction.rows(ended):
        deed = Deed(actor=by, action="user.uninvited", subject=f"invitation/{row['id']}")
        await audit.write(transaction, deed, at=at)


def _identity(newcomer: Newcomer) -> dict[str, Any]:
    return {
        "name": newcomer.name,
        "display": newcomer.display,
        "source": newcomer.source.value,
        "subject": newcomer.subject,
    }


def _rights(grant: Grant) -> dict[str, Any]:
    return {
        "roles": sorted(role.value for role in grant.roles),
        "departments": None if grant.departments is None else sorted(grant.departments),
    }


def _told(row: Row) -> dict[str, Any]:
    departments = row["departments"]
    return {
        "name": row["name"],
        "source": row["source"],
        "roles": [*row["roles"]],
        "departments": None if departments is None else [*departments],
    }


def _subject(row: Row) -> str:
    return f"user/{row['id']}"


def _deed(by: str, action: str, row: Row) -> Deed:
    return Deed(actor=by, action=action, subject=_subject(row), detail={"name": row["name"]})
