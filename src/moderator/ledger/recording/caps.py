"""How often each capped action was queued on a day."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.ledger.database.engine import Prepared, Transaction

_LOCK: Final = Prepared("SELECT pg_advisory_xact_lock($1)", ("lock",), {"lock": 0x6D6F6463})
_USED: Final = Prepared(
    """
    SELECT kind, count(*) AS used FROM actions
     WHERE kind = ANY($1) AND queued_at >= $2 AND decided_by = '' GROUP BY kind
    """,
    ("kinds", "since"),
    {},
)


class NeedsLocks(Exception):
    """A decision depends on what may only be read under a lock."""


class DailyCaps:
    """Counts under a lock that ends with the transaction; those of the transaction itself too."""

    def __init__(self, transaction: Transaction | None, capped: Collection[ActionKind]) -> None:
        """Without a transaction nothing can be counted."""
        self._transaction = transaction
        self._capped = frozenset(capped)
        self._before: dict[datetime, Mapping[ActionKind, int]] = {}  # by the day's beginning
        self._added: list[tuple[ActionKind, datetime]] = []

    def concern(self, actions: Iterable[PlannedAction]) -> bool:
        """Whether any of these would use up a cap."""
        return any(True for _ in self._queued(actions))

    def add(self, actions: Iterable[PlannedAction], now: datetime) -> None:
        """Count what will be written at the end of this transaction."""
        self._added += [(action.kind, now) for action in self._queued(actions)]

    async def used(self, now: datetime) -> Mapping[ActionKind, int]:
        """What was queued since midnight UTC, but for what people decided.

        Raises `NeedsLocks` where there is no transaction.
        """
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if today not in self._before:
            self._before[today] = await self._read(today)
        return Counter(self._before[today]) + Counter(
            kind for kind, at in self._added if at >= today
        )

    async def _read(self, since: datetime) -> Mapping[ActionKind, int]:
        if self._transaction is None:
            raise NeedsLocks
        await self._transaction.rows(_LOCK)
        kinds = [kind.value for kind in self._capped]
        rows = await self._transaction.rows(_USED, kinds=kinds, since=since)
        return {ActionKind(row["kind"]): row["used"] for row in rows}

    def _queued(self, actions: Iterable[PlannedAction]) -> Iterable[PlannedAction]:
        return (
            action
            for action in actions
            if action.state is ActionState.QUEUED and action.kind in self._capped
        )
