"""The company's directory as last seen: people, departments, and who got another userid."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from moderator.domain.people import Department, Entry, Member, entry_of
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction

_FIND: Final = Prepared(
    "SELECT * FROM people WHERE corp = $1 AND userid = ANY($2)", ("corp", "userids"), {}
)
# The departments and all above them; UNION ends a loop of parents.
_LINE: Final = Prepared(
    """
    WITH RECURSIVE line AS (
      SELECT unnest($2::int[]) AS id
      UNION
      SELECT parent FROM departments JOIN line USING (id) WHERE corp = $1
    )
    SELECT id, name, parent, fetched_at, leaders || ARRAY(
             SELECT userid FROM people
              WHERE corp = $1 AND leads @> ARRAY[line.id] AND gone_at IS NULL ORDER BY userid
           ) AS leaders
      FROM departments JOIN line USING (id) WHERE corp = $1 AND gone_at IS NULL
    """,
    ("corp", "departments"),
    {},
)
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
        """Keep that WeCom does not know the member any more."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_GONE, corp=corp, userid=userid, at=at)


async def known(transaction: Transaction, corp: str, userid: str) -> Known | None:
    """The member as last seen, or None for one who never was."""
    return (await known_all(transaction, corp, [userid])).get(userid.lower())


async def known_all(
    transaction: Transaction, corp: str, userids: Iterable[str]
) -> dict[str, Known]:
    """The members that were ever seen, by their userids in lower case."""
    rows = await transaction.rows(_FIND, corp=corp, userids=_lowered(userids))
    ids = sorted({id_ for row in rows for id_ in row["departments"]})
    line = await transaction.rows(_LINE, corp=corp, departments=ids) if ids else []
    fetched = {found["id"]: found["fetched_at"] for found in line}
    departments = {found["id"]: _department(found) for found in line}
    return {
        row["userid"]: Known(
            entry=entry_of(_member(row), departments),
            fetched_at=_fetched_at(row, fetched),
            gone_at=row["gone_at"],
            renamed_to=row["renamed_to"],
        )
        for row in rows
    }


def _lowered(userids: Iterable[str]) -> list[str]:
    return sorted({userid.lower() for userid in userids})


def _fetched_at(row: Row, departments: Mapping[int, datetime | None]) -> datetime | None:
    times = [row["fetched_at"], *(departments.get(id_) for id_ in row["departments"])]
    return None if None in times else min(times)


def _member(row: Row) -> Member:
    return Member(
        userid=row["userid"],
        name=row["name"],
        departments=tuple(row["departments"]),
        leads=tuple(row["leads"]),
        superiors=tuple(row["superiors"]),
    )


def _department(row: Row) -> Department:
    leaders = {userid.lower(): userid for userid in reversed(row["leaders"])}
    return Department(
        id=row["id"],
        name=row["name"],
        parent=row["parent"],
        leaders=tuple(reversed(leaders.values())),
    )
