"""People who broke rules: who they are, how often, and who may see them.

The people of a department are those who broke a rule while they belonged to it, or to one below it:
`department_senders` has them in order.  A record may also be opened by whoever is bound to the
department in which the directory has somebody now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import LateralFromClause
from sqlalchemy.types import Integer, Text

from moderator.domain.access import Actor
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.reading.conditions import called
from moderator.ledger.reading.visible import among, below, within, written
from moderator.ledger.records import Count
from moderator.ledger.schema.people import department_senders
from moderator.ledger.schema.tables import merits, people, standings, violations

_FEW: Final = 500  # people of a name who may be put in order
_LOOKS: Final = 2000  # people who may be looked at for a page
_COUNTED: Final = 100  # violations of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """Somebody with violations, by the name of the latest.

    Only violations within the bound of the caller are counted, up to a hundred; `strikes` are all
    that stand.  `gone_at` is when they left the company, `renamed_to` the userid they have now.
    """

    sender: str
    name: str
    department: str
    violations: Count
    open: int
    last_sent_at: datetime
    strikes: int
    gone_at: datetime | None
    renamed_to: str


@dataclass(frozen=True, slots=True)
class Offenders:
    """Some people in the order of their userids; the next page follows the userid `next`.

    It may be short, even empty: people without violations within the bound are left out.
    """

    items: tuple[Offender, ...]
    next: str | None


class Registry:
    """Finds people of one corp."""

    def __init__(self, engine: Engine, corp: str) -> None:
        self._engine = engine
        self._corp = corp

    async def page(
        self,
        *,
        text: str | None = None,
        department: int | None = None,
        bound: frozenset[int] | None = None,
        after: str = "",
        limit: int = 50,
    ) -> Offenders:
        """People whose name or userid holds `text`, and who broke rules in `department`.

        For somebody with a bound: those who did within it.
        """
        areas = [] if department is None else [frozenset({department})]
        areas += [] if bound is None else [bound]
        async with self._engine.begin() as transaction:
            few = await self._few_called(transaction, text)
            if few is not None:
                walked = await self._among(transaction, few, areas, after, limit + 1)
            else:
                walked = await self._walked(transaction, text, areas, after, limit + 1)
            summaries = _summaries(self._corp, bound)
            theirs = summaries.where(among(standings.c.sender, walked.senders[:limit]))
            rows = await transaction.rows(theirs.order_by(standings.c.sender))
        return Offenders(tuple(map(_offender, rows)), walked.next(limit))

    async def one(self, sender: str, bound: frozenset[int] | None = None) -> Offender:
        """Somebody with violations.  Raises `NotFound`, also for those beyond the bound."""
        statement = _summaries(self._corp, bound).where(standings.c.sender == sender)
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
        if row is None:
            raise NotFound(f"person {sender}")
        return _offender(row)

    async def looked(self, sender: str, actor: Actor) -> None:
        """Record that `actor` reads somebody's record; to be called before it is shown."""
        async with self._engine.begin() as transaction:
            deed = Deed(actor=actor.name, action="person.read", subject=f"person/{sender}")
            await audit.write(transaction, deed)

    async def _few_called(self, transaction: Transaction, text: str | None) -> list[str] | None:
        """The userids of those with that in their name; None where that is no few."""
        if text is None:
            return None
        theirs = (people.c.corp == self._corp, *called(text))
        named = select(people.c.userid).where(*theirs).limit(written(_FEW + 1))
        userids = [row["userid"] for row in await transaction.rows(named)]
        return userids if len(userids) <= _FEW else None

    async def _among(
        self,
        transaction: Transaction,
        userids: list[str],
        areas: Sequence[frozenset[int]],
        after: str,
        limit: int,
    ) -> "_Walked":
        """The next of these, all areas theirs."""
        some = among(func.lower(standings.c.sender, type_=Text), userids)
        theirs = self._all(after, limit).where(some, *map(placed_in, areas))
        return _Walked([row["sender"] for row in await transaction.rows(theirs)])

    async def _walked(
        self,
        transaction: Transaction,
        text: str | None,
        areas: Sequence[frozenset[int]],
        after: str,
        limit: int,
    ) -> "_Walked":
        """The next in order of the first area, of whom those are kept who fit the rest too."""
        all_fit = text is None and len(areas) < 2
        looks = limit if all_fit else _LOOKS
        here = _of_area(self._corp, areas[0], after, looks) if areas else self._all(after, looks)
        walk = here.subquery()
        rest = [placed_in(area, walk.c.sender, self._corp) for area in areas[1:]]
        if text is not None:
            known = (people.c.corp == self._corp) & (people.c.userid == func.lower(walk.c.sender))
            rest.append(exists(select(people.c.userid).where(known, *called(text))))
        fits = and_(true(), *rest).label("fits")
        rows = await transaction.rows(select(walk.c.sender, fits).order_by(walk.c.sender))
        senders = [row["sender"] for row in rows if row["fits"]]
        ends_early = not all_fit and len(rows) == looks
        return _Walked(senders, rows[-1]["sender"] if ends_early else None)

    def _all(self, after: str, limit: int) -> Select[Any]:
        every = (standings.c.corp == self._corp, standings.c.sender > after)
        return (
            select(standings.c.sender)
            .where(*every)
            .order_by(standings.c.sender)
            .limit(written(limit))
        )

    async def check(self, sender: str, bound: frozenset[int] | None) -> None:
        """Raise `NotFound` for somebody beyond the bound."""
        if bound is None:
            return
        known = (people.c.corp == self._corp) & (people.c.userid == sender.lower())
        broke_rules = placed_in(bound, literal(sender), self._corp)
        there = or_(exists().where(known, works_in(bound)), broke_rules)
        async with self._engine.begin() as transaction:
            row = await transaction.row(select(there.label("there")))
        if row is None or not row["there"]:
            raise NotFound(f"person {sender}")

    async def check_merit(self, merit_id: int, bound: frozenset[int] | None) -> None:
        """Raise `NotFound` for a merit of somebody beyond the bound."""
        whose = select(merits.c.sender).where(merits.c.id == merit_id)
        async with self._engine.begin() as transaction:
            row = await transaction.row(whose)
        if row is not None:
            await self.check(row["sender"], bound)

    async def visible(self, ids: list[int], bound: frozenset[int] | None) -> set[int]:
        """Those of these violations that are within the bound."""
        if bound is None:
            return set(ids)
        wanted = select(violations.c.id).where(among(violations.c.id, ids), *within(bound))
        async with self._engine.begin() as transaction:
            return {row["id"] for row in await transaction.rows(wanted)} if ids else set()


@dataclass(frozen=True, slots=True)
class _Walked:
    """Whom a page may show, in order; `end` is how far was looked if that was not to the end."""

    senders: list[str]
    end: str | None = None

    def next(self, limit: int) -> str | None:
        return self.senders[limit - 1] if len(self.senders) > limit else self.end


def _of_area(corp: str, roots: frozenset[int], after: str, limit: int) -> Select[Any]:
    """People in order of any of some departments: a range of the index for each."""
    parts = [
        select(department_senders.c.sender)
        .where(
            department_senders.c.corp == corp,
            department_senders.c.department == root,
            department_senders.c.sender > after,
        )
        .order_by(department_senders.c.sender)
        .limit(written(limit))
        for root in sorted(roots)
    ]
    merged = union(*(select(part.subquery()) for part in parts)).subquery()
    return select(merged.c.sender).order_by(merged.c.sender).limit(written(limit))


def placed_in(
    roots: frozenset[int],
    sender: ColumnElement[str] = standings.c.sender,
    corp: str | ColumnElement[str] = standings.c.corp,
) -> ColumnElement[bool]:
    """They broke a rule in one of these departments, or below."""
    there = among(department_senders.c.department, sorted(roots))
    theirs = (department_senders.c.corp == corp, department_senders.c.sender == sender)
    return exists(select(department_senders.c.sender).where(*theirs, there))


def _summaries(corp: str, bound: frozenset[int] | None) -> Select[Any]:
    newest, number = _newest(bound), _number(bound)
    known = (people.c.corp == standings.c.corp) & _is_sender()
    return (
        select(
            standings.c.sender,
            func.jsonb_array_length(standings.c.strikes).label("strikes"),
            *(people.c.gone_at, func.coalesce(people.c.renamed_to, "").label("renamed_to")),
            *(violations.c.sender_name, violations.c.sender_department, violations.c.sent_at),
            *(number.c.number, number.c.open),
        )
        .select_from(
            standings.outerjoin(people, known)
            .join(newest, true())
            .join(violations, violations.c.id == newest.c.id)
            .join(number, true())
        )
        .where(standings.c.corp == corp)
    )


def _is_sender() -> ColumnElement[bool]:
    return people.c.userid == func.lower(standings.c.sender)


def _newest(bound: frozenset[int] | None) -> LateralFromClause:
    one = _theirs(select(violations.c.id), bound).limit(written(1))
    return one.correlate(standings).lateral("newest")


def _number(bound: frozenset[int] | None) -> LateralFromClause:
    some = _theirs(select(violations.c.status), bound).limit(written(_COUNTED + 1))
    found = some.correlate(standings).subquery("some")
    of_open = func.count().filter(found.c.status == "open").label("open")
    number = select(func.count().label("number"), of_open).select_from(found)
    return number.correlate(standings).lateral("number")


def _theirs(shown: Select[Any], bound: frozenset[int] | None) -> Select[Any]:
    """The newest first, so that the index is walked that tells of each what it is asked."""
    theirs = shown.where(violations.c.sender == standings.c.sender, *within(bound))
    return theirs.order_by(violations.c.sent_at.desc(), violations.c.id.desc())


def works_in(roots: frozenset[int]) -> ColumnElement[bool]:
    """What a row of `people` has to be for the directory to have them there, or below."""
    theirs = func.array(below(roots).scalar_subquery(), type_=ARRAY(Integer))
    found: ColumnElement[bool] = people.c.departments.overlap(theirs)
    return found


def _offender(row: Row) -> Offender:
    number = row["number"]
    return Offender(
        sender=row["sender"],
        name=row["sender_name"],
        department=row["sender_department"],
        violations=Count(min(number, _COUNTED), more=number > _COUNTED),
        open=row["open"],
        last_sent_at=row["sent_at"],
        strikes=row["strikes"],
        gone_at=row["gone_at"],
        renamed_to=row["renamed_to"],
    )
