"""The hits of rules, day by day."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from sqlalchemy import update

from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.rule_days import RuleDays
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.schema.tables import violations

Record = Callable[..., Awaitable[Recorded]]
WEEK = Period(date(2026, 3, 1), date(2026, 3, 8))


async def test_a_number_for_each_day(record: Record, database: Engine) -> None:
    """Days without a hit are there too, as 0; rules that nobody asked for are not."""
    await record(1)
    await record(2)
    third = await record(3)
    async with database.begin() as transaction:
        await transaction.rows(
            update(violations)
            .where(violations.c.id == third.violation_id)
            .values(sent_at=violations.c.sent_at + timedelta(days=2))
        )

    hits = await RuleDays(database).hits(WEEK, ["invoices", "never-hit"])

    assert hits == {"invoices": (0, 2, 0, 1, 0, 0, 0)}


async def test_nothing_asked(record: Record, database: Engine) -> None:
    """Of no rules there are no numbers."""
    await record(1)

    assert await RuleDays(database).hits(WEEK, []) == {}


async def test_bound(record: Record, database: Engine) -> None:
    """Whoever is bound to departments counts what their people did."""
    await record(1)
    await record(2, sender="lisi")
    async with database.begin() as transaction:
        await transaction.rows(
            update(violations).where(violations.c.sender == "lisi").values(sender_departments=[7])
        )

    hits = await RuleDays(database).hits(WEEK, ["invoices"], bound=frozenset({7}))

    assert hits == {"invoices": (0, 1, 0, 0, 0, 0, 0)}
