"""Who else looks at a case: a soft lock that keeps nobody out and forgets within a minute."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared

WITHIN: Final = timedelta(seconds=60)

_COME: Final = Prepared(
    """
    INSERT INTO presence (violation_id, actor, seen_at) VALUES ($1, $2, $3)
    ON CONFLICT (violation_id, actor) DO UPDATE SET seen_at = excluded.seen_at
    """,
    ("violation", "actor", "at"),
    {},
)
_OTHERS: Final = Prepared(
    """
    SELECT actor FROM presence WHERE violation_id = $1 AND actor <> $2 AND seen_at > $3
     ORDER BY seen_at, actor
    """,
    ("violation", "actor", "since"),
    {},
)
_FORGET: Final = Prepared(
    """
    DELETE FROM presence WHERE (violation_id, actor) IN
     (SELECT violation_id, actor FROM presence WHERE seen_at <= $1 FOR UPDATE SKIP LOCKED)
    """,
    ("since",),
    {},
)
_LEAVE: Final = Prepared(
    "DELETE FROM presence WHERE violation_id = $1 AND actor = $2", ("violation", "actor"), {}
)


class Presence:
    """Keeps who looks at what, for all processes of the service."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def here(self, violation_id: int, actor: str, at: datetime) -> Sequence[str]:
        """Say that `actor` looks at the case; the others who did within the last minute."""
        since = at - WITHIN
        async with self._engine.begin() as transaction:
            await transaction.rows(_COME, violation=violation_id, actor=actor, at=at)
            await transaction.rows(_FORGET, since=since)
            rows = await transaction.rows(_OTHERS, violation=violation_id, actor=actor, since=since)
        return [row["actor"] for row in rows]

    async def gone(self, violation_id: int, actor: str) -> None:
        """Say that `actor` looks at something else now."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_LEAVE, violation=violation_id, actor=actor)
