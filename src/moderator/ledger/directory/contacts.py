"""Changes of the company's directory, as WeCom tells them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from moderator.domain.people import Change, ContactChange
from moderator.ledger.access.accounts import Source, disable, follow, known_as
from moderator.ledger.access.api_tokens import revoke_all
from moderator.ledger.database.engine import Engine, Prepared, Transaction
from moderator.ledger.schema.evidence import legal_holds
from moderator.ledger.schema.people import department_senders
from moderator.ledger.schema.tables import metadata
from moderator.ledger.schema.tables import standings as standings_table
from moderator.ledger.standing import standings

# What an event leaves out (NULL here) has not changed.  One that is older than what is known says
# nothing new: events come late, twice and out of order.
_PERSON: Final = Prepared(
    """
    UPDATE people
       SET name = coalesce($3, name), departments = coalesce($4, departments),
           leads = coalesce($5, leads), superiors = coalesce($6, superiors),
           fetched_at = NULL, changed_at = $7, gone_at = NULL, renamed_to = ''
     WHERE corp = $1 AND userid = lower($2) AND coalesce(changed_at <= $7, true)
    """,
    ("corp", "userid", "name", "departments", "leads", "superiors", "at"),
    {},
)
_NEW_PERSON: Final = Prepared(
    """
    INSERT INTO people (corp, userid, name, departments, leads, superiors, changed_at)
    VALUES ($1, lower($2), coalesce($3, ''), coalesce($4::int[], '{}'), coalesce($5::int[], '{}'),
            coalesce($6::text[], '{}'), $7)
    ON CONFLICT (corp, userid) DO NOTHING
    """,
    ("corp", "userid", "name", "departments", "leads", "superiors", "at"),
    {},
)
_PERSON_LEFT: Final = Prepared(
    """
    UPDATE people SET gone_at = $3, changed_at = $3, fetched_at = NULL
     WHERE corp = $1 AND userid = lower($2) AND coalesce(changed_at <= $3, true)
    """,
    ("corp", "userid", "at"),
    {},
)
_DEPARTMENT: Final = Prepared(
    """
    INSERT INTO departments (corp, id, name, parent, changed_at)
    VALUES ($1, $2, coalesce($3, ''), coalesce($4::int, 0), $5)
    ON CONFLICT (corp, id) DO UPDATE
       SET name = coalesce($3, departments.name), parent = coalesce($4, departments.parent),
           changed_at = $5, gone_at = NULL
     WHERE coalesce(departments.changed_at <= $5, true)
    """,
    ("corp", "department", "name", "parent", "at"),
    {},
)
_DEPARTMENT_LEFT: Final = Prepared(
    """
    UPDATE departments SET gone_at = $3, changed_at = $3
     WHERE corp = $1 AND id = $2 AND coalesce(changed_at <= $3, true)
    """,
    ("corp", "department", "at"),
    {},
)
_FORWARD: Final = Prepared(
    """
    INSERT INTO people (corp, userid, renamed_to, changed_at, gone_at)
    VALUES ($1, lower($2), $3, $4, $4)
    ON CONFLICT (corp, userid) DO UPDATE
       SET renamed_to = $3, changed_at = $4, gone_at = $4, fetched_at = NULL
     WHERE coalesce(people.changed_at <= $4, true)
    RETURNING userid
    """,
    ("corp", "userid", "new_userid", "at"),
    {},
)
_CARRY_OVER: Final = Prepared(
    """
    INSERT INTO people (corp, userid, name, departments, leads, superiors, changed_at)
    SELECT corp, lower($3), name, departments, leads, superiors, $4
      FROM people WHERE corp = $1 AND userid = lower($2)
    ON CONFLICT (corp, userid) DO UPDATE SET gone_at = NULL, renamed_to = '', fetched_at = NULL
    """,
    ("corp", "userid", "new_userid", "at"),
    {},
)
# Whoever was called something else before is now called the newest name, in one step.
_SHORTEN: Final = Prepared(
    "UPDATE people SET renamed_to = $3 WHERE corp = $1 AND lower(renamed_to) = lower($2)",
    ("corp", "userid", "new_userid"),
    {},
)
# Userids are the same in upper and lower case; whoever is written of has a standing.
_SPELLINGS: Final = Prepared(
    "SELECT sender FROM standings WHERE corp = $1 AND lower(sender) = lower($2)",
    ("corp", "userid"),
    {},
)
# Whatever is kept of a sender; standings follow from it.
_MOVES: Final = tuple(
    Prepared(
        f"UPDATE {table.name} SET sender = $3 WHERE corp = $1 AND sender = ANY($2::text[])",  # noqa: S608 (ours)
        ("corp", "spellings", "new_userid"),
        {},
    )
    for table in metadata.sorted_tables
    if {"corp", "sender"} <= set(table.c.keys())
    and table not in {standings_table, legal_holds, department_senders}
)
# Those of the new userid are there as soon as the violations have moved.
_LEAVE_DEPARTMENTS: Final = Prepared(
    "DELETE FROM department_senders WHERE corp = $1 AND sender = ANY($2::text[]) AND sender <> $3",
    ("corp", "spellings", "new_userid"),
    {},
)
# People may be held before anything else is known of them.
_MOVE_HOLDS: Final = Prepared(
    "UPDATE legal_holds SET sender = $3 WHERE corp = $1 AND lower(sender) = lower($2)",
    ("corp", "userid", "new_userid"),
    {},
)
_KNOWN_SINCE: Final = Prepared(
    "SELECT FROM people WHERE corp = $1 AND userid = lower($2) AND changed_at > $3",
    ("corp", "userid", "at"),
    {},
)


_WITHIN: Final = timedelta(seconds=4)  # WeCom hangs up after five


class Contacts:
    """Applies changes, each in one transaction; the same change twice is the change once."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    async def apply(self, change: ContactChange) -> None:
        """Raises `LedgerUnavailable`; then nothing was changed.

        A new userid takes everything with it that is kept under the old one: strikes, violations,
        the actions that are still to be carried out, and the user who logs in with it.  Whoever
        is deleted is no user here any more.
        """
        async with self._engine.begin(within=_WITHIN) as transaction:
            if change.new_userid not in {"", change.userid}:
                await _rename(transaction, change, self._clock())
                change = replace(change, userid=change.new_userid)
            await _apply(transaction, change, self._clock())


async def _apply(transaction: Transaction, change: ContactChange, now: datetime) -> None:
    match change.change:
        case Change.CREATE_USER:
            await transaction.rows(_PERSON, **_person(change))
            await transaction.rows(_NEW_PERSON, **_person(change))
        case Change.UPDATE_USER:
            await transaction.rows(_PERSON, **_person(change))
        case Change.DELETE_USER:
            await transaction.rows(_PERSON_LEFT, **_person(change))
            await _shut_out(transaction, change, now)
        case Change.CREATE_PARTY | Change.UPDATE_PARTY:
            await transaction.rows(_DEPARTMENT, **_department(change))
        case Change.DELETE_PARTY:
            await transaction.rows(_DEPARTMENT_LEFT, **_department(change))


async def _shut_out(transaction: Transaction, change: ContactChange, now: datetime) -> None:
    """Unless somebody has that userid since; whoever gets it later comes in only by an admin."""
    known_since = {"corp": change.corp, "userid": change.userid, "at": change.at}
    if await transaction.row(_KNOWN_SINCE, **known_since) is not None:
        return
    account = await known_as(transaction, Source.WECOM, change.userid.lower())
    if account and account.disabled_at is None:
        await disable(transaction, account, by=Source.WECOM, at=now)
        await revoke_all(transaction, account, by=Source.WECOM, at=now)


async def _rename(transaction: Transaction, change: ContactChange, now: datetime) -> None:
    """Move what is kept under the old userid to the new one.

    All standings are locked, as `Recorder` does it: a message that is being recorded meanwhile
    either comes before and moves along, or finds out under that lock whose it is.
    """
    corp, old, new = change.corp, change.userid, change.new_userid
    found = await transaction.rows(_SPELLINGS, corp=corp, userid=old)
    spellings = sorted({old, *(row["sender"] for row in found)})
    await standings.lock_all(transaction, corp, [*spellings, new])
    if not await _forwarded(transaction, change):
        return
    for move in _MOVES:
        await transaction.rows(move, corp=corp, spellings=spellings, new_userid=new)
    moved = {"corp": corp, "spellings": spellings, "new_userid": new}
    await transaction.rows(_LEAVE_DEPARTMENTS, **moved)
    await transaction.rows(_MOVE_HOLDS, corp=corp, userid=old, new_userid=new)
    for sender in dict.fromkeys((*spellings, new)):
        await standings.restore(transaction, corp, sender, now=now)
    await follow(transaction, Source.WECOM, old.lower(), new.lower(), at=now)


async def _forwarded(transaction: Transaction, change: ContactChange) -> bool:
    """Keep who the old userid is now; False where somebody else has taken it since."""
    if change.userid.lower() == change.new_userid.lower():
        return True
    names = {"corp": change.corp, "userid": change.userid, "new_userid": change.new_userid}
    if await transaction.row(_FORWARD, **names, at=change.at) is None:
        return False
    await transaction.rows(_CARRY_OVER, **names, at=change.at)
    await transaction.rows(_SHORTEN, **names)
    return True


def _person(change: ContactChange) -> dict[str, Any]:
    return {
        "corp": change.corp,
        "userid": change.userid,
        "name": change.name,
        "departments": change.departments,
        "leads": change.leads,
        "superiors": change.superiors,
        "at": change.at,
    }


def _department(change: ContactChange) -> dict[str, Any]:
    return {
        "corp": change.corp,
        "department": change.department,
        "name": change.name,
        "parent": change.parent,
        "at": change.at,
    }
