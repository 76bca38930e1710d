"""Bulk jobs: one decision for many violations, item by item, whoever is there to do it.

What a job is about stands fixed from its beginning, with the version of each record.  Every item is
a transaction of its own: it is decided and its result kept, or neither.  So a job survives any
restart, and any number of processes may work on it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Update, insert, literal, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from moderator.domain.access import Actor
from moderator.errors import JobTooLarge, NotFound
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction
from moderator.ledger.desk.job_records import Chosen, Item, ItemState, Job, JobKind, JobState, Order
from moderator.ledger.reading.conditions import fitting
from moderator.ledger.schema.desk import job_items, jobs
from moderator.ledger.schema.tables import violations

MOST: Final = 10_000

_BY_ID: Final = Prepared(
    """
    INSERT INTO job_items (job, violation_id, version)
    SELECT $1, given.id, coalesce(given.version, violations.version)
      FROM unnest($2::bigint[], $3::int[]) AS given(id, version)
      JOIN violations ON violations.id = given.id
     WHERE $4::int[] IS NULL OR violations.sender_departments && $4
    RETURNING violation_id
    """,
    ("job", "ids", "versions", "bound"),
    {},
)
_UNDOABLE: Final = Prepared(
    """
    INSERT INTO job_items (job, violation_id, version)
    SELECT $1, item.violation_id, decision.version
      FROM job_items AS item JOIN decisions AS decision ON decision.id = item.decision
     WHERE item.job = $2 AND NOT EXISTS (SELECT FROM decisions WHERE undoes = decision.id)
    RETURNING violation_id
    """,
    ("job", "undone"),
    {},
)
_COUNTS: Final = Prepared(
    """
    SELECT job, state, count(*) AS number FROM job_items WHERE job = ANY($1::bigint[])
     GROUP BY job, state
    """,
    ("jobs",),
    {},
)


class Jobs:
    """Begins bulk jobs, tells of them, cancels and undoes them; `BulkWork` carries them out.

    Who is bound to departments sees only jobs of their own; others see all.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start(
        self, actor: Actor, order: Order, chosen: Chosen, *, now: datetime | None = None
    ) -> Job:
        """Begin a job over what is chosen, as far as the actor may see it.

        Raises `JobTooLarge` beyond `MOST`, and `NotFound` where a chosen id is not to be seen.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            job = await _insert(transaction, actor, order, chosen.as_json(), at=at)
            number = await _choose(transaction, job, actor, chosen)
            told = {"kind": order.kind.value, "total": number, "chosen": chosen.as_json()}
            await _begin(transaction, job, number, at=at)
            deed = Deed(actor=actor.name, action="job.started", subject=f"job/{job}", detail=told)
            await audit.write(transaction, deed, at=at)
            return await _one(transaction, job)

    async def list(
        self, actor: Actor, *, before: int | None = None, limit: int = 50
    ) -> Sequence[Job]:
        """The jobs that the actor may see, newest first, below the id `before`."""
        statement = select(jobs).where(*_visible(actor)).order_by(jobs.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(jobs.c.id < before)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
            return await _with_counts(transaction, rows)

    async def one(self, job_id: int, actor: Actor) -> Job:
        """The job with its progress.  Raises `NotFound`."""
        async with self._engine.begin() as transaction:
            return await _seen(transaction, job_id, actor)

    async def items(
        self,
        job_id: int,
        actor: Actor,
        *,
        state: ItemState | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> Sequence[Item]:
        """What became of each violation, by id, above the id `after`.  Raises `NotFound`."""
        statement = (
            select(job_items)
            .where(job_items.c.job == job_id, job_items.c.violation_id > after)
            .order_by(job_items.c.violation_id)
            .limit(limit)
        )
        if state is not None:
            statement = statement.where(job_items.c.state == state.value)
        async with self._engine.begin() as transaction:
            await _seen(transaction, job_id, actor)
            return [_item(row) for row in await transaction.rows(statement)]

    async def cancel(self, job_id: int, actor: Actor, *, now: datetime | None = None) -> Job:
        """Leave the rest of a running job undone; no item of it is under way after this.

        A job that has ended stays as it is.  Raises `NotFound`.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            await _seen(transaction, job_id, actor)
            if await transaction.rows(_cancelled(job_id, actor, at)):
                await transaction.rows(_rest_cancelled(job_id, at))
                await settle(transaction, job_id)
                deed = Deed(actor=actor.name, action="job.cancelled", subject=f"job/{job_id}")
                await audit.write(transaction, deed, at=at)
            return await _one(transaction, job_id)

    async def undo(
        self, job_id: int, actor: Actor, *, reason: str = "", now: datetime | None = None
    ) -> Job | None:
        """Begin a job that takes back what the job decided and nobody changed since.

        None while the job runs, is being undone, or is an undoing itself.  Raises `NotFound`.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            await transaction.row(select(jobs.c.id).where(jobs.c.id == job_id).with_for_update())
            undone = await _seen(transaction, job_id, actor)
            if undone.state is JobState.RUNNING or undone.kind is JobKind.UNDO:
                return None
            if await transaction.rows(_being_undone(job_id)):
                return None
            order = Order(JobKind.UNDO, reason=reason)
            job = await _insert(transaction, actor, order, {"job": job_id}, at=at, undoes=job_id)
            rows = await transaction.rows(_UNDOABLE, job=job, undone=job_id)
            await _begin(transaction, job, len(rows), at=at)
            deed = Deed(
                actor=actor.name,
                action="job.undone",
                subject=f"job/{job_id}",
                detail={"by_job": job, "total": len(rows)},
            )
            await audit.write(transaction, deed, at=at)
            return await _one(transaction, job)


async def settle(transaction: Transaction, job_id: int) -> None:
    """Keep the result of a job that has ended."""
    counts = (await _counts(transaction, [job_id])).get(job_id, {})
    await transaction.rows(update(jobs).where(jobs.c.id == job_id).values(counts=counts))


async def _insert(
    transaction: Transaction,
    actor: Actor,
    order: Order,
    chosen: Mapping[str, Any],
    *,
    at: datetime,
    undoes: int | None = None,
) -> int:
    values = {
        "kind": order.kind.value,
        "actor": actor.name,
        "account": actor.account,
        "scope": None if actor.scope is None else sorted(actor.scope),
        "reason": order.reason,
        "whom": order.whom,
        "chosen": dict(chosen),
        "total": 0,
        "undoes": undoes,
        "created_at": at,
    }
    row = await transaction.row(insert(jobs).values(**values).returning(jobs.c.id))
    return int(row["id"]) if row else 0


async def _begin(transaction: Transaction, job: int, total: int, *, at: datetime) -> None:
    ended = {} if total else {"state": JobState.DONE.value, "ended_at": at}
    await transaction.rows(update(jobs).where(jobs.c.id == job).values(total=total, **ended))


async def _choose(transaction: Transaction, job: int, actor: Actor, chosen: Chosen) -> int:
    if chosen.wanted is None:
        return await _choose_ids(transaction, job, actor, chosen.ids)
    matching = (
        select(literal(job, job_items.c.job.type), violations.c.id, violations.c.version)
        .where(*fitting(chosen.bounded(actor)))
        .limit(MOST + 1)
    )
    names = ["job", "violation_id", "version"]
    statement = insert(job_items).from_select(names, matching)
    rows = await transaction.rows(statement.returning(job_items.c.violation_id))
    if len(rows) > MOST:
        raise JobTooLarge(MOST)
    return len(rows)


async def _choose_ids(
    transaction: Transaction, job: int, actor: Actor, ids: Mapping[int, int | None]
) -> int:
    if len(ids) > MOST:
        raise JobTooLarge(MOST)
    bound = None if actor.departments is None else sorted(actor.departments)
    rows = await transaction.rows(
        _BY_ID, job=job, ids=list(ids), versions=list(ids.values()), bound=bound
    )
    missing = set(ids) - {row["violation_id"] for row in rows}
    if missing:
        raise NotFound(f"violation {min(missing)}")
    return len(rows)


def _cancelled(job_id: int, actor: Actor, at: datetime) -> ReturningUpdate[Any]:
    return (
        update(jobs)
        .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING.value)
        .values(state=JobState.CANCELLED.value, ended_at=at, cancelled_by=actor.name)
        .returning(jobs.c.id)
    )


def _rest_cancelled(job_id: int, at: datetime) -> Update:
    return (
        update(job_items)
        .where(job_items.c.job == job_id, job_items.c.state == ItemState.PENDING.value)
        .values(state=ItemState.CANCELLED.value, at=at)
    )


def _being_undone(job_id: int) -> Select[Any]:
    return select(jobs.c.id).where(jobs.c.undoes == job_id, jobs.c.state == JobState.RUNNING.value)


def _visible(actor: Actor) -> Sequence[ColumnElement[bool]]:
    return () if actor.departments is None else (jobs.c.actor == actor.name,)


async def _seen(transaction: Transaction, job_id: int, actor: Actor) -> Job:
    row = await transaction.row(select(jobs).where(jobs.c.id == job_id, *_visible(actor)))
    if row is None:
        raise NotFound(f"job {job_id}")
    return (await _with_counts(transaction, [row]))[0]


async def _one(transaction: Transaction, job_id: int) -> Job:
    rows = await transaction.rows(select(jobs).where(jobs.c.id == job_id))
    return (await _with_counts(transaction, rows))[0]


async def _with_counts(transaction: Transaction, rows: Sequence[Row]) -> Sequence[Job]:
    running = [row["id"] for row in rows if row["state"] == JobState.RUNNING.value]
    counts = await _counts(transaction, running) if running else {}
    return [_job(row, counts.get(row["id"]) or row["counts"]) for row in rows]


async def _counts(transaction: Transaction, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for row in await transaction.rows(_COUNTS, jobs=list(ids)):
        found.setdefault(row["job"], {})[row["state"]] = row["number"]
    return found


def _job(row: Row, counts: Mapping[str, int]) -> Job:
    told: dict[str, Any] = {name: row[name] for name in Job.__slots__}
    told |= {
        "kind": JobKind(row["kind"]),
        "state": JobState(row["state"]),
        "counts": {state: counts.get(state.value, 0) for state in ItemState},
    }
    return Job(**told)


def _item(row: Row) -> Item:
    told: dict[str, Any] = {name: row[name] for name in Item.__slots__}
    return Item(**told | {"state": ItemState(row["state"])})


def _now() -> datetime:
    return datetime.now(UTC)
