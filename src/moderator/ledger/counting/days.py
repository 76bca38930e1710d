"""Counts every day's violations once it is over, and again when something of it changed since.

A day is counted as of one moment.  Whatever changes a counted day leaves a mark in the same
transaction (the triggers of `violations`); only marks that this moment sees are taken away, so a
change that was not committed yet keeps its mark, and whoever asks counts such a day afresh.
"""

from datetime import date, datetime, timedelta, timezone
from typing import Final

from moderator.domain import canary
from moderator.ledger.database.engine import Engine, Prepared, Transaction

CHINA: Final = timezone(timedelta(hours=8))  # without summer time

# The triggers mark what is more than a day old, and no transaction takes an hour.
_SETTLED: Final = timedelta(hours=25)
_LOCK: Final = 0x6D6F6463
_OLDEST: Final = timedelta(days=3660)

_DUE: Final = Prepared(
    """
    WITH since AS (SELECT min(sent_at) AS at FROM violations WHERE sent_at >= $2::timestamptz)
    SELECT day FROM (
      SELECT first + n AS day
        FROM (SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS first FROM since) AS begun
       CROSS JOIN LATERAL generate_series(0, $1::date - first) AS n
      EXCEPT SELECT day FROM counted_days
      UNION SELECT day FROM stale_days WHERE day <= $1::date
    ) AS due ORDER BY day DESC LIMIT $3
    """,
    ("last", "oldest", "most"),
    {},
)
_ALONE: Final = Prepared(f"SELECT pg_try_advisory_xact_lock({_LOCK}) AS alone", (), {})
_MARKS: Final = Prepared("SELECT id FROM stale_days WHERE day = $1", ("day",), {})
_FORGET: Final = (
    Prepared("DELETE FROM violation_days WHERE day = $1", ("day",), {}),
    Prepared("DELETE FROM department_days WHERE day = $1", ("day",), {}),
)
_OF_DAY: Final = """
    violations WHERE category <> $2
       AND sent_at >= $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'
       AND sent_at < ($1::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
"""
_COUNT: Final = (
    Prepared(
        f"""
        INSERT INTO violation_days (day, app, category, rule, severity, status, violations)
        SELECT $1::date, app, category, rule, severity, status, count(*) FROM {_OF_DAY}
         GROUP BY app, category, rule, severity, status
        """,  # noqa: S608 - our own words
        ("day", "canary"),
        {},
    ),
    Prepared(
        f"""
        INSERT INTO department_days (day, department, status, violations)
        SELECT $1::date, department, status, count(*)
          FROM (SELECT unnest(sender_departments) AS department, status FROM {_OF_DAY}) AS each
         GROUP BY department, status
        """,  # noqa: S608 - our own words
        ("day", "canary"),
        {},
    ),
)
_COUNTED: Final = Prepared(
    """
    INSERT INTO counted_days (day, counted_at) VALUES ($1, $2)
    ON CONFLICT (day) DO UPDATE SET counted_at = excluded.counted_at
    """,
    ("day", "at"),
    {},
)
_UNMARK: Final = Prepared("DELETE FROM stale_days WHERE id = ANY($1)", ("marks",), {})


class DayCounts:
    """Keeps the days counted; any number of processes may."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def count(self, now: datetime, *, most: int = 31) -> int:
        """Count at most `most` days that are over and not counted as they are; how many.

        0 while another process counts.
        """
        last = last_settled(now)
        async with self._engine.begin() as transaction:
            due = await transaction.rows(_DUE, last=last, oldest=now - _OLDEST, most=most)
        return sum([await self._count(row["day"], now) for row in due])

    async def _count(self, day: date, now: datetime) -> bool:
        async with self._engine.begin() as transaction:
            await transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            alone = await transaction.row(_ALONE)
            if not alone or not alone["alone"]:
                return False
            await _count(transaction, day, now)
            return True


def last_settled(now: datetime) -> date:
    """The last day whose violations all leave a mark when they come or change."""
    return (now - _SETTLED).astimezone(CHINA).date() - timedelta(days=1)


async def _count(transaction: Transaction, day: date, now: datetime) -> None:
    marks = [row["id"] for row in await transaction.rows(_MARKS, day=day)]
    for statement in _FORGET:
        await transaction.rows(statement, day=day)
    for statement in _COUNT:
        await transaction.rows(statement, day=day, canary=canary.CATEGORY)
    await transaction.rows(_COUNTED, day=day, at=now)
    await transaction.rows(_UNMARK, marks=marks)
