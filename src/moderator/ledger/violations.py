"""What is known of violations, and what people make of it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, any_, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from moderator.domain.cards import Decided
from moderator.domain.people import Entry
from moderator.errors import NotFound
from moderator.ledger import standings
from moderator.ledger.cards import show_decision
from moderator.ledger.engine import Engine, Transaction
from moderator.ledger.evidence import EvidenceCipher
from moderator.ledger.records import (
    ActionRecord,
    Judged,
    Page,
    Status,
    ViolationFilter,
    ViolationRecord,
)
from moderator.ledger.reversal import UNDOING, cancel, report, take_back, undo
from moderator.ledger.rows import action_of, violation_of
from moderator.ledger.tables import actions, violations

ANY = ViolationFilter()


class Violations:
    """Reads violations and keeps what people judge of them."""

    def __init__(self, engine: Engine, cipher: EvidenceCipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def page(
        self, wanted: ViolationFilter = ANY, before: int | None = None, limit: int = 50
    ) -> Page:
        """Violations without their evidence, newest first, below the id `before`."""
        statement = _selected(wanted, before).limit(limit + 1)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
            shown = rows[:limit]
            told = await _actions_of(transaction, [row["id"] for row in shown])
        items = tuple(violation_of(row, actions=told.get(row["id"], ())) for row in shown)
        return Page(items, items[-1].id if len(rows) > limit else None)

    async def one(self, violation_id: int) -> ViolationRecord:
        """The violation with all that is kept of it.  Raises `NotFound`."""
        async with self._engine.begin() as transaction:
            return await self._one(transaction, violation_id)

    async def identify(
        self, violation_id: int, entry: Entry, *, now: datetime | None = None
    ) -> bool:
        """Keep who the sender was when it happened; the first answer stands, later ones do not.

        What it does not tell stays as it was known when the violation was recorded.
        """
        statement = (
            update(violations)
            .where(violations.c.id == violation_id, violations.c.identified_at.is_(None))
            .values(**_told(entry), identified_at=now or _now())
            .returning(violations.c.id)
        )
        async with self._engine.begin() as transaction:
            return bool(await transaction.rows(statement))

    async def judge(
        self,
        violation_id: int,
        status: Status,
        *,
        by: str,
        reason: str = "",
        version: int,
        now: datetime | None = None,
    ) -> Judged:
        """Confirm, dismiss or reopen the violation as it was at `version`.

        In the same transaction a dismissal gives the sender the strike back, cancels what was not
        yet carried out, queues the recall of notices less than 24 hours old and proposes to enable
        a disabled account; taking the dismissal back counts the strike again and cancels that.
        Later violations that weigh less (or more) now are followed by `take_back`.  When somebody
        else changed the record since, nothing happens and their record comes back.  Raises
        `NotFound`.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            person = await self._one(transaction, violation_id)
            await standings.lock(transaction, person.corp, person.sender)
            applied = await _judged(transaction, violation_id, status, by, reason, version, at)
            if applied:
                changed = await standings.restore(transaction, person.corp, person.sender, now=at)
                await self._reverse(transaction, violation_id, status, by=by, at=at)
                await report(transaction, person, status, by=by, at=at)
                why = f"violation {violation_id} {status.value}"
                await take_back(transaction, changed, reason=why, by=by, at=at)
            return Judged(await self._one(transaction, violation_id), applied=applied)

    async def erase_expired(self, now: datetime, limit: int = 1000) -> int:
        """Erase the evidence of at most `limit` violations whose time is over; how many."""
        due = (
            select(violations.c.id)
            .where(violations.c.evidence.is_not(None), violations.c.evidence_expires_at <= now)
            .order_by(violations.c.evidence_expires_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")
        )
        statement = (
            update(violations)
            .where(violations.c.id == due.c.id)
            .values(evidence=None)
            .returning(violations.c.id)
        )
        async with self._engine.begin() as transaction:
            return len(await transaction.rows(statement))

    async def _reverse(
        self, transaction: Transaction, violation_id: int, status: Status, *, by: str, at: datetime
    ) -> None:
        if status is not Status.DISMISSED:
            reason = "dismissal taken back"
            await cancel(transaction, violation_id, kinds=UNDOING, reason=reason, by=by, at=at)
            return
        await cancel(transaction, violation_id, reason="violation dismissed", by=by, at=at)
        await show_decision(transaction, violation_id, Decided.DISMISSED, by, at=at)
        # Read after that: what is not cancelled now is done, or on its way.
        await undo(transaction, await self._one(transaction, violation_id), by=by, at=at)

    async def _one(self, transaction: Transaction, violation_id: int) -> ViolationRecord:
        row = await transaction.row(select(violations).where(violations.c.id == violation_id))
        if row is None:
            raise NotFound(f"violation {violation_id}")
        told = await _actions_of(transaction, [violation_id])
        return violation_of(row, cipher=self._cipher, actions=told.get(violation_id, ()))


def _told(entry: Entry) -> dict[str, object]:
    values: dict[str, object] = {
        "sender_name": entry.name,
        "sender_department": entry.department,
        "sender_departments": list(entry.departments),
        "sender_superiors": list(entry.superiors),
    }
    return {name: value for name, value in values.items() if value} | {"sender_gaps": entry.gaps}


def _selected(wanted: ViolationFilter, before: int | None) -> Select[tuple[object, ...]]:
    statement = select(violations).order_by(violations.c.id.desc())
    if before is not None:
        statement = statement.where(violations.c.id < before)
    return statement.where(*_ranges(wanted), *_equalities(wanted))


def _ranges(wanted: ViolationFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.sent_from is not None:
        yield violations.c.sent_at >= wanted.sent_from
    if wanted.sent_until is not None:
        yield violations.c.sent_at < wanted.sent_until
    if wanted.recorded_from is not None:
        yield violations.c.recorded_at >= wanted.recorded_from
    if wanted.recorded_until is not None:
        yield violations.c.recorded_at < wanted.recorded_until
    if wanted.severity is not None:
        yield violations.c.severity >= int(wanted.severity)


def _equalities(wanted: ViolationFilter) -> Iterable[ColumnElement[bool]]:
    for name in ("sender", "chat", "app", "category", "status"):
        value = getattr(wanted, name)
        if value is not None:
            yield violations.c[name] == str(value)
    if wanted.department is not None:
        yield violations.c.sender_departments.contains([wanted.department])
    if wanted.rule is not None:
        yield violations.c.rules.contains([wanted.rule])
    if wanted.fingerprint is not None:
        yield violations.c.fingerprints.contains([wanted.fingerprint])


async def _actions_of(
    transaction: Transaction, violation_ids: list[int]
) -> dict[int, tuple[ActionRecord, ...]]:
    wanted = any_(literal(violation_ids, ARRAY(BigInteger)))
    statement = select(actions).where(actions.c.violation_id == wanted).order_by(actions.c.id)
    found: dict[int, tuple[ActionRecord, ...]] = {}
    for row in await transaction.rows(statement) if violation_ids else ():
        found[row["violation_id"]] = (*found.get(row["violation_id"], ()), action_of(row))
    return found


async def _judged(
    transaction: Transaction,
    violation_id: int,
    status: Status,
    by: str,
    reason: str,
    version: int,
    at: datetime,
) -> bool:
    statement = (
        update(violations)
        .where(violations.c.id == violation_id, violations.c.version == version)
        .values(
            status=status.value,
            version=violations.c.version + 1,
            judged_by=by,
            judged_at=at,
            judgement=reason,
        )
        .returning(violations.c.id)
    )
    return bool(await transaction.rows(statement))


def _now() -> datetime:
    return datetime.now(UTC)
