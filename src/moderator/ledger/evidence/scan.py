"""Proof that what had to be erased is erased: a look at everything that could still hold text."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.database.windows import windows
from moderator.ledger.evidence.legal_holds import HELD
from moderator.ledger.evidence.retention import OVERDUE_PEOPLE
from moderator.ledger.evidence.spool_erasure import SpoolErasure
from moderator.ledger.schema.tables import violations

NAMED: Final = 10  # ids that are told of each fault

# The columns that hold bytes: ciphertext, or hashes, from which nothing can be read.
SEALED: Final = frozenset({("violations", "evidence"), ("failed_messages", "body")})
HASHES: Final = frozenset({("login_attempts", "key")})
_NAMED_AS_HASHES: Final = frozenset({"hash", "previous", "digest"})
# What a hit may tell in clear: nothing that a person wrote.
_CLEAR: Final = (
    *("rule", "version", "category", "severity", "field", "start", "end", "layers"),
    *("verified", "masked", "fingerprint", "shown"),
)
_OVERDUE: Final = Prepared(
    f"""
    SELECT v.id, {HELD} AS held FROM violations AS v
     WHERE v.evidence IS NOT NULL AND v.evidence_expires_at <= $1 ORDER BY v.id
    """,  # noqa: S608 (ours)
    ("before",),
    {},
)
_FAILED: Final = Prepared(
    """
    SELECT id FROM failed_messages
     WHERE body <> '' AND (settled_at IS NOT NULL OR erased_at IS NOT NULL OR expires_at <= $1)
     ORDER BY id
    """,
    ("before",),
    {},
)
_TALKATIVE: Final = Prepared(
    """
    SELECT v.id FROM violations AS v
     WHERE v.id > $1 AND v.id <= $2
       AND EXISTS (SELECT FROM jsonb_array_elements(v.hits) AS h, jsonb_object_keys(h) AS name
                    WHERE name <> ALL ($3::text[]))
     ORDER BY v.id
    """,
    ("after", "until", "clear"),
    {},
)
_BYTES: Final = Prepared(
    """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE data_type = 'bytea' AND table_schema = 'public' ORDER BY 1, 2
    """,
    (),
    {},
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that should no longer be there; `ids` are the first few of `number`."""

    place: str
    what: str
    number: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found; `held` violations are past their time and kept for a legal hold."""

    faults: tuple[Fault, ...]
    held: int


class EvidenceScan:
    """Looks through the database and this machine's spool."""

    def __init__(self, engine: Engine, spool: SpoolErasure, *, people_after: timedelta) -> None:
        self._engine = engine
        self._spool = spool
        self._people_after = people_after

    async def look(self, now: datetime, *, late: timedelta) -> Scan:
        """Something may still be there `late` after its time: the service erases once an hour."""
        before = now - late
        held, overdue = await self._violations(before)
        faults = [
            _fault("violations", "text past its time", overdue),
            _fault("violations", "words in clear beside a hit", await self._talkative()),
            _fault("failed_messages", "callbacks past their time", await self._failed(before)),
            _fault("spool", "rows past their time", list(await self._spool.overdue(before))),
            await self._people(before),
            *[fault async for fault in self._strangers()],
        ]
        return Scan(tuple(fault for fault in faults if fault.number), held)

    async def _violations(self, before: datetime) -> tuple[int, list[int]]:
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_OVERDUE, before=before)
        return sum(row["held"] for row in rows), [row["id"] for row in rows if not row["held"]]

    async def _talkative(self) -> list[int]:
        found: list[int] = []
        async for window in windows(self._engine, violations):
            span = {"after": window.after, "until": window.until}
            async with self._engine.begin() as transaction:
                rows = await transaction.rows(_TALKATIVE, **span, clear=list(_CLEAR))
            found += [row["id"] for row in rows]
        return found

    async def _failed(self, before: datetime) -> list[int]:
        async with self._engine.begin() as transaction:
            return [row["id"] for row in await transaction.rows(_FAILED, before=before)]

    async def _people(self, before: datetime) -> Fault:
        async with self._engine.begin() as transaction:
            row = await transaction.row(OVERDUE_PEOPLE, before=before - self._people_after)
        return Fault("people", "left long ago, nothing held of them", row["number"] if row else 0)

    async def _strangers(self) -> AsyncIterator[Fault]:
        """Columns of bytes of which nobody has said what they hold and when it is erased."""
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_BYTES)
        for row in rows:
            place = (row["table_name"], row["column_name"])
            if place not in SEALED | HASHES and place[1] not in _NAMED_AS_HASHES:
                yield Fault(".".join(place), "bytes of which nobody knows when they end", 1)


def _fault(place: str, what: str, ids: list[int]) -> Fault:
    return Fault(place, what, len(ids), tuple(ids[:NAMED]))
