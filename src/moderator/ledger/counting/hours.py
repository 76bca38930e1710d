"""How many messages each app heard, hour by hour; any number of processes add to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared
from moderator.policy.silence import Habit, hour_of_week

_HOUR: Final = timedelta(hours=1)

# In one order everywhere, so that two processes do not wait for each other in a circle.
_ADD: Final = Prepared(
    """
    INSERT INTO app_hours (app, hour, messages, last_at)
    SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::bigint[], $4::timestamptz[])
           AS heard(app, hour, messages, last_at) ORDER BY app, hour
    ON CONFLICT (app, hour) DO UPDATE SET messages = app_hours.messages + excluded.messages,
           last_at = greatest(app_hours.last_at, excluded.last_at)
    """,
    ("apps", "hours", "messages", "last"),
    {},
)
_LAST: Final = Prepared("SELECT app, max(last_at) AS last_at FROM app_hours GROUP BY app", (), {})
_HOURS: Final = Prepared(
    "SELECT app, hour, messages FROM app_hours WHERE hour >= $1 AND hour < $2 ORDER BY app, hour",
    ("since", "until"),
    {},
)
_FORGET: Final = Prepared("DELETE FROM app_hours WHERE hour < $1", ("before",), {})


@dataclass(slots=True)
class Heard:
    """What one process heard of one app in one hour."""

    app: str
    hour: datetime
    messages: int
    last_at: datetime


class AppHours:
    """Adds up what was heard and tells what is usual."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, heard: Sequence[Heard]) -> None:
        """Add what was heard; all of it or nothing."""
        async with self._engine.begin() as transaction:
            await transaction.rows(
                _ADD,
                apps=[each.app for each in heard],
                hours=[each.hour for each in heard],
                messages=[each.messages for each in heard],
                last=[each.last_at for each in heard],
            )

    async def last(self) -> dict[str, datetime]:
        """When each app heard something last, whichever process it was."""
        async with self._engine.begin() as transaction:
            return {row["app"]: row["last_at"] for row in await transaction.rows(_LAST)}

    async def habits(self, *, since: datetime, until: datetime) -> dict[str, Habit]:
        """What is usual for each app, from its first whole hour after `since` on.

        `until` is the beginning of an hour, exclusive.  An hour without a row heard nothing.
        """
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_HOURS, since=since, until=until)
        counted: defaultdict[str, dict[datetime, int]] = defaultdict(dict)
        for row in rows:
            counted[row["app"]][row["hour"]] = row["messages"]
        return {app: _habit(hours, until) for app, hours in counted.items()}

    async def forget(self, before: datetime) -> None:
        async with self._engine.begin() as transaction:
            await transaction.rows(_FORGET, before=before)


def _habit(counted: dict[datetime, int], until: datetime) -> Habit:
    habit: defaultdict[int, list[int]] = defaultdict(list)
    hour = min(counted) + _HOUR  # the first one had begun before anybody counted
    while hour < until:
        habit[hour_of_week(hour)].append(counted.get(hour, 0))
        hour += _HOUR
    return habit
