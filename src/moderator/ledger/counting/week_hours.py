"""At which hours of the week violations are sent."""

from collections.abc import Mapping

from sqlalchemy import Integer, cast, extract, func, select

from moderator.ledger.counting.counted import Period, during
from moderator.ledger.database.engine import Engine
from moderator.ledger.reading.conditions import fitting
from moderator.ledger.records import ViolationFilter
from moderator.ledger.schema.tables import violations

_CHINAS = "Asia/Shanghai"


class WeekHours:
    """Counts by weekday and hour, in China's time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def counts(
        self, period: Period, wanted: ViolationFilter
    ) -> Mapping[tuple[int, int], int]:
        """How many by (weekday, hour), Monday being 0; what is not there is none."""
        sent = func.timezone(_CHINAS, violations.c.sent_at)
        day = cast(extract("isodow", sent) - 1, Integer).label("day")
        hour = cast(extract("hour", sent), Integer).label("hour")
        statement = (
            select(day, hour, func.count().label("number"))
            .where(*during(period), *fitting(wanted))
            .group_by(day, hour)
        )
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
        return {(row["day"], row["hour"]): row["number"] for row in rows}
