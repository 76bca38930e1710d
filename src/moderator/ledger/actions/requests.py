"""What people were asked to do, and whether they did it."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.message import Source
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.actions.requeueing import about
from moderator.ledger.actions.settling import appended, one_of
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.records import ActionRecord, Resolved, ViolationRecord
from moderator.ledger.rows import action_of
from moderator.ledger.schema.tables import actions, recalls, violations

ASKING: Final = (
    ActionKind.ASK_RECALL,
    ActionKind.ASK_OWNER_TO_REMOVE,
    ActionKind.ASK_OWNER_TO_MUTE,
)
# An app's callback numbers messages otherwise than the archive, and numbers repeat (§1.5).
_NAMED_BY_ID: Final = (Source.ARCHIVE, Source.CUSTOMER_SERVICE)
_PENDING: Final = (
    ActionState.PROPOSED,
    ActionState.APPROVED,
    ActionState.QUEUED,
    ActionState.SENDING,
    ActionState.ACCEPTED,
)


class Requests:
    """Settles requests as `complied`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def recalled(
        self,
        corp: str,
        message_id: str,
        *,
        by: str,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> tuple[ActionRecord, ...]:
        """Keep that a message was taken back; the requests for it that are settled by that.

        It may be told before the violation is recorded, and more than once; whoever has a `bound`
        can tell it only of what is recorded within it.
        """
        at = now or _now()
        told = insert(recalls).values(corp=corp, message_id=message_id, told_at=at, told_by=by)
        its = violations.c.id == actions.c.violation_id
        same = (violations.c.corp == corp, violations.c.message_id == message_id)
        named = violations.c.source == one_of(_NAMED_BY_ID)
        async with self._engine.begin() as transaction:
            settled = await _comply(
                transaction,
                actions.c.kind == ActionKind.ASK_RECALL.value,
                select(violations.c.id).where(its, *same, named).exists(),
                *about(bound),
                outcome="the message was taken back",
                by=by,
                at=at,
            )
            if settled or bound is None:
                await transaction.rows(told.on_conflict_do_nothing())
            for action in settled:
                deed = Deed(actor=by, action="action.complied", subject=f"action/{action.id}")
                await audit.write(transaction, deed, at=now)
            return settled

    async def is_recalled(self, violation: ViolationRecord) -> bool:
        """Whether it was told that the message was taken back."""
        if violation.source not in _NAMED_BY_ID:
            return False
        told = select(recalls.c.told_at).where(
            recalls.c.corp == violation.corp, recalls.c.message_id == violation.message_id
        )
        async with self._engine.begin() as transaction:
            return await transaction.row(told) is not None

    async def complied(
        self,
        action_id: int,
        *,
        by: str,
        note: str = "",
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Resolved:
        """Keep that `by` says that what was asked for was done.

        Not `applied` where the action is no request, or was settled before.  Raises `NotFound`,
        also for what lies outside the `bound`.
        """
        async with self._engine.begin() as transaction:
            settled = await _comply(
                transaction,
                actions.c.id == action_id,
                actions.c.kind == one_of(ASKING),
                *about(bound),
                outcome=note or "done, as a person says",
                by=by,
                at=now or _now(),
            )
            if settled:
                deed = Deed(actor=by, action="action.complied", subject=f"action/{action_id}")
                await audit.write(transaction, deed, at=now)
                return Resolved(settled[0], applied=True)
            return Resolved(await _one(transaction, action_id, bound), applied=False)


async def _comply(
    transaction: Transaction,
    *conditions: ColumnElement[bool],
    outcome: str,
    by: str,
    at: datetime,
) -> tuple[ActionRecord, ...]:
    pending = actions.c.state == one_of(_PENDING)
    statement = (
        update(actions)
        .where(*conditions, pending)
        .values(
            state=ActionState.COMPLIED.value,
            outcome=outcome,
            check_at=None,
            updated_at=at,
            history=appended(at, ActionState.COMPLIED, outcome=outcome, by=by),
        )
        .returning(*actions.c)
    )
    return tuple(action_of(row) for row in await transaction.rows(statement))


async def _one(
    transaction: Transaction, action_id: int, bound: frozenset[int] | None
) -> ActionRecord:
    wanted = select(actions).where(actions.c.id == action_id, *about(bound))
    row: Row | None = await transaction.row(wanted)
    if row is None:
        raise NotFound(f"action {action_id}")
    return action_of(row)


def _now() -> datetime:
    return datetime.now(UTC)
