"""Everything that is sealed, sealed again with the current key, beside the running service.

Which rows are left to do stands in the rows themselves: a rotation may be stopped anywhere, begun
again, and run beside another one.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from moderator.errors import EvidenceUnreadable
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared, Row
from moderator.ledger.database.windows import Window, windows
from moderator.ledger.evidence.sealing import EvidenceCipher, Sealed
from moderator.ledger.recording.spool import Kept, Spool
from moderator.ledger.schema.tables import failed_messages, violations

BATCH: Final = 200  # rows that are locked at a time

# Rows that somebody else has locked are left for the next round: another rotation, or an erasure.
_TAKE: Final = Prepared(
    """
    SELECT id, message_key, evidence, evidence_key FROM violations
     WHERE id > $1 AND id <= $2 AND evidence IS NOT NULL AND evidence_key <> $3
     ORDER BY id LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
    """,
    ("after", "until", "current", "most"),
    {},
)
_PUT: Final = Prepared(
    """
    UPDATE violations AS v SET evidence = new.evidence, evidence_key = $3
      FROM unnest($1::bigint[], $2::bytea[]) AS new(id, evidence) WHERE v.id = new.id
    """,
    ("ids", "blobs", "current"),
    {},
)


@dataclass(slots=True)
class Progress:
    """What a rotation has done so far; `looked` is the share of the table that it has been over."""

    sealed: int = 0
    unreadable: int = 0
    looked: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """How many rows one key still opens; it may be dropped when that is none, everywhere.

    `spooled` are those of this machine's spool: others have their own.
    """

    key_id: str
    current: bool
    known: bool
    violations: int
    spooled: int


@dataclass(frozen=True, slots=True)
class Keys:
    """Who opens what; failed messages are as WeCom sealed them, under each app's EncodingAESKey."""

    uses: Sequence[KeyUse]
    failed: Mapping[str, int] = field(default_factory=dict)


class Rotation:
    """Seals again whatever is not under the current key."""

    def __init__(
        self,
        engine: Engine,
        cipher: EvidenceCipher,
        spool: Spool,
        *,
        batch: int = BATCH,
        pause: timedelta = timedelta(0),
    ) -> None:
        """`pause` after each batch leaves time to others."""
        self._engine = engine
        self._cipher = cipher
        self._spool = spool
        self._batch = batch
        self._pause = pause.total_seconds()

    async def run(
        self,
        *,
        by: str,
        report: Callable[[Progress], object] = lambda _: None,
        stopping: asyncio.Event | None = None,
    ) -> Progress:
        """Go through everything once, or until `stopping`; `report` hears of each batch.

        What somebody else had locked is left; `keys` tells whether anything is.
        """
        progress, stopping = Progress(), stopping or asyncio.Event()
        async for _ in self._batches(progress):
            report(progress)
            if await self._stopped(stopping):
                break
        await self._tell(progress, by)
        return progress

    async def keys(self) -> Keys:
        """How much each key still holds, those that are not in the keyring too."""
        in_ledger: Counter[str] = Counter()
        async for window in windows(self._engine, violations):
            in_ledger.update(await self._counted(window))
        spooled = await self._spool.by_key()
        ids = dict.fromkeys([*self._cipher.key_ids, *in_ledger, *spooled])
        uses = [
            KeyUse(
                key_id=key_id,
                current=key_id == self._cipher.current,
                known=self._cipher.knows(key_id),
                violations=in_ledger[key_id],
                spooled=spooled.get(key_id, 0),
            )
            for key_id in ids
        ]
        return Keys(uses, await self._failed())

    async def _batches(self, progress: Progress) -> AsyncIterator[None]:
        async for _ in self._spooled(progress):
            yield
        async for window in windows(self._engine, violations):
            after = window.after
            while (last := await self._sealed_again(after, window.until, progress)) is not None:
                after = last
                yield
            progress.looked = window.until / window.last
            yield

    async def _stopped(self, stopping: asyncio.Event) -> bool:
        """Leave time to others, unless it is to stop."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await stopping.wait()
        return stopping.is_set()

    async def _sealed_again(self, after: int, until: int, progress: Progress) -> int | None:
        """One batch; the id it ended at, None where there was nothing left."""
        current = self._cipher.current
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(
                _TAKE, after=after, until=until, current=current, most=self._batch
            )
            opened = {row["id"]: self._again(row) for row in rows}
            sealed = {id_: again.blob for id_, again in opened.items() if again}
            await transaction.rows(
                _PUT, ids=list(sealed), blobs=list(sealed.values()), current=current
            )
        progress.sealed += len(sealed)
        progress.unreadable += len(rows) - len(sealed)
        return int(rows[-1]["id"]) if rows else None

    def _again(self, row: Row) -> Sealed | None:
        try:
            sealed = Sealed(row["evidence_key"], row["evidence"])
            return self._cipher.seal_again(sealed, bound_to=row["message_key"])
        except EvidenceUnreadable:
            return None

    async def _spooled(self, progress: Progress) -> AsyncIterator[None]:
        after = 0
        while rows := await self._spool.sealed_otherwise(
            self._cipher.current, after=after, most=self._batch
        ):
            again = [kept for row in rows if (kept := self._kept_again(row))]
            await self._spool.replace(again)
            progress.sealed += len(again)
            progress.unreadable += len(rows) - len(again)
            after = rows[-1].id
            yield

    def _kept_again(self, row: Kept) -> Kept | None:
        try:
            again = self._cipher.seal_again(Sealed(row.key_id, row.sealed), bound_to=row.key)
        except EvidenceUnreadable:
            return None
        return Kept(kind=row.kind, key=row.key, key_id=again.key_id, sealed=again.blob, id=row.id)

    async def _tell(self, progress: Progress, by: str) -> None:
        detail = {"sealed": progress.sealed, "unreadable": progress.unreadable}
        deed = Deed(
            actor=by,
            action="evidence.rotated",
            subject=f"key/{self._cipher.current}",
            detail=detail,
        )
        if progress.sealed or progress.unreadable:
            await audit.Audit(self._engine).write(deed)

    async def _counted(self, window: Window) -> Mapping[str, int]:
        statement = (
            select(violations.c.evidence_key, func.count().label("number"))
            .where(violations.c.id > window.after, violations.c.id <= window.until)
            .where(violations.c.evidence.is_not(None))
            .group_by(violations.c.evidence_key)
        )
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
        return {row["evidence_key"]: row["number"] for row in rows}

    async def _failed(self) -> Mapping[str, int]:
        statement = (
            select(failed_messages.c.app, func.count().label("number"))
            .where(failed_messages.c.body != b"")
            .group_by(failed_messages.c.app)
            .order_by(failed_messages.c.app)
        )
        async with self._engine.begin() as transaction:
            return {row["app"]: row["number"] for row in await transaction.rows(statement)}
