"""The violations of a period as day, status, key and number: counted already where that will do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Select,
    Subquery,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.types import Text

from moderator.domain import canary
from moderator.ledger.counting.days import CHINA
from moderator.ledger.database.engine import Prepared, Transaction
from moderator.ledger.reading.conditions import Condition, fitting
from moderator.ledger.reading.visible import among, below
from moderator.ledger.records import ViolationFilter
from moderator.ledger.schema.statistics import (
    department_days,
    violation_days,
)
from moderator.ledger.schema.tables import violations


class Dimension(StrEnum):
    """What violations are grouped by."""

    CATEGORY = "category"
    RULE = "rule"  # the gravest that hit
    SEVERITY = "severity"
    STATUS = "status"
    APP = "app"
    DEPARTMENT = "department"  # with all below it: a violation counts in several
    SENDER = "sender"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class Period:
    """Days; `until` is the first that does not belong to it."""

    since: date
    until: date

    @property
    def before(self) -> "Period":
        """As many days just before it."""
        return Period(self.since - (self.until - self.since), self.since)


_STORED_BY: Final = (
    *(None, Dimension.CATEGORY, Dimension.RULE, Dimension.SEVERITY),
    *(Dimension.STATUS, Dimension.APP),
)
_STORED_OF: Final = frozenset({"category", "severity", "max_severity", "app", "statuses"})
_MOST_STRETCHES: Final = 8
_DAY: Final = timedelta(days=1)
_UNCOUNTED: Final = Prepared(
    """
    SELECT day::date AS day FROM generate_series($1::date, $2::date - 1, interval '1 day') AS day
     WHERE day::date NOT IN (
       SELECT day FROM counted_days WHERE day >= $1::date AND day < $2::date
          AND NOT EXISTS (SELECT FROM stale_days WHERE stale_days.day = counted_days.day))
     ORDER BY day
    """,
    ("since", "until"),
    {},
)
_NOT_CANARY: Final = violations.c.category != canary.CATEGORY


async def uncounted(transaction: Transaction, period: Period) -> tuple[Period, ...]:
    """The days of the period that are not counted as they are now, in stretches."""
    rows = await transaction.rows(_UNCOUNTED, since=period.since, until=period.until)
    days = [row["day"] for row in rows]
    stretches: list[Period] = []
    for day in days:
        if stretches and stretches[-1].until == day:
            day_before = stretches.pop()
            stretches.append(Period(day_before.since, day + _DAY))
        else:
            stretches.append(Period(day, day + _DAY))
    # Between many the counted days are not worth the trouble.
    many = len(stretches) > _MOST_STRETCHES
    return (Period(days[0], days[-1] + _DAY),) if many else tuple(stretches)


def counted(
    period: Period,
    missing: Sequence[Period],
    wanted: ViolationFilter,
    by: Dimension | None = None,
) -> Subquery:
    """Rows of `day`, `status`, `key` (what `by` tells apart, as text) and `violations`.

    The days `missing` are counted afresh, and all days where nothing stored answers.
    """
    stored = _of_company(wanted, by)
    if stored is None:
        stored = _of_departments(wanted, by)
    if stored is None:
        return _afresh(wanted, by).where(*during(period)).subquery()
    day = stored.selected_columns.day
    known = stored.where(day >= period.since, day < period.until)
    for stretch in missing:
        known = known.where(or_(day < stretch.since, day >= stretch.until))
    others = [_afresh(wanted, by).where(*during(stretch)) for stretch in missing]
    return union_all(known, *others).subquery() if others else known.subquery()


def during(period: Period) -> tuple[Condition, ...]:
    """Sent in the period, and not by the canary."""
    since, until = (datetime.combine(day, time.min, CHINA) for day in (period.since, period.until))
    return violations.c.sent_at >= since, violations.c.sent_at < until, _NOT_CANARY


def _of_company(wanted: ViolationFilter, by: Dimension | None) -> Select[Any] | None:
    """What is stored of the whole company; None where that does not answer."""
    if by not in _STORED_BY or not _asked(wanted) <= _STORED_OF:
        return None
    of = violation_days.c
    found = select(of.day, of.status, _key(of[by.value] if by else None), of.violations)
    found = found.where(*_statuses(wanted, of.status))
    if wanted.severity is not None:
        found = found.where(of.severity >= int(wanted.severity))
    if wanted.max_severity is not None:
        found = found.where(of.severity <= int(wanted.max_severity))
    named = {name: getattr(wanted, name) for name in ("category", "app")}
    return found.where(*(of[name] == value for name, value in named.items() if value is not None))


def _of_departments(wanted: ViolationFilter, by: Dimension | None) -> Select[Any] | None:
    """What is stored of one department, or of each; None where that does not answer."""
    roots = list(_roots(wanted))
    if len(roots) > 1 or not _asked(wanted) <= {"statuses", "bound", "department"}:
        return None
    of = department_days.c
    theirs: list[Condition]
    if by is Dimension.DEPARTMENT:
        key = of.department
        theirs = [of.department.in_(below(root)) for root in roots]
    elif by in (None, Dimension.STATUS) and roots and len(roots[0]) == 1:
        key = of.status
        theirs = [among(of.department, roots[0])]
    else:
        return None
    found = select(of.day, of.status, _key(key), of.violations)
    return found.where(*theirs, *_statuses(wanted, of.status))


def _afresh(wanted: ViolationFilter, by: Dimension | None) -> Select[Any]:
    day = cast(func.timezone("Asia/Shanghai", violations.c.sent_at), Date).label("day")
    found = fitting(wanted)
    source: FromClause = violations
    key: ColumnElement[Any] | None = None
    if by is Dimension.DEPARTMENT:
        each = (
            func.unnest(violations.c.sender_departments)
            .table_valued("id", name="each")
            .render_derived()
        )
        key, source = each.c.id, source.join(each, true())
        found += [each.c.id.in_(below(root)) for root in _roots(wanted)]
    elif by is not None:
        key = violations.c[by.value]
    number = func.count().label("violations")
    columns = (day, violations.c.status, _key(key))
    return select(*columns, number).select_from(source).where(*found).group_by(*columns)


def _asked(wanted: ViolationFilter) -> frozenset[str]:
    names = (field.name for field in fields(wanted))
    return frozenset(name for name in names if getattr(wanted, name) not in (None, ()))


def _roots(wanted: ViolationFilter) -> Iterator[frozenset[int]]:
    """The departments whose subtrees are meant; a violation has to be within each set."""
    if wanted.bound is not None:
        yield wanted.bound
    if wanted.department is not None:
        yield frozenset({wanted.department})


def _statuses(wanted: ViolationFilter, status: ColumnElement[Any]) -> Iterator[Condition]:
    if wanted.statuses:
        yield among(status, [each.value for each in wanted.statuses])


def _key(value: ColumnElement[Any] | None) -> ColumnElement[Any]:
    told = literal_column("''") if value is None else value
    return cast(told, Text).label("key")
