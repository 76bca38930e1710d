"""The company's directory as last seen: people, departments, and who got another userid."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from moderator.domain.people import Department, Entry, Member, entry_of
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction
from moderator.ledger.records import Json

# What was seen of members ($1: the corp, $2: their userids in lower case), and of their departments
# and all above them; UNION ends a loop of parents.
SEEN: Final = """
    (SELECT coalesce(jsonb_agg(to_jsonb(member)), '[]') FROM people AS member
      WHERE corp = $1 AND userid = ANY($2)) AS people,
    (WITH RECURSIVE line AS (
       SELECT unnest(departments) AS id FROM people WHERE corp = $1 AND userid = ANY($2)
       UNION
       SELECT parent FROM departments JOIN line USING (id) WHERE corp = $1
     )
     SELECT coalesce(jsonb_agg(jsonb_build_object(
              'id', id, 'name', name, 'parent', parent, 'fetched_at', fetched_at,
              'leaders', leaders || ARRAY(
                SELECT userid FROM people
                 WHERE corp = $1 AND leads @> ARRAY[line.id] AND gone_at IS NULL ORDER BY userid
              ))), '[]')
       FROM departments JOIN line USING (id) WHERE corp = $1 AND gone_at IS NULL) AS departments
"""
_SEEN: Final = Prepared(f"SELECT {SEEN}", ("corp", "userids"), {})
# Whom WeCom tells us of is there, whatever had become of the userid before.
_KEEP: Final = Prepared(
    """
    INSERT INTO people (corp, userid, name, departments, leads, superiors, fetched_at)
    VALUES ($1, lower($2), $3, $4, $5, $6, $7)
    ON CONFLICT (corp, userid) DO UPDATE
       SET name = excluded.name, departments = excluded.departments, leads = excluded.leads,
           superiors = excluded.superiors, fetched_at = excluded.fetched_at,
           gone_at = NULL, renamed_to = ''
    """,
    ("corp", "userid", "name", "departments", "leads", "superiors", "at"),
    {},
)
_KEEP_DEPARTMENTS: Final = Prepared(
    """
    INSERT INTO departments (corp, id, name, parent, leaders, fetched_at)
    SELECT $1, id, name, parent, leaders, $3
      FROM jsonb_to_recordset($2) AS seen(id int, name text, parent int, leaders text[])
     ORDER BY id
    ON CONFLICT (corp, id) DO UPDATE
       SET name = excluded.name, parent = excluded.parent, leaders = excluded.leaders,
           fetched_at = excluded.fetched_at, gone_at = NULL
    """,
    ("corp", "departments", "at"),
    {},
)
_GONE: Final = Prepared(
    """
    INSERT INTO people (corp, userid, gone_at) VALUES ($1, lower($2), $3)
    ON CONFLICT (corp, userid) DO UPDATE SET gone_at = coalesce(people.gone_at, excluded.gone_at)
    """,
    ("corp", "userid", "at"),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was seen of a member.

    `fetched_at` is when all of it was asked for last, departments included; None if something was
    never asked for or changed since.  `gone_at` is when the member left; `renamed_to` the userid
    that the member has now, if it is another.
    """

    entry: Entry
    fetched_at: datetime | None
    gone_at: datetime | None = None
    renamed_to: str = ""


class People:
    """Reads and writes what was seen; userids are the same in upper and lower case."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def find(self, corp: str, userid: str) -> Known | None:
        async with self._engine.begin() as transaction:
            return await known(transaction, corp, userid)

    async def keep(self, corp: str, member: Member, *, at: datetime) -> None:
        """Keep a member as fetched `at` that time."""
        async with self._engine.begin() as transaction:
            await transaction.rows(
                _KEEP,
                corp=corp,
                userid=member.userid,
                name=member.name,
                departments=list(member.departments),
                leads=list(member.leads),
                superiors=list(member.superiors),
                at=at,
            )

    async def keep_departments(
        self, corp: str, departments: Iterable[Department], *, at: datetime
    ) -> None:
        """Keep departments as fetched `at` that time; others stay as they were."""
        values = [asdict(department) for department in departments]
        async with self._engine.begin() as transaction:
            await transaction.rows(_KEEP_DEPARTMENTS, corp=corp, departments=values, at=at)

    async def mark_gone(self, corp: str, userid: str, *, at: datetime) -> None:
        """Record that WeCom no longer knows the member."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_GONE, corp=corp, userid=userid, at=at)


async def known(transaction: Transaction, corp: str, userid: str) -> Known | None:
    """The member as last seen, or None for one who never was."""
    return (await known_all(transaction, corp, [userid])).get(userid.lower())


async def known_all(
    transaction: Transaction, corp: str, userids: Iterable[str]
) -> dict[str, Known]:
    """The members that were ever seen, by their userids in lower case."""
    (row,) = await transaction.rows(_SEEN, corp=corp, userids=lowered(userids))
    return known_in(row)


def known_in(row: Row) -> dict[str, Known]:
    """The members in a row of what `SEEN` selects."""
    departments = {found["id"]: _department(found) for found in row["departments"]}
    fetched = {found["id"]: _moment(found["fetched_at"]) for found in row["departments"]}
    return {
        found["userid"]: Known(
            entry=entry_of(_member(found), departments),
            fetched_at=_fetched_at(found, fetched),
            gone_at=_moment(found["gone_at"]),
            renamed_to=found["renamed_to"],
        )
        for found in row["people"]
    }


def lowered(userids: Iterable[str]) -> list[str]:
    return sorted({userid.lower() for userid in userids})


def _fetched_at(found: Json, departments: Mapping[int, datetime | None]) -> datetime | None:
    own = _moment(found["fetched_at"])
    times = [own, *(departments.get(id_) for id_ in found["departments"])]
    asked = [at for at in times if at is not None]
    return min(asked) if len(asked) == len(times) else None


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None


def _member(found: Json) -> Member:
    return Member(
        userid=found["userid"],
        name=found["name"],
        departments=tuple(found["departments"]),
        leads=tuple(found["leads"]),
        superiors=tuple(found["superiors"]),
    )


def _department(found: Json) -> Department:
    leaders = {userid.lower(): userid for userid in reversed(found["leaders"])}
    return Department(
        id=found["id"],
        name=found["name"],
        parent=found["parent"],
        leaders=tuple(reversed(leaders.values())),
    )
