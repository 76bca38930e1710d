"""People who broke rules: who they are, how often, and who may see them.

Somebody is within the bound of a department if one of their violations is, or if the directory has
them there now.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    exists,
    func,
    literal,
    or_,
    select,
    true,
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
from moderator.ledger.reading.visible import among, below, within
from moderator.ledger.records import Count
from moderator.ledger.schema.tables import merits, people, standings, violations

_FEW: Final = 4000  # people who may be asked for by name
_COUNTED: Final = 100  # violations of each


@dataclass(frozen=True, slots=True, kw_only=True)
class Offender:
    """Somebody with violations, by the name of the latest.

    Only violations within the bound of whoever asks are counted, up to a hundred; `strikes` are all
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
        """People whose name or userid holds `text`, and whom the directory has in `department`.

        For somebody with a bound: those whom the directory has within it.
        """
        known = (people.c.corp == standings.c.corp) & _is_sender()
        picked = select(standings.c.sender).select_from(standings.outerjoin(people, known))
        picked = picked.where(standings.c.corp == self._corp, standings.c.sender > after)
        if text is not None:
            picked = picked.where(*called(text))
        roots = [] if department is None else [frozenset({department})]
        async with self._engine.begin() as transaction:
            for root in (*roots, *([] if bound is None else [bound])):
                picked = picked.where(await self._there(transaction, root))
            picked = picked.order_by(standings.c.sender).limit(limit + 1)
            senders = [row["sender"] for row in await transaction.rows(picked)]
            summaries = _summaries(self._corp, bound)
            theirs = summaries.where(among(standings.c.sender, senders[:limit]))
            rows = await transaction.rows(theirs.order_by(standings.c.sender))
        items = tuple(_offender(row) for row in rows)
        return Offenders(items, senders[limit - 1] if len(senders) > limit else None)

    async def one(self, sender: str, bound: frozenset[int] | None = None) -> Offender:
        """Somebody with violations.  Raises `NotFound`, also for those beyond the bound."""
        statement = _summaries(self._corp, bound).where(standings.c.sender == sender)
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
        if row is None:
            raise NotFound(f"person {sender}")
        return _offender(row)

    async def looked(self, sender: str, actor: Actor) -> None:
        """Keep that `actor` reads somebody's record; to be called before it is told."""
        async with self._engine.begin() as transaction:
            deed = Deed(actor=actor.name, action="person.read", subject=f"person/{sender}")
            await audit.write(transaction, deed)

    async def _there(self, transaction: Transaction, roots: frozenset[int]) -> ColumnElement[bool]:
        """Whom the directory has there: one by one, unless they are too many."""
        ids = [row["id"] for row in await transaction.rows(below(roots))]
        there: ColumnElement[bool] = people.c.departments.overlap(literal(ids, ARRAY(Integer)))
        named = select(people.c.userid).where(people.c.corp == self._corp, there).limit(_FEW + 1)
        userids = [row["userid"] for row in await transaction.rows(named)]
        few = among(func.lower(standings.c.sender, type_=Text), userids)
        return there if len(userids) > _FEW else few

    async def check(self, sender: str, bound: frozenset[int] | None) -> None:
        """Raise `NotFound` for somebody beyond the bound."""
        if bound is None:
            return
        known = (people.c.corp == self._corp) & (people.c.userid == sender.lower())
        theirs = (violations.c.sender == sender, *within(bound))
        there = or_(exists().where(known, works_in(bound)), exists().where(*theirs))
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


def _summaries(corp: str, bound: frozenset[int] | None) -> Select[Any]:
    latest, number = _latest(bound), _number(bound)
    known = (people.c.corp == standings.c.corp) & _is_sender()
    return (
        select(
            standings.c.sender,
            func.jsonb_array_length(standings.c.strikes).label("strikes"),
            *(people.c.gone_at, func.coalesce(people.c.renamed_to, "").label("renamed_to")),
            *(latest.c.sender_name, latest.c.sender_department, latest.c.sent_at),
            *(number.c.number, number.c.open),
        )
        .select_from(standings.outerjoin(people, known).join(latest, true()).join(number, true()))
        .where(standings.c.corp == corp)
    )


def _is_sender() -> ColumnElement[bool]:
    return people.c.userid == func.lower(standings.c.sender)


def _latest(bound: frozenset[int] | None) -> LateralFromClause:
    shown = (violations.c.sender_name, violations.c.sender_department, violations.c.sent_at)
    order = (violations.c.sent_at.desc(), violations.c.id.desc())
    return _theirs(select(*shown), bound).order_by(*order).limit(1).lateral("latest")


def _number(bound: frozenset[int] | None) -> LateralFromClause:
    some = _theirs(select(violations.c.status), bound).limit(_COUNTED + 1)
    found = some.correlate(standings).subquery("some")
    of_open = func.count().filter(found.c.status == "open").label("open")
    number = select(func.count().label("number"), of_open).select_from(found)
    return number.correlate(standings).lateral("number")


def _theirs(shown: Select[Any], bound: frozenset[int] | None) -> Select[Any]:
    return shown.where(violations.c.sender == standings.c.sender, *within(bound))


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
