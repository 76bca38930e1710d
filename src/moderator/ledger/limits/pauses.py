"""Apps that WeCom refuses until somebody fixes something, known to every process."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction
from moderator.ledger.recording.recorder import NOTIFY

_HOLDER: Final = "pause/"
_COLUMNS: Final = (
    "id, app, path, credential, errcode, reason, since, asked_at, probe_at, probes,"
    " lifted_at, lifted_by, lift_reason"
)
_IN_THE_WAY: Final = Prepared(
    f"SELECT {_COLUMNS} FROM pauses"  # noqa: S608 - the columns above
    " WHERE credential = $1 AND path IN ('', $2) AND lifted_at IS NULL ORDER BY probe_at DESC",
    ("credential", "path"),
    {},
)
_PROBE: Final = Prepared(
    "UPDATE pauses SET probes = probes + 1, probe_at = $2"
    " WHERE id = $1 AND probe_at <= $3 AND lifted_at IS NULL RETURNING id",
    ("id", "next", "now"),
    {},
)
# Refused again, a pause stays as old as it is and as long as it had become.
_PAUSE: Final = Prepared(
    f"""
    INSERT INTO pauses AS kept
           (app, path, credential, errcode, reason, since, asked_at, probe_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
    ON CONFLICT (credential, path) WHERE lifted_at IS NULL DO UPDATE
       SET errcode = excluded.errcode, reason = excluded.reason,
           asked_at = CASE WHEN $8 THEN excluded.asked_at ELSE kept.asked_at END,
           probe_at = greatest(kept.probe_at, excluded.probe_at)
    RETURNING {_COLUMNS}
    """,  # noqa: S608 - the columns above
    ("app", "path", "credential", "errcode", "reason", "now", "probe_at", "asked"),
    {},
)
_LIFT: Final = Prepared(
    f"""
    UPDATE pauses SET lifted_at = $2, lifted_by = $3, lift_reason = $4
     WHERE id = ANY($1::bigint[]) AND lifted_at IS NULL RETURNING {_COLUMNS}
    """,  # noqa: S608 - the columns above
    ("ids", "now", "by", "reason"),
    {},
)
_FORMER: Final = Prepared(
    "SELECT id FROM pauses WHERE lifted_at IS NULL AND NOT credential = ANY($1::text[])",
    ("credentials",),
    {},
)
_WAKE: Final = Prepared(
    "UPDATE actions SET due_at = $2, held_by = '' WHERE held_by = ANY($1::text[])"
    " AND state = 'queued' RETURNING id",
    ("holders", "now"),
    {},
)
_STANDS: Final = Prepared(
    "SELECT id FROM pauses WHERE id = $1 AND lifted_at IS NULL FOR SHARE", ("id",), {}
)
_LIST: Final = Prepared(
    f"SELECT {_COLUMNS},"  # noqa: S608 - the columns above
    " (SELECT count(*) FROM actions WHERE held_by = 'pause/' || pauses.id AND state = 'queued')"
    " AS waiting FROM pauses WHERE lifted_at IS NULL OR $1 ORDER BY id DESC LIMIT $2",
    ("lifted", "limit"),
    {},
)
_LAST_ASKED: Final = Prepared(
    "SELECT max(asked_at) AS at FROM pauses WHERE credential = $1 AND errcode = ANY($2::int[])",
    ("credential", "errcodes"),
    {},
)
_LOCK: Final = Prepared(
    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", ("credential",), {}
)
_ONE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM pauses WHERE id = $1",  # noqa: S608 - the columns above
    ("id",),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What WeCom refused to whom; an empty `path` means everything."""

    app: str
    path: str
    credential: str
    errcode: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """One app that is not called, or one `path` of it, since WeCom said `errcode`.

    `credential` stands for what was shown to WeCom then: the pause concerns nobody who shows
    another.  At `probe_at` one call may try; `probes` have failed so far.  `waiting` actions
    wait for it.
    """

    id: int
    app: str
    path: str
    credential: str
    errcode: int
    reason: str
    since: datetime
    asked_at: datetime
    probe_at: datetime
    probes: int
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str
    waiting: int = 0

    @property
    def holder(self) -> str:
        """What actions that wait for it are marked with."""
        return f"{_HOLDER}{self.id}"

    @property
    def told(self) -> str:
        """In a few words, for people."""
        what = f"{self.app} {self.path}".rstrip() or "?"
        return (
            f"{what}: errcode {self.errcode} since {self.since:%F %R} UTC, {self.waiting} waiting"
        )


class Pauses:
    """Reads and ends pauses; calls meet them through `Admissions`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list(self, *, lifted: bool = False, limit: int = 200) -> Sequence[Pause]:
        """Those that stand, newest first; with `lifted` also those that ended."""
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_LIST, lifted=lifted, limit=limit)
        return [_pause(row) for row in rows]

    async def lift(self, pause_id: int, *, by: str, reason: str, now: datetime) -> Pause | None:
        """End a pause and wake what waits for it; None where it had ended.  Raises `NotFound`."""
        async with self._engine.begin() as transaction:
            lifted = await _lift(transaction, [pause_id], by=by, reason=reason, now=now)
            if not lifted and await transaction.row(_ONE, id=pause_id) is None:
                raise NotFound(f"pause {pause_id}")
            for pause in lifted:
                await audit.write(transaction, _deed(pause, by, reason), at=now)
        return lifted[0] if lifted else None

    async def lift_all(
        self, pause_ids: Collection[int], *, by: str, reason: str, now: datetime
    ) -> None:
        """As `lift`, for those of `pause_ids` that still stand."""
        async with self._engine.begin() as transaction:
            await _lift(transaction, pause_ids, by=by, reason=reason, now=now)

    async def supersede(self, credentials: Collection[str], now: datetime) -> int:
        """End the pauses of settings that are no longer in use; how many."""
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_FORMER, credentials=list(credentials))
            ids = [row["id"] for row in rows]
            lifted = await _lift(
                transaction, ids, by="service", reason="the settings changed", now=now
            )
        return len(lifted)

    async def pause(
        self, cause: Cause, *, now: datetime, until: datetime, asked: bool = True
    ) -> Pause:
        """Begin a pause, or go on with the one that stands; see `begin_pause`."""
        async with self._engine.begin() as transaction:
            return await begin_pause(transaction, cause, now=now, until=until, asked=asked)

    async def wake(self, holder: str, now: datetime) -> None:
        """Let what waits for `holder` be due now."""
        async with self._engine.begin() as transaction:
            await _wake(transaction, [holder], now)

    @asynccontextmanager
    async def alone(self, credential: str) -> AsyncIterator[Transaction]:
        """A transaction in which nobody else, in no process, is for the same `credential`."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_LOCK, credential=credential)
            yield transaction


async def begin_pause(
    transaction: Transaction, cause: Cause, *, now: datetime, until: datetime, asked: bool = True
) -> Pause:
    """Begin a pause, or go on with the one that stands; `asked` tells that WeCom said it now."""
    values = {**asdict(cause), "now": now, "probe_at": until, "asked": asked}
    row = await transaction.row(_PAUSE, **values)
    assert row is not None  # noqa: S101 - either inserted or updated
    return _pause(row)


async def in_the_way(transaction: Transaction, credential: str, path: str) -> list[Pause]:
    """The pauses that a call meets, the longest first."""
    rows = await transaction.rows(_IN_THE_WAY, credential=credential, path=path)
    return [_pause(row) for row in rows]


async def stands(transaction: Transaction, holder: str) -> bool:
    """Whether what an action would wait for still stands.

    A pause that does cannot end before the transaction.
    """
    number = holder.removeprefix(_HOLDER)
    return number == holder or await transaction.row(_STANDS, id=int(number)) is not None


async def take_probe(
    transaction: Transaction, pause: Pause, *, next_at: datetime, now: datetime
) -> bool:
    """Whether the caller is the one that tries; the next one may at `next_at`."""
    row = await transaction.row(_PROBE, id=pause.id, next=next_at, now=now)
    return row is not None


async def last_asked(
    transaction: Transaction, credential: str, errcodes: Collection[int]
) -> datetime | None:
    """When WeCom last answered one of `errcodes` to `credential`."""
    row = await transaction.row(_LAST_ASKED, credential=credential, errcodes=list(errcodes))
    return row["at"] if row else None


async def _lift(
    transaction: Transaction, ids: Collection[int], *, by: str, reason: str, now: datetime
) -> list[Pause]:
    if not ids:
        return []
    rows = await transaction.rows(_LIFT, ids=list(ids), now=now, by=by, reason=reason)
    lifted = [_pause(row) for row in rows]
    await _wake(transaction, [pause.holder for pause in lifted], now)
    return lifted


async def _wake(transaction: Transaction, holders: Collection[str], now: datetime) -> None:
    if await transaction.rows(_WAKE, holders=list(holders), now=now):
        await transaction.rows(NOTIFY)


def _deed(pause: Pause, by: str, reason: str) -> Deed:
    told = {"app": pause.app, "path": pause.path, "reason": reason}
    return Deed(actor=by, action="pause.lifted", subject=f"pause/{pause.id}", detail=told)


def _pause(row: Row) -> Pause:
    return Pause(**dict(row))


def later(pause: Pause, now: datetime, *, first: timedelta, longest: timedelta) -> datetime:
    """When the probe after the next may be, twice as far away each time."""
    return now + min(longest, first * int(2 ** min(pause.probes + 1, 20)))
