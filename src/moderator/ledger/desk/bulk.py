"""Carrying bulk jobs out: one item at a time, each in a transaction of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, literal_column, select

from moderator.domain.access import Actor, Right, Role
from moderator.errors import LedgerUnavailable, NotFound, NothingToUndo
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction, prepare
from moderator.ledger.desk.decisions import Decider
from moderator.ledger.desk.job_records import ItemState, JobKind
from moderator.ledger.desk.jobs import settle
from moderator.ledger.desk.judging import Act, Assignment, Judgement, Undo, decide
from moderator.ledger.reading.visible import violation_in
from moderator.ledger.records import Status, ViolationRecord
from moderator.ledger.schema.access import users
from moderator.ledger.schema.desk import jobs

_STATUS: Final = {
    JobKind.CONFIRM: Status.CONFIRMED,
    JobKind.DISMISS: Status.DISMISSED,
    JobKind.REOPEN: Status.OPEN,
}
# Whoever cancels waits for the items under way, and nobody begins another one after that.
_RUNNING: Final = Prepared(
    "SELECT * FROM jobs WHERE id = $1 AND state = 'running' FOR SHARE", ("job",), {}
)
_ALL_RUNNING: Final = prepare(select(jobs.c.id).where(jobs.c.state == literal_column("'running'")))
_NEXT: Final = Prepared(
    """
    SELECT violation_id, version FROM job_items WHERE job = $1 AND state = 'pending'
     ORDER BY violation_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """,
    ("job",),
    {},
)
_END: Final = Prepared(
    """
    UPDATE jobs SET state = 'done', ended_at = $2 WHERE id = $1 AND state = 'running'
       AND NOT EXISTS (SELECT FROM job_items WHERE job = $1 AND state = 'pending')
    RETURNING id
    """,
    ("job", "at"),
    {},
)


_DECISION: Final = Prepared(
    "SELECT id FROM decisions WHERE violation_id = $1 AND version = $2",
    ("violation", "version"),
    {},
)
_KEEP: Final = Prepared(
    """
    UPDATE job_items SET state = $3, outcome = $4, decision = $5, at = $6
     WHERE job = $1 AND violation_id = $2 AND state = 'pending'
    """,
    ("job", "violation", "state", "outcome", "decision", "at"),
    {},
)
_USER: Final = prepare(select(users).where(users.c.id == bindparam("id")))


@dataclass(frozen=True, slots=True)
class _Result:
    state: ItemState
    outcome: str = ""
    decision: int | None = None


class BulkWork:
    """Does the items of running jobs, those of several jobs in turn.

    `holder` knows who is no user of the ledger: the tokens of the settings.
    """

    def __init__(
        self,
        engine: Engine,
        holder: Callable[[str], Actor | None],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._holder = holder
        self._clock = clock
        self._last = 0

    async def step(self) -> bool:
        """Do one item, or end a job that has none left; False where there is nothing to do.

        Raises `LedgerUnavailable`; then the item is done another time.
        """
        for job in await self._in_turn():
            self._last = job
            if await self._item_of(job) or await self._end(job):
                return True
        return False

    async def _in_turn(self) -> Sequence[int]:
        async with self._engine.begin() as transaction:
            found = [row["id"] for row in await transaction.rows(_ALL_RUNNING)]
        return sorted(found, key=lambda job: (job <= self._last, job))

    async def _item_of(self, job_id: int) -> bool:
        violation_id = 0
        try:
            async with self._engine.begin() as transaction:
                job = await transaction.row(_RUNNING, job=job_id)
                item = await transaction.row(_NEXT, job=job_id) if job else None
                if job is None or item is None:
                    return False
                violation_id = item["violation_id"]
                result = await self._result(transaction, job, item)
                await self._keep(transaction, job_id, violation_id, result)
        except LedgerUnavailable:
            raise
        except Exception as fault:
            # Whatever it is, the job shall not stumble over this item for ever.
            if not violation_id:
                raise
            result = _Result(ItemState.FAILED, type(fault).__name__)
            async with self._engine.begin() as transaction:
                await self._keep(transaction, job_id, violation_id, result)
        return True

    async def _result(self, transaction: Transaction, job: Row, item: Row) -> _Result:
        actor = await self._actor(transaction, job)
        if actor is None or not actor.may(Right.JUDGE):
            return _Result(ItemState.REFUSED, f"{job['actor']} may not judge any more")
        try:
            return await self._decided(transaction, job, item, actor)
        except NotFound:
            return _Result(ItemState.REFUSED, f"not for {job['actor']} to see any more")
        except NothingToUndo:
            return _Result(ItemState.CHANGED, "no decision stands any more")

    async def _decided(
        self, transaction: Transaction, job: Row, item: Row, actor: Actor
    ) -> _Result:
        found = await violation_in(transaction, item["violation_id"], bound=actor.departments)
        if found.version == item["version"] and _is_so(found, job):
            return _Result(ItemState.DONE, "was so already")
        decider = Decider(
            by=actor.name,
            version=item["version"],
            bound=actor.departments,
            job=job["id"],
            at=self._clock(),
        )
        judged = await decide(transaction, found.id, _act(job), decider)
        if not judged.applied:
            now = judged.violation
            by = f", {now.status} by {now.judged_by}" if now.judged_by else ""
            return _Result(ItemState.CHANGED, f"version {now.version}{by}")
        version = judged.violation.version
        decision = await transaction.row(_DECISION, violation=found.id, version=version)
        return _Result(ItemState.DONE, decision=decision["id"] if decision else None)

    async def _actor(self, transaction: Transaction, job: Row) -> Actor | None:
        """Who began the job, with the rights of now."""
        if job["account"] is None:
            return self._holder(job["actor"])
        row = await transaction.row(_USER, id=job["account"])
        if row is None or row["disabled_at"] is not None:
            return None
        bound = row["departments"]
        return Actor(
            name=job["actor"],
            roles=frozenset(map(Role, row["roles"])),
            departments=None if bound is None else frozenset(bound),
            scope=None if job["scope"] is None else frozenset(map(Right, job["scope"])),
            account=row["id"],
        )

    async def _keep(
        self, transaction: Transaction, job: int, violation_id: int, result: _Result
    ) -> None:
        await transaction.rows(
            _KEEP,
            job=job,
            violation=violation_id,
            state=result.state.value,
            outcome=result.outcome,
            decision=result.decision,
            at=self._clock(),
        )

    async def _end(self, job: int) -> bool:
        async with self._engine.begin() as transaction:
            ended = await transaction.row(_END, job=job, at=self._clock())
            if ended is not None:
                await settle(transaction, job)
        return ended is not None


def _act(job: Row) -> Act:
    match JobKind(job["kind"]):
        case JobKind.UNDO:
            return Undo()
        case JobKind.ASSIGN:
            return Assignment(job["whom"])
        case kind:
            return Judgement(_STATUS[kind], job["reason"])


def _is_so(found: ViolationRecord, job: Row) -> bool:
    match JobKind(job["kind"]):
        case JobKind.UNDO:
            return False
        case JobKind.ASSIGN:
            return found.assignee == str(job["whom"])
        case kind:
            return found.status is _STATUS[kind]
