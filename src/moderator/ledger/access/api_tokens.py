"""API tokens: what lets a program ask in the name of a user.

A token is 256 random bits, shown once; only its digest is kept.  It may do what it was made for
and its owner may still do, until it expires, is revoked, or its owner is disabled.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from moderator.domain.access import Actor, Right, folded
from moderator.errors import NameTaken, NotFound
from moderator.ledger import audit
from moderator.ledger.access.accounts import Account, Source, account_of
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction, prepare
from moderator.ledger.schema.access import api_tokens, users

PREFIX: Final = "mdr_"  # so that those who look for leaked secrets know one
_USED_EVERY: Final = timedelta(minutes=1)
_MOST: Final = 1000
# What stands in brackets behind the names of people from elsewhere, and of who is at the machine.
_TAKEN: Final = frozenset({*Source, "cli"})

_FIND = prepare(
    select(
        users,
        api_tokens.c.id.label("token"),
        api_tokens.c.label,
        api_tokens.c.rights,
        api_tokens.c.used_at,
    )
    .join_from(api_tokens, users)
    .where(
        api_tokens.c.digest == bindparam("digest"),
        api_tokens.c.expires_at > bindparam("now"),
        api_tokens.c.revoked_at.is_(None),
        users.c.disabled_at.is_(None),
    )
)
_USE = prepare(
    update(api_tokens).where(api_tokens.c.id == bindparam("of")).values(used_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is listed: never its value."""

    id: int
    owner: str
    label: str
    rights: tuple[Right, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str


class ApiTokens:
    """Makes, finds, lists and revokes tokens."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def create(
        self, owner: Account, label: str, rights: frozenset[Right], *, lasts: timedelta
    ) -> tuple[ApiToken, str]:
        """A new token, and its value, which nobody can show again.

        Raises `ValueError` for a label that `check_label` refuses, `NameTaken` for one that would
        be taken for that of another token of theirs.
        """
        check_label(label)
        now, value = self._clock(), PREFIX + secrets.token_urlsafe(32)
        statement = (
            insert(api_tokens)
            .values(
                digest=_digest(value),
                user_id=owner.id,
                label=label,
                rights=sorted(right.value for right in rights),
                created_at=now,
                expires_at=now + lasts,
            )
            .returning(*api_tokens.c)
        )
        async with self._engine.begin() as transaction:
            await _check_unlike(transaction, owner, label, now)
            (row,) = await transaction.rows(statement)
            made = _token(row, owner.name)
            told = {"label": label, "rights": [*row["rights"]], "until": str(made.expires_at)}
            await audit.write(transaction, _deed(owner.name, "token.created", row, told), at=now)
        return made, value

    async def find(self, value: str) -> Actor | None:
        """The actor of this token; None if it is not, or no longer, valid."""
        if not value.startswith(PREFIX):
            return None
        now = self._clock()
        async with self._engine.begin() as transaction:
            found = await transaction.row(_FIND, digest=_digest(value), now=now)
            if found and (found["used_at"] is None or found["used_at"] < now - _USED_EVERY):
                await transaction.rows(_USE, of=found["token"], now=now)
        if found is None or not found["roles"] or _is_taken(found["label"]):
            return None
        scope = frozenset(map(Right, found["rights"]))
        return account_of(found).actor(scope, through=found["label"])

    async def list(self, owner: int | None = None) -> Sequence[ApiToken]:
        """The tokens of one user, or of all, newest first, including invalid ones."""
        statement = (
            select(api_tokens, users.c.name.label("owner"))
            .join_from(api_tokens, users)
            .order_by(api_tokens.c.id.desc())
            .limit(_MOST)
        )
        if owner is not None:
            statement = statement.where(api_tokens.c.user_id == owner)
        async with self._engine.begin() as transaction:
            return [_token(row, row["owner"]) for row in await transaction.rows(statement)]

    async def revoke(self, id_: int, *, by: str, owner: int | None = None) -> ApiToken:
        """End a token at once; one of that `owner` if one is named.  Raises `NotFound`.

        Whoever is second learns who was first.
        """
        now = self._clock()
        wanted = api_tokens.c.id == id_
        if owner is not None:
            wanted &= api_tokens.c.user_id == owner
        ending = (
            update(api_tokens)
            .where(wanted, api_tokens.c.revoked_at.is_(None))
            .values(revoked_at=now, revoked_by=by)
            .returning(*api_tokens.c)
        )
        read = (
            select(api_tokens, users.c.name.label("owner"))
            .join_from(api_tokens, users)
            .where(wanted)
        )
        async with self._engine.begin() as transaction:
            ended = await transaction.row(ending)
            row = await transaction.row(read)
            if row is None:
                raise NotFound(f"token {id_}")
            if ended is not None:
                told = {"label": row["label"], "owner": row["owner"]}
                await audit.write(transaction, _deed(by, "token.revoked", row, told), at=now)
        return _token(row, row["owner"])


async def _check_unlike(
    transaction: Transaction, owner: Account, label: str, now: datetime
) -> None:
    """Raise `NameTaken` where a token of theirs that is still good has such a label."""
    await transaction.rows(select(users.c.id).where(users.c.id == owner.id).with_for_update())
    good = (api_tokens.c.expires_at > now) & api_tokens.c.revoked_at.is_(None)
    theirs = select(api_tokens.c.label).where(api_tokens.c.user_id == owner.id, good)
    if folded(label) in {folded(row["label"]) for row in await transaction.rows(theirs)}:
        raise NameTaken(label)


def check_label(label: str) -> str:
    """The label.  Raises `ValueError` where its token would pass for another user."""
    if _is_taken(label):
        raise ValueError(f"the label must be none of {', '.join(sorted(_TAKEN))}")
    return label


async def revoke_all(transaction: Transaction, owner: Account, *, by: str, at: datetime) -> None:
    """End every token of a user who will not come back."""
    ending = (
        update(api_tokens)
        .where(api_tokens.c.user_id == owner.id, api_tokens.c.revoked_at.is_(None))
        .values(revoked_at=at, revoked_by=by)
        .returning(*api_tokens.c)
    )
    for row in await transaction.rows(ending):
        told = {"label": row["label"], "owner": owner.name}
        await audit.write(transaction, _deed(by, "token.revoked", row, told), at=at)


def _is_taken(label: str) -> bool:
    return folded(label) in _TAKEN


def _token(row: Row, owner: str) -> ApiToken:
    return ApiToken(
        id=row["id"],
        owner=owner,
        label=row["label"],
        rights=tuple(map(Right, row["rights"])),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
    )


def _deed(by: str, action: str, row: Row, told: Mapping[str, Any]) -> Deed:
    return Deed(actor=by, action=action, subject=f"token/{row['id']}", detail=told)


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).digest()
