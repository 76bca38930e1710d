"""Proposals: what waits until a named person approves or refuses it, and taking that back."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from moderator.domain.cards import Decided
from moderator.domain.decision import ActionState
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.actions.cards import show_decision
from moderator.ledger.actions.requeueing import about
from moderator.ledger.actions.reversal import ask_again
from moderator.ledger.actions.settling import move
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.records import ActionRecord, Resolved, Status
from moderator.ledger.rows import action_of
from moderator.ledger.schema.tables import actions, violations


class Proposals:
    """Decides on proposed actions, each once; whoever is second learns who was first.

    Everything raises `NotFound`, also for what lies outside the `bound`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def approve(
        self,
        action_id: int,
        by: str,
        *,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Resolved:
        """Queue a proposal in the name of `by`."""
        at = now or _now()
        values = {"state": ActionState.APPROVED, "queued_at": at, "due_at": at}
        return await self._resolve(action_id, by, bound, at, values)

    async def refuse(
        self,
        action_id: int,
        by: str,
        reason: str = "",
        *,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Resolved:
        """Cancel a proposal in the name of `by`."""
        values = {"state": ActionState.CANCELLED, "decision_reason": reason}
        return await self._resolve(action_id, by, bound, now or _now(), values)

    async def undo(
        self,
        action_id: int,
        by: str,
        *,
        bound: frozenset[int] | None = None,
        now: datetime | None = None,
    ) -> Resolved:
        """Make a proposal again of what was refused, or approved and not begun.

        Not `applied` once it was begun, and while its violation is dismissed.
        """
        at = now or _now()
        values: dict[str, Any] = {
            "state": ActionState.PROPOSED,
            "outcome": "decision undone",
            "decided_by": "",
            "decided_at": None,
            "decision_reason": "",
            "queued_at": None,
        }
        async with self._engine.begin() as transaction:
            found = await _seen(transaction, action_id, bound)
            row = await move(transaction, action_id, _undoable(), at=at, by=by, **values)
            if row is None:
                return Resolved(await _seen(transaction, action_id, bound), applied=False)
            await ask_again(transaction, [action_id], reason="decision undone", by=by, at=at)
            undone = {"was": found.state.value, "decided_by": found.decided_by}
            await _tell(transaction, row, "action.undone", by, undone, at)
            return Resolved(action_of(row), applied=True)

    async def _resolve(
        self,
        action_id: int,
        by: str,
        bound: frozenset[int] | None,
        at: datetime,
        values: dict[str, Any],
    ) -> Resolved:
        proposed = actions.c.state == ActionState.PROPOSED.value
        approved = values["state"] is ActionState.APPROVED
        async with self._engine.begin() as transaction:
            await _seen(transaction, action_id, bound)
            row = await move(
                transaction, action_id, proposed, at=at, by=by, decided_by=by, decided_at=at,
                **values,
            )  # fmt: skip
            if row is None:
                return Resolved(await _seen(transaction, action_id, bound), applied=False)
            decided = Decided.APPROVED if approved else Decided.REFUSED
            await show_decision(transaction, row["violation_id"], decided, by, at=at)
            await transaction.rows(NOTIFY)
            name = "action.approved" if approved else "action.refused"
            told = {"reason": row["decision_reason"]} if row["decision_reason"] else {}
            await _tell(transaction, row, name, by, told, at)
            return Resolved(action_of(row), applied=True)


def _undoable() -> ColumnElement[bool]:
    """What was only decided: nobody has begun it, and nothing else cancelled it."""
    state, decided = actions.c.state, actions.c.decided_by != ""
    refused = (state == ActionState.CANCELLED.value) & (actions.c.outcome == "")
    dismissed = select(violations.c.id).where(
        violations.c.id == actions.c.violation_id,
        violations.c.status == Status.DISMISSED.value,
    )
    return decided & or_(state == ActionState.APPROVED.value, refused) & ~dismissed.exists()


async def _seen(
    transaction: Transaction, action_id: int, bound: frozenset[int] | None
) -> ActionRecord:
    row = await transaction.row(select(actions).where(actions.c.id == action_id, *about(bound)))
    if row is None:
        raise NotFound(f"action {action_id}")
    return action_of(row)


async def _tell(
    transaction: Transaction, row: Row, name: str, by: str, told: dict[str, Any], at: datetime
) -> None:
    detail = {"kind": row["kind"], "violation": row["violation_id"], **told}
    deed = Deed(actor=by, action=name, subject=f"action/{row['id']}", detail=detail)
    await audit.write(transaction, deed, at=at)


def _now() -> datetime:
    return datetime.now(UTC)
