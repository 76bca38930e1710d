"""Finding violations among millions: along which index a list walks, and how far.

A list is walked in its own order along one index, from where the last page ended.  What that index
does not know (a department, a rule, an action, a text) is looked at violation by violation, at most
`MOST` of them: then the page is short and says where to go on.  Where PostgreSQL expects few
violations of such a kind at all, they are taken together instead and put in order.  So a page costs
the same at any depth.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Subquery,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Prepared, Row, Transaction, prepare
from moderator.ledger.reading.conditions import Condition, acting, conditions, looked_up
from moderator.ledger.reading.visible import written
from moderator.ledger.records import Count, Cursor, Sort, Status, ViolationFilter
from moderator.ledger.schema.tables import actions, violations

MOST: Final = 5_000  # violations looked at for one page
MOST_INDEXED: Final = 50_000  # the same where the index alone tells of each
FEW: Final = 4_000  # violations that may be put in order for one page

# Whom or what an index begins with; the first that is asked for is taken.
_LEADS: Final = ("sender", "assignee", "chat", "category", "app")
# What few violations may have in common, so that they can be taken together.
_RARE: Final = (
    *_LEADS,
    *("fingerprint", "text", "escalated_to", "action", "rule", "clause", "department", "bound"),
)
_SEVERITIES: Final = tuple(sorted(Severity, reverse=True))
_SENT: Final = frozenset({"sent_from", "sent_until"})
_RECORDED: Final = frozenset({"recorded_from", "recorded_until"})
_JUDGED: Final = frozenset({"statuses", "severity", "max_severity"})


@dataclass(frozen=True, slots=True)
class Found:
    """Ids in the order asked for, and where the next page begins."""

    ids: tuple[int, ...]
    next: Cursor | None


async def find(
    transaction: Transaction, wanted: ViolationFilter, sort: Sort, after: Cursor | None, limit: int
) -> Found:
    """A page of at most `limit` violations behind `after`."""
    walk = _Walk.of(wanted, sort, await looked_up(transaction, wanted))
    if rare := await _rare(transaction, walk):
        rows = await transaction.rows(walk.few_page(rare, after, limit + 1))
        return _page(rows, sort, limit)
    found: list[Row] = []
    looks = walk.most
    for stretch in walk.stretches(after):
        found += await transaction.rows(walk.page(stretch, limit + 1 - len(found), looks))
        if len(found) > limit:
            break
        end = await transaction.row(walk.end(stretch, looks)) if walk.others else None
        looks -= end["looks"] if end else 0
        if end and looks <= 0:
            return Found(tuple(row["id"] for row in found), _cursor(end, sort))
    return _page(found, sort, limit)


async def count(transaction: Transaction, wanted: ViolationFilter, most: int) -> Count:
    """How many there are, up to `most`; what that costs is bounded like a page."""
    walk = _Walk.of(wanted, Sort.NEWEST, await looked_up(transaction, wanted))
    rare = await _rare(transaction, walk)
    (stretch,) = walk.stretches(None)
    found = select(walk.few(rare)) if rare else walk.page(stretch, most + 1, walk.most)
    number = await _number(transaction, found.limit(written(most + 1)))
    if number > most:
        return Count(most, more=True)
    end = None if rare or not walk.others else await transaction.row(walk.end(stretch, walk.most))
    return Count(number, more=bool(end and end["looks"] == walk.most))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the list within which only the time counts."""

    severity: Severity | None  # None: of any
    after: Cursor | None


@dataclass(frozen=True, slots=True)
class _Walk:
    """How the violations of a filter are come by in an order."""

    wanted: ViolationFilter
    sort: Sort
    lead: str | None  # what the index begins with
    time: Column[Any]
    every: dict[str, Condition]
    known: frozenset[str]  # the conditions that the index holds together
    told: frozenset[str]  # those that it tells of, entry by entry

    @classmethod
    def of(cls, wanted: ViolationFilter, sort: Sort, mentions: Condition | None) -> "_Walk":
        every = conditions(wanted, mentions)
        sent, recorded = violations.c.sent_at, violations.c.recorded_at
        if sort is Sort.GRAVEST:
            told = frozenset({"category", "app"})
            return cls(wanted, sort, None, sent, every, _SENT | _JUDGED, told)
        if _RECORDED & every.keys() and not _SENT & every.keys():
            return cls(wanted, sort, None, recorded, every, _RECORDED, frozenset())
        lead = next((name for name in _LEADS if getattr(wanted, name)), None)
        return cls(wanted, sort, lead, sent, every, _SENT | {lead or ""}, _JUDGED)

    @property
    def others(self) -> list[Condition]:
        """What has to be looked at."""
        return [told for name, told in self.every.items() if name not in self.known]

    @property
    def most(self) -> int:
        return MOST_INDEXED if self.every.keys() <= self.known | self.told else MOST

    @property
    def rarities(self) -> list[str]:
        """What may be rare, and that this walk does not begin with."""
        nobody = {"assignee"} if self.wanted.assignee == "" else set()
        asked = self.every.keys() - self.known - nobody
        return [name for name in _RARE if name in asked]

    def few_may_be(self, rare: str) -> float:
        if rare == "action":
            return FEW / 2  # each is come by through another table
        alone = rare in _LEADS and self.every.keys() <= _SENT | _JUDGED | {rare}
        return MOST_INDEXED if alone else FEW

    def sought(self, rare: str) -> Condition:
        """What is rare, in the way in which an index finds it."""
        if rare == "action":
            theirs = select(actions.c.violation_id).where(*acting(self.wanted))
            return violations.c.id.in_(theirs)
        return and_(self.every[rare], *_partial(rare))

    def stretches(self, after: Cursor | None) -> Iterator[_Stretch]:
        """The list in the pieces of which each is a walk of its own."""
        if self.sort is not Sort.GRAVEST:
            yield _Stretch(None, after)
            return
        least = self.wanted.severity or Severity.LOW
        most = self.wanted.max_severity or Severity.CRITICAL
        for severity in (each for each in _SEVERITIES if least <= each <= most):
            if after is None or severity < after.severity:
                yield _Stretch(severity, None)
            elif severity == after.severity:
                yield _Stretch(severity, after)

    def page(self, stretch: _Stretch, limit: int, looks: int) -> Select[Any]:
        if not self.others:
            return self._ordered(self._seen(stretch, limit), limit)
        walked = self._ordered(self._seen(stretch, looks), looks).subquery()
        return self._ordered(walked, limit).where(walked.c.fits)

    def end(self, stretch: _Stretch, looks: int) -> Select[Any]:
        """The last violation that `page` looks at, and how many those are."""
        walked = self._ordered(self._seen(stretch, looks, judge=False), looks).subquery()
        number = func.count().over().label("looks")
        return select(walked, number).order_by(*self._order(walked, back=True)).limit(written(1))

    def few(self, rare: str) -> Subquery:
        """All that fit, come by through the index of what is rare about them."""
        others = [told for name, told in self.every.items() if name != rare]
        # With an OFFSET PostgreSQL cannot decide to walk in order after all.
        together = select(*self._keys(others)).where(self.sought(rare)).offset(0).subquery()
        return select(together).where(together.c.fits).subquery()

    def few_page(self, rare: str, after: Cursor | None, limit: int) -> Select[Any]:
        few = self.few(rare)
        order = self._order(few)
        if self.sort is Sort.GRAVEST:
            order = [few.c.severity.desc(), *order]
        return select(few).where(*self._behind(few, after)).order_by(*order).limit(written(limit))

    def _seen(self, stretch: _Stretch, looks: int, *, judge: bool = True) -> Subquery:
        """What the index holds of the stretch; of the gravest, a range for each status."""
        keys = self._keys(self.others if judge else [])
        within = [told for name, told in self.every.items() if name in self.known - _JUDGED]
        if self.lead:
            within = [*within, *_partial(self.lead)]
        within += self._beyond(stretch.after)
        if stretch.severity is None:
            return select(*keys).where(*within).subquery()
        within.append(violations.c.severity == written(int(stretch.severity)))
        # Each in order already: else PostgreSQL would not merge, but sort them all.
        parts = [
            select(*keys)
            .where(violations.c.status == literal_column(f"'{status}'"), *within)
            .order_by(self.time, violations.c.id)
            .limit(written(looks))
            for status in self.wanted.statuses or Status
        ]
        return (union_all(*parts) if len(parts) > 1 else parts[0]).subquery()

    def _beyond(self, after: Cursor | None) -> list[Condition]:
        if after is None:
            return []
        reached, here = tuple_(self.time, violations.c.id), tuple_(literal(after.at), after.id)
        return [reached < here if self.sort is Sort.NEWEST else reached > here]

    def _behind(self, few: Subquery, after: Cursor | None) -> list[Condition]:
        if after is None:
            return []
        reached, here = tuple_(few.c.at, few.c.id), tuple_(literal(after.at), after.id)
        if self.sort is Sort.NEWEST:
            return [reached < here]
        if self.sort is Sort.OLDEST:
            return [reached > here]
        severity = int(after.severity)
        return [or_(few.c.severity < severity, and_(few.c.severity == severity, reached > here))]

    def _keys(self, others: Sequence[Condition]) -> list[ColumnElement[Any]]:
        fits = and_(true(), *others).label("fits")
        return [violations.c.id, violations.c.severity, self.time.label("at"), fits]

    def _ordered(self, seen: Subquery, limit: int) -> Select[Any]:
        return select(seen).order_by(*self._order(seen)).limit(written(limit))

    def _order(self, seen: Subquery, *, back: bool = False) -> list[ColumnElement[Any]]:
        falling = (self.sort is Sort.NEWEST) != back
        return [seen.c.at.desc(), seen.c.id.desc()] if falling else [seen.c.at, seen.c.id]


async def _rare(transaction: Transaction, walk: _Walk) -> str | None:
    """What PostgreSQL expects of the fewest violations, if those are few."""
    expected = {
        name: await _expected(transaction, walk.sought(name)) / walk.few_may_be(name)
        for name in walk.rarities
    }
    rare = min(expected, key=expected.__getitem__, default=None)
    return rare if rare is not None and expected[rare] <= 1 else None


async def _number(transaction: Transaction, found: Select[Any]) -> int:
    rows = found.subquery()
    row = await transaction.row(select(func.count().label("number")).select_from(rows))
    return int(row["number"]) if row else 0


async def _expected(transaction: Transaction, condition: Condition) -> int:
    prepared = prepare(select(violations.c.id).where(condition))
    explained = Prepared(f"EXPLAIN (FORMAT JSON) {prepared.sql}", prepared.names, prepared.values)
    row = await transaction.row(explained)
    return int(json.loads(row["QUERY PLAN"])[0]["Plan"]["Plan Rows"]) if row else 0


def _partial(name: str) -> list[Condition]:
    """What the index is restricted to, so that PostgreSQL sees that it will do."""
    if name in ("chat", "assignee", "escalated_to"):
        return [violations.c[name] != literal_column("''")]
    return []


def _page(rows: Sequence[Row], sort: Sort, limit: int) -> Found:
    ids = tuple(row["id"] for row in rows[:limit])
    return Found(ids, _cursor(rows[limit - 1], sort) if len(rows) > limit else None)


def _cursor(row: Row, sort: Sort) -> Cursor:
    return Cursor(sort, Severity(row["severity"]), row["at"], row["id"])
