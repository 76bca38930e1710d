"""Whether a call may be made now, asked of the one place that all processes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.ledger.database.engine import Engine, Transaction
from moderator.ledger.limits.allowances import Charge, Full, room, spend
from moderator.ledger.limits.pauses import Pause, in_the_way, take_probe


@dataclass(frozen=True, slots=True)
class Admitted:
    """The call may be made and is counted.

    It tries whether the pauses `probing` are over; WeCom had blocked the keys `blocked` before.
    """

    probing: tuple[int, ...] = ()
    blocked: frozenset[str] = frozenset()


class Admissions:
    """Pauses and allowances in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ask(
        self,
        credential: str,
        path: str,
        charges: Sequence[Charge],
        now: datetime,
        *,
        next_probe: Callable[[Pause], datetime],
    ) -> Admitted | Full | Pause:
        """Count a call of `path`, or say what is in its way; then nothing is counted.

        Where a pause's time is over, one caller is let through to try; `next_probe` says when the
        next one may.
        """
        try:
            async with self._engine.begin() as transaction:
                # What the server forgets in a crash is less than a second of counting.
                await transaction.script("SET LOCAL synchronous_commit = off")
                probing = await _probing(transaction, credential, path, now, next_probe)
                if isinstance(probing, Pause):
                    return probing
                return Admitted(probing, await _counted(transaction, charges, now))
        except _NoRoom:
            return await self._full(charges, now)

    async def _full(self, charges: Sequence[Charge], now: datetime) -> Full:
        async with self._engine.begin() as transaction:
            full = await room(transaction, charges, now)
        # Somebody's place may have become free meanwhile: then the next try is at once.
        return full or Full(charges[0].key, now, blocked=False)


class _NoRoom(Exception):
    """One of the windows is full."""


async def _counted(
    transaction: Transaction, charges: Sequence[Charge], now: datetime
) -> frozenset[str]:
    spent = await spend(transaction, charges, now)
    if spent is None:
        raise _NoRoom  # and what was counted of the others is rolled back
    return spent.blocked


async def _probing(
    transaction: Transaction,
    credential: str,
    path: str,
    now: datetime,
    next_probe: Callable[[Pause], datetime],
) -> tuple[int, ...] | Pause:
    pauses = await in_the_way(transaction, credential, path) if credential else []
    for pause in pauses:
        if not await take_probe(transaction, pause, next_at=next_probe(pause), now=now):
            return pause
    return tuple(pause.id for pause in pauses)
