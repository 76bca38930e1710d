"""Callbacks that could not be processed, kept until they are replayed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import ANSWER_DUE, Engine, prepare
from moderator.ledger.records import FailedMessage
from moderator.ledger.rows import failed_of
from moderator.ledger.schema.tables import failed_messages

LEASE = timedelta(minutes=5)
KEEP = timedelta(days=180)

_KEPT = (
    *("app", "key", "body", "signature", "timestamp", "nonce", "reason"),
    *("received_at", "expires_at"),
)
_KEEP = prepare(
    (kept := insert(failed_messages).values({name: bindparam(name) for name in _KEPT}))
    .on_conflict_do_update(
        index_elements=[failed_messages.c.key],
        set_={
            **{name: kept.excluded[name] for name in _KEPT if name != "received_at"},
            "attempts": failed_messages.c.attempts + 1,
            "settled_at": None,
            "erased_at": None,
        },
    )
    .returning(failed_messages.c.id)
)
_WAITING = and_(failed_messages.c.settled_at.is_(None), failed_messages.c.erased_at.is_(None))


class FailedMessages:
    """Keeps callbacks encrypted, as WeCom sent them, beside what opens them again."""

    def __init__(
        self, engine: Engine, *, keep: timedelta = KEEP, within: timedelta = ANSWER_DUE
    ) -> None:
        """`keep` is how long a callback waits for its replay before what it holds is erased.

        One that is not kept `within` that time is given up: WeCom delivers it again.
        """
        self._engine = engine
        self._keep = keep
        self._within = within

    async def keep(
        self,
        app: str,
        key: str,
        body: bytes,
        signature: str,
        timestamp: str,
        nonce: str,
        reason: str,
        *,
        now: datetime | None = None,
    ) -> int:
        """Commit a callback, once for each `key`; its id.

        `reason` is the name of the error's class: its text could hold what a person wrote.
        """
        received = now or _now()
        async with self._engine.begin(within=self._within) as transaction:
            row = await transaction.row(
                _KEEP,
                app=app,
                key=key,
                body=body,
                signature=signature,
                timestamp=timestamp,
                nonce=nonce,
                reason=reason,
                received_at=received,
                expires_at=received + self._keep,
            )
        return int(row["id"]) if row else 0

    async def list(
        self, *, settled: bool = False, after: int = 0, limit: int = 100
    ) -> Sequence[FailedMessage]:
        """Callbacks above the id `after`, oldest first; those replayed well only if `settled`."""
        statement = select(failed_messages).where(failed_messages.c.id > after)
        if not settled:
            statement = statement.where(failed_messages.c.settled_at.is_(None))
        statement = statement.order_by(failed_messages.c.id).limit(limit)
        async with self._engine.begin() as transaction:
            return [failed_of(row) for row in await transaction.rows(statement)]

    async def take(
        self, *, after: int = 0, only: int | None = None, now: datetime | None = None
    ) -> FailedMessage | None:
        """The next waiting callback above the id `after`, for the caller alone for a while.

        Or the one with the id `only`.  Whoever takes it settles it, or it can be taken again.
        """
        at = now or _now()
        free = or_(failed_messages.c.taken_until.is_(None), failed_messages.c.taken_until <= at)
        wanted = failed_messages.c.id > after if only is None else failed_messages.c.id == only
        picked = (
            select(failed_messages.c.id)
            .where(_WAITING, free, wanted)
            .order_by(failed_messages.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        statement = (
            update(failed_messages)
            .where(failed_messages.c.id == picked.c.id)
            .values(taken_until=at + LEASE)
            .returning(*failed_messages.c)
        )
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
        return failed_of(row) if row else None

    async def settle(self, failed_id: int, *, by: str = "", now: datetime | None = None) -> None:
        """The callback was replayed; what it held is now where it belongs and here erased."""
        values = {"settled_at": now or _now(), "taken_until": None, "body": b""}
        await self._change(failed_id, by, {"replayed": True}, **values)

    async def fail_again(self, failed_id: int, reason: str, *, by: str = "") -> None:
        """The replay failed too; the callback stays."""
        attempts = failed_messages.c.attempts + 1
        values = {"reason": reason, "taken_until": None, "attempts": attempts}
        await self._change(failed_id, by, {"replayed": False, "reason": reason}, **values)

    async def count(self) -> int:
        """How many callbacks wait to be replayed."""
        statement = select(func.count().label("number")).where(_WAITING)
        async with self._engine.begin() as transaction:
            row = await transaction.row(statement)
        return int(row["number"]) if row else 0

    async def erase_expired(self, now: datetime) -> int:
        """Erase what is held by callbacks whose time is over, and keep that they were; how many."""
        statement = (
            update(failed_messages)
            .where(_WAITING, failed_messages.c.expires_at <= now)
            .values(body=b"", erased_at=now)
            .returning(failed_messages.c.id)
        )
        async with self._engine.begin() as transaction:
            return len(await transaction.rows(statement))

    async def _change(
        self, failed_id: int, by: str, told: dict[str, object], **values: object
    ) -> None:
        """What a person had done, `by` them, goes into the audit log with it."""
        statement = (
            update(failed_messages).where(failed_messages.c.id == failed_id).values(**values)
        )
        async with self._engine.begin() as transaction:
            await transaction.rows(statement)
            if by:
                deed = Deed(
                    actor=by, action="failed.replayed", subject=f"failed/{failed_id}", detail=told
                )
                await audit.write(transaction, deed)


def _now() -> datetime:
    return datetime.now(UTC)
