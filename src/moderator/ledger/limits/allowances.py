"""What was spent of WeCom's limits, by all processes together and across restarts.

One row for each receiver and window, with what was spent in each of its sixty slots.  A slot is
named by its end, so that what is counted leaves the window too late rather than too early.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction

_SLOTS: Final = 60
_FORGOTTEN: Final = timedelta(days=2)  # longer than the longest window
_BLOCK: Final = timedelta(minutes=1)  # WeCom blocks by the window that overflowed (§7.3) …
_LONG_BLOCK: Final = timedelta(hours=1)  # … so what still is too much after two minutes is this one
_SHORT_BLOCKS: Final = 2

# A row that is spent from is locked, and looked at as it then is: nobody can exceed the limit.
_SPEND: Final = Prepared(
    """
    INSERT INTO allowances AS kept (key, most, since, slots, spent, updated_at)
    SELECT key, most, since, ARRAY[slot], ARRAY[amount], $6
      FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::int[])
           AS asked(key, most, since, slot, amount)
     ORDER BY key
    ON CONFLICT (key) DO UPDATE
       SET most = excluded.most, since = excluded.since, updated_at = excluded.updated_at,
           (slots, spent) = (
             SELECT array_agg(slot ORDER BY slot), array_agg(amount ORDER BY slot)
               FROM (SELECT slot, sum(amount)::int AS amount
                       FROM unnest(kept.slots || excluded.slots, kept.spent || excluded.spent)
                            AS entry(slot, amount)
                      WHERE slot > excluded.since GROUP BY slot) AS summed)
     WHERE (kept.blocked_until IS NULL OR kept.blocked_until <= excluded.updated_at)
       AND excluded.spent[1] <= excluded.most - (
             SELECT coalesce(sum(amount), 0)
               FROM unnest(kept.slots, kept.spent) AS entry(slot, amount)
              WHERE slot > excluded.since)
    RETURNING key, blocks
    """,
    ("keys", "mosts", "sinces", "slots", "amounts", "now"),
    {},
)
_SPENT: Final = Prepared(
    """
    SELECT key, slots, spent, blocked_until,
           (SELECT count(*) FROM actions
             WHERE held_by = 'full/' || key AND state = 'queued' AND due_at > $2) AS waiting
      FROM allowances WHERE key = ANY($1::text[])
    """,
    ("keys", "now"),
    {},
)
# Many calls may be refused at once; together they are one block.
_BLOCKED: Final = Prepared(
    """
    INSERT INTO allowances AS kept
           (key, most, since, slots, spent, blocked_until, blocks, updated_at)
    VALUES ($1, 0, 0, '{}', '{}', $2::timestamptz + $3::interval, 1, $2)
    ON CONFLICT (key) DO UPDATE
       SET blocked_until = CASE WHEN kept.blocked_until > $2 THEN kept.blocked_until
                                WHEN kept.blocks >= $5 THEN $2::timestamptz + $4::interval
                                ELSE excluded.blocked_until END,
           blocks = kept.blocks + CASE WHEN kept.blocked_until > $2 THEN 0 ELSE 1 END
    """,
    ("key", "now", "short", "long", "shorts"),
    {},
)
_UNBLOCKED: Final = Prepared(
    "UPDATE allowances SET blocked_until = NULL, blocks = 0 WHERE key = $1", ("key",), {}
)
_FORGET: Final = Prepared(
    """
    DELETE FROM allowances
     WHERE key IN (SELECT key FROM allowances WHERE updated_at <= $1 LIMIT 1000
                      FOR UPDATE SKIP LOCKED)
    RETURNING key
    """,
    ("before",),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """`amount` of the `most` that `receiver` may get within any `window`."""

    receiver: str
    most: int
    window: timedelta
    amount: int = 1

    @property
    def key(self) -> str:
        return f"{self.receiver}/{self.window.total_seconds():g}"


@dataclass(frozen=True, slots=True)
class Spent:
    """All of it was counted; `blocked` are the keys that WeCom had blocked the time before."""

    blocked: frozenset[str]


@dataclass(frozen=True, slots=True)
class Full:
    """Nothing was counted: there is no room for `key` until then."""

    key: str
    until: datetime
    blocked: bool


class Allowances:
    """Reads and clears the windows; calls spend from them through `Admissions`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def block(self, charge: Charge, now: datetime) -> None:
        """Keep that WeCom takes nothing more of this kind for now: a minute, or else an hour."""
        async with self._engine.begin() as transaction:
            await transaction.rows(
                _BLOCKED,
                key=charge.key,
                now=now,
                short=_BLOCK,
                long=_LONG_BLOCK,
                shorts=_SHORT_BLOCKS,
            )

    async def unblock(self, charge: Charge) -> None:
        """Keep that WeCom takes this kind again."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_UNBLOCKED, key=charge.key)

    async def erase_expired(self, now: datetime) -> int:
        """Forget receivers to whom nothing was sent for days; how many."""
        async with self._engine.begin() as transaction:
            return len(await transaction.rows(_FORGET, before=now - _FORGOTTEN))


async def spend(transaction: Transaction, charges: Sequence[Charge], now: datetime) -> Spent | None:
    """Count all `charges`; None where one did not fit, and then the caller must roll back."""
    rows = await transaction.rows(
        _SPEND,
        keys=[charge.key for charge in charges],
        mosts=[charge.most for charge in charges],
        sinces=[floor(_in_slots(charge, now)) - _SLOTS for charge in charges],
        slots=[ceil(_in_slots(charge, now)) for charge in charges],
        amounts=[charge.amount for charge in charges],
        now=now,
    )
    if len(rows) < len(charges):
        return None
    return Spent(frozenset(row["key"] for row in rows if row["blocks"]))


async def room(transaction: Transaction, charges: Sequence[Charge], now: datetime) -> Full | None:
    """Which of `charges` has to wait longest; None where there is room for all by now.

    Whoever is turned away comes after those who were before, so that a crowd does not come back
    all at once, again and again.
    """
    found = await transaction.rows(_SPENT, keys=[charge.key for charge in charges], now=now)
    rows = {row["key"]: row for row in found}
    waits = [_wait(charge, rows[charge.key], now) for charge in charges if charge.key in rows]
    return max((wait for wait in waits if wait.until > now), key=_until, default=None)


def _wait(charge: Charge, row: Row, now: datetime) -> Full:
    blocked_until = row["blocked_until"]
    if blocked_until and blocked_until > now:
        return Full(charge.key, blocked_until, blocked=True)
    until = _room_at(charge, zip(row["slots"], row["spent"], strict=True), now)
    if until > now:
        until += charge.window * (row["waiting"] // max(1, charge.most))
    return Full(charge.key, until, blocked=False)


def _room_at(charge: Charge, entries: Iterable[tuple[int, int]], now: datetime) -> datetime:
    since = floor(_in_slots(charge, now)) - _SLOTS
    inside = sorted(entry for entry in entries if entry[0] > since)
    excess = sum(amount for _, amount in inside) + charge.amount - charge.most
    until = now
    for slot, amount in inside:
        if excess <= 0:
            break
        excess -= amount
        until = datetime.fromtimestamp((slot + _SLOTS) * _unit(charge), UTC)
    return until


def _in_slots(charge: Charge, moment: datetime) -> float:
    return moment.timestamp() / _unit(charge)


def _unit(charge: Charge) -> float:
    return charge.window.total_seconds() / _SLOTS


def _until(full: Full) -> datetime:
    return full.until
