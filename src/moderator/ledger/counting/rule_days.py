"""How often each of some rules hit, day by day."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from moderator.ledger.counting.counted import Dimension, Period, counted, uncounted
from moderator.ledger.database.engine import Engine, Row
from moderator.ledger.reading.visible import among
from moderator.ledger.records import ViolationFilter


class RuleDays:
    """Counts as `Statistics` does: a violation counts for its gravest rule, on China's days."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def hits(
        self, period: Period, rules: Collection[str], *, bound: frozenset[int] | None = None
    ) -> Mapping[str, tuple[int, ...]]:
        """A number for each day of the period, by rule; rules that hit nothing are left out."""
        days = (period.until - period.since).days
        hits: dict[str, list[int]] = {}
        for row in await self._rows(period, rules, bound) if rules else ():
            counts = hits.setdefault(row["key"], [0] * days)
            counts[(row["day"] - period.since).days] = int(row["number"])
        return {rule: tuple(counts) for rule, counts in hits.items()}

    async def _rows(
        self, period: Period, rules: Collection[str], bound: frozenset[int] | None
    ) -> list[Row]:
        async with self._engine.begin() as transaction:
            missing = await uncounted(transaction, period)
            found = counted(period, missing, ViolationFilter(bound=bound), Dimension.RULE)
            number = func.sum(found.c.violations).label("number")
            statement = (
                select(found.c.key, found.c.day, number)
                .where(among(found.c.key, rules))
                .group_by(found.c.key, found.c.day)
            )
            return await transaction.rows(statement)
