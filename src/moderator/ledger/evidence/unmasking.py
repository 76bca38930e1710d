"""Who may read what somebody wrote: for a reason, for a while, and it is written down.

Everything else is shown masked.  Where two persons are needed, one asks and another grants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, insert, select, update

from moderator.domain.access import Actor, Right
from moderator.errors import NotFound, OwnRequest
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.evidence.legal_holds import Hold, holds_over
from moderator.ledger.reading.violations import Violations
from moderator.ledger.reading.visible import within
from moderator.ledger.records import ViolationRecord
from moderator.ledger.schema.evidence import unmaskings
from moderator.ledger.schema.tables import violations

ASKED_FOR: Final = timedelta(hours=24)  # a request that nobody answers until then is void


class UnmaskingState(StrEnum):
    """What became of a request to read."""

    WAITING = "waiting"  # for a second person
    GRANTED = "granted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasking:
    """Somebody's request to read the text of a violation.

    `until` is the end of the reading time where it is granted, else of the waiting.
    `answered_by` is empty where no second person was needed.  `account` is the user behind
    `asked_by`, who can have tokens of other names.
    """

    id: int
    violation_id: int
    asked_by: str
    asked_at: datetime
    reason: str
    state: UnmaskingState
    until: datetime
    account: int | None = None
    answered_by: str = ""
    answered_at: datetime | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """A violation as one person may see it now, and why.

    `unmasking` is their newest request that is still of use: granted, or waiting.
    """

    violation: ViolationRecord
    unmasking: Unmasking | None
    holds: Sequence[Hold]

    @property
    def unmasked(self) -> bool:
        return self.unmasking is not None and self.unmasking.state is UnmaskingState.GRANTED


class Unmaskings:
    """Shows violations to people, masked or not, and keeps who saw what for which reason."""

    def __init__(
        self,
        engine: Engine,
        violations: Violations,
        *,
        lasts: timedelta = timedelta(minutes=30),
        persons: Literal[1, 2] = 1,
    ) -> None:
        """`lasts` is the reading time; with 2 `persons` another one has to grant it."""
        self._engine = engine
        self._violations = violations
        self._lasts = lasts
        self.persons = persons

    async def look(self, violation_id: int, actor: Actor, *, now: datetime | None = None) -> Look:
        """The case as `actor` may see it; the look is recorded before the case is returned.

        Raises `NotFound`, also for what lies outside the actor's departments.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            found = await _of_use(transaction, violation_id, actor, at)
            holds = await holds_over(transaction, violation_id)
        unmasked = found is not None and found.state is UnmaskingState.GRANTED
        violation = await self._violations.one(
            violation_id, bound=actor.departments, unmasked=unmasked
        )
        async with self._engine.begin() as transaction:
            detail = {"unmasked": unmasked}
            await audit.write(transaction, _deed(actor, "evidence.read", violation_id, detail))
        return Look(violation, found, holds)

    async def ask(
        self, violation_id: int, actor: Actor, *, reason: str, now: datetime | None = None
    ) -> Unmasking:
        """Ask to read; granted at once where one person is enough.  Raises `NotFound`."""
        at = now or _now()
        await self._violations.one(violation_id, bound=actor.departments)
        alone = self.persons == 1
        values = {
            "violation_id": violation_id,
            "asked_by": actor.name,
            "account": actor.account,
            "asked_at": at,
            "reason": reason,
            "state": (UnmaskingState.GRANTED if alone else UnmaskingState.WAITING).value,
            "until": at + (self._lasts if alone else ASKED_FOR),
        }
        statement = insert(unmaskings).values(values).returning(*unmaskings.c)
        action = "evidence.unmasked" if alone else "evidence.unmasking_asked"
        async with self._engine.begin() as transaction:
            (row,) = await transaction.rows(statement)
            asked = _unmasking(row)
            detail = _detail(asked) | ({"until": asked.until.isoformat()} if alone else {})
            await audit.write(transaction, _deed(actor, action, violation_id, detail), at=at)
        return asked

    async def grant(
        self, unmasking_id: int, actor: Actor, *, now: datetime | None = None
    ) -> tuple[Unmasking, bool]:
        """Let the other person read; and whether it was this that answered.

        Raises `NotFound`, and `OwnRequest` for whoever asked.
        """
        at = now or _now()
        values = {"state": UnmaskingState.GRANTED.value, "until": at + self._lasts}
        return await self._answer(unmasking_id, actor, "evidence.unmasked", values, at)

    async def refuse(
        self, unmasking_id: int, actor: Actor, *, reason: str, now: datetime | None = None
    ) -> tuple[Unmasking, bool]:
        """As `grant`; whoever asked may take it back by refusing it themselves."""
        at = now or _now()
        values = {"state": UnmaskingState.REFUSED.value, "refusal": reason}
        return await self._answer(unmasking_id, actor, "evidence.unmasking_refused", values, at)

    async def waiting(
        self,
        actor: Actor,
        *,
        of: int | None = None,
        after: int = 0,
        limit: int = 100,
        now: datetime | None = None,
    ) -> Sequence[Unmasking]:
        """The requests that wait for a second person, oldest first, the actor's own among them.

        `of` a violation, or of all; above the id `after`.
        """
        statement = (
            select(unmaskings)
            .join(violations, violations.c.id == unmaskings.c.violation_id)
            .where(_open(now or _now()), unmaskings.c.id > after, *within(actor.departments))
            .order_by(unmaskings.c.id)
            .limit(limit)
        )
        if of is not None:
            statement = statement.where(unmaskings.c.violation_id == of)
        async with self._engine.begin() as transaction:
            return [_unmasking(row) for row in await transaction.rows(statement)]

    async def _answer(
        self, unmasking_id: int, actor: Actor, action: str, values: dict[str, Any], at: datetime
    ) -> tuple[Unmasking, bool]:
        answered = values | {"answered_by": actor.name, "answered_at": at}
        statement = (
            update(unmaskings)
            .where(unmaskings.c.id == unmasking_id, _open(at))
            .values(answered)
            .returning(*unmaskings.c)
        )
        async with self._engine.begin() as transaction:
            asked = await _one(transaction, unmasking_id, actor)
            granting = values["state"] == UnmaskingState.GRANTED
            if granting and is_own(asked, actor):
                raise OwnRequest(f"unmasking {unmasking_id}")
            row = await transaction.row(statement)
            if row is None:
                return asked, False
            changed = _unmasking(row)
            detail = _detail(changed) | {"asked_by": changed.asked_by}
            deed = _deed(actor, action, changed.violation_id, detail)
            await audit.write(transaction, deed, at=at)
        return changed, True


async def reads_now(
    transaction: Transaction, violation_id: int, actor: Actor, at: datetime
) -> Unmasking | None:
    """The grant by which `actor` may read the text at this moment."""
    found = await _of_use(transaction, violation_id, actor, at)
    return found if found and found.state is UnmaskingState.GRANTED else None


async def _of_use(
    transaction: Transaction, violation_id: int, actor: Actor, at: datetime
) -> Unmasking | None:
    if not actor.may(Right.UNMASK):  # whoever lost the right may not use what was granted before
        return None
    statement = (
        select(unmaskings)
        .where(
            unmaskings.c.violation_id == violation_id,
            unmaskings.c.asked_by == actor.name,
            unmaskings.c.account.is_not_distinct_from(actor.account),
            unmaskings.c.state != UnmaskingState.REFUSED.value,
            unmaskings.c.until > at,
        )
        .order_by(unmaskings.c.state, unmaskings.c.id.desc())  # granted stands before waiting
        .limit(1)
    )
    row = await transaction.row(statement)
    return _unmasking(row) if row else None


async def _one(transaction: Transaction, unmasking_id: int, actor: Actor) -> Unmasking:
    statement = (
        select(unmaskings)
        .join(violations, violations.c.id == unmaskings.c.violation_id)
        .where(unmaskings.c.id == unmasking_id, *within(actor.departments))
    )
    row = await transaction.row(statement)
    if row is None:
        raise NotFound(f"unmasking {unmasking_id}")
    return _unmasking(row)


def is_own(asked: Unmasking, actor: Actor) -> bool:
    """Whether the actor asked for it, under whatever name: nobody agrees with themselves."""
    same_user = asked.account is not None and asked.account == actor.account
    return same_user or asked.asked_by.casefold() == actor.name.casefold()


def _open(at: datetime) -> ColumnElement[bool]:
    waits = unmaskings.c.state == UnmaskingState.WAITING.value
    return waits & (unmaskings.c.until > at)


def _deed(actor: Actor, action: str, violation_id: int, detail: dict[str, Any]) -> Deed:
    subject = f"violation/{violation_id}"
    return Deed(actor=actor.name, action=action, subject=subject, detail=detail)


def _detail(unmasking: Unmasking) -> dict[str, Any]:
    refusal = {"refusal": unmasking.refusal} if unmasking.refusal else {}
    return {"unmasking": unmasking.id, "reason": unmasking.reason} | refusal


def _unmasking(row: Row) -> Unmasking:
    told = {name: row[name] for name in unmaskings.c.keys()}  # noqa: SIM118 (columns, not a dict)
    return Unmasking(**told | {"state": UnmaskingState(row["state"])})


def _now() -> datetime:
    return datetime.now(UTC)
