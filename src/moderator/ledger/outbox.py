"""The actions that violations call for, until each is settled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, any_, literal, not_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import NotFound
from moderator.ledger.claiming import CLAIM, COUNT, EXPIRE, OLDEST
from moderator.ledger.engine import Engine, Row, Transaction
from moderator.ledger.listening import Listener
from moderator.ledger.recording import CHANNEL, NOTIFY
from moderator.ledger.records import ActionRecord, ClaimedAction, Resolved
from moderator.ledger.rows import action_of, attempt_as_json, violation_of
from moderator.ledger.tables import actions, violations

EXPIRE_AFTER = timedelta(hours=24)
BURIED = (ActionState.FAILED, ActionState.EXPIRED, ActionState.UNSUPPORTED)

_DONE = (ActionState.ACCEPTED, ActionState.COMPLIED, ActionState.UNDONE)


class Outbox:
    """Hands actions to workers, and keeps what became of each try.

    What a person notices is handed out in order: an unsettled warning holds back the person's next
    warning and the same violation's removal, a removal the next one.  The alarm to compliance waits
    for the first look-up of the sender's name and for nothing else.  Proposals and buried actions
    hold back nothing.
    """

    def __init__(self, engine: Engine, *, expire_after: timedelta = EXPIRE_AFTER) -> None:
        """`expire_after` is counted from when an action was queued, approved or requeued."""
        self._engine = engine
        self._expire_after = expire_after
        self._listener = Listener(engine, CHANNEL)

    async def claim(
        self,
        limit: int,
        lease: timedelta,
        now: datetime,
        *,
        kinds: Collection[ActionKind] = tuple(ActionKind),
    ) -> list[ClaimedAction]:
        """At most `limit` actions of `kinds`, for the caller alone until the lease ends.

        An action whose lease ended unsettled is handed out again; its history says so.  Actions
        that waited too long become `expired` instead.
        """
        tried = attempt_as_json(now, ActionState.SENDING, outcome="lease ended")
        async with self._engine.begin() as transaction:
            await transaction.rows(EXPIRE, now=now, expire_after=self._expire_after, tried=tried)
            rows = await transaction.rows(
                CLAIM, now=now, until=now + lease, most=limit, kinds=list(kinds), tried=tried
            )
            return await _with_violations(transaction, sorted(rows, key=_by_id))

    async def settle(
        self,
        action_id: int,
        state: ActionState,
        outcome: str = "",
        errcode: int | None = None,
        wecom_msgid: str = "",
        *,
        undoes: Collection[int] = (),
        now: datetime | None = None,
    ) -> bool:
        """Keep how a try ended; False where the action has moved on meanwhile.

        That WeCom accepted something is a fact, which stands also when it is told late.  The
        accepted actions that it `undoes` become `undone` with it.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            row = await _move(
                transaction,
                action_id,
                _may_become(state),
                at=at,
                state=state,
                outcome=outcome,
                errcode=errcode,
                **({"wecom_msgid": wecom_msgid} if wecom_msgid else {}),
            )
            for undone in undoes if row else ():
                undo = _may_become(ActionState.UNDONE)
                await _move(transaction, undone, undo, at=at, state=ActionState.UNDONE)
        return row is not None

    async def postpone(
        self,
        action_id: int,
        until: datetime,
        outcome: str = "",
        errcode: int | None = None,
        *,
        now: datetime | None = None,
    ) -> bool:
        """Keep how a try ended and queue the action again for `until`; False as in `settle`."""
        async with self._engine.begin() as transaction:
            row = await _move(
                transaction,
                action_id,
                actions.c.state == ActionState.SENDING.value,
                at=now or _now(),
                state=ActionState.QUEUED,
                outcome=outcome,
                errcode=errcode,
                due_at=until,
            )
        return row is not None

    async def put_off(
        self, action_id: int, until: datetime, outcome: str, *, now: datetime | None = None
    ) -> bool:
        """Queue an action that was claimed but not tried again, for `until`.

        The claim costs it no attempt and leaves no trace in its history.  False as in `settle`.
        """
        statement = (
            update(actions)
            .where(actions.c.id == action_id, actions.c.state == ActionState.SENDING.value)
            .values(
                state=ActionState.QUEUED.value,
                attempts=actions.c.attempts - 1,
                outcome=outcome,
                due_at=until,
                updated_at=now or _now(),
            )
            .returning(actions.c.id)
        )
        async with self._engine.begin() as transaction:
            return await transaction.row(statement) is not None

    async def approve(self, action_id: int, by: str, *, now: datetime | None = None) -> Resolved:
        """Queue a proposal in the name of `by`; whoever is second learns who was first.

        Raises `NotFound`.
        """
        at = now or _now()
        return await self._resolve(
            action_id, ActionState.APPROVED, by, at=at, queued_at=at, due_at=at
        )

    async def refuse(
        self, action_id: int, by: str, reason: str = "", *, now: datetime | None = None
    ) -> Resolved:
        """Cancel a proposal in the name of `by`; otherwise as `approve`."""
        return await self._resolve(
            action_id, ActionState.CANCELLED, by, at=now or _now(), decision_reason=reason
        )

    async def requeue(
        self,
        action_ids: Collection[int] | None = None,
        *,
        by: str,
        reason: str = "",
        kind: ActionKind | None = None,
        errcode: int | None = None,
        now: datetime | None = None,
    ) -> int:
        """Try buried actions again from the start, those named or all that fit; how many."""
        at = now or _now()
        statement = (
            update(actions)
            .where(*_buried(action_ids, kind, errcode))
            .values(
                state=ActionState.QUEUED.value,
                attempts=0,
                queued_at=at,
                due_at=at,
                updated_at=at,
                history=_appended(at, ActionState.QUEUED, outcome=reason, by=by),
            )
            .returning(actions.c.id)
        )
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement)
            await transaction.rows(NOTIFY)
        return len(rows)

    async def list(
        self,
        states: Collection[ActionState] = (),
        *,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[ActionRecord]:
        """Actions in any of `states` (none: all), newest first, below the id `before`."""
        statement = select(actions).order_by(actions.c.id.desc()).limit(limit)
        if states:
            statement = statement.where(actions.c.state == _one_of(states))
        if before is not None:
            statement = statement.where(actions.c.id < before)
        async with self._engine.begin() as transaction:
            return [action_of(row) for row in await transaction.rows(statement)]

    async def one(self, action_id: int) -> ActionRecord:
        """The action.  Raises `NotFound`."""
        async with self._engine.begin() as transaction:
            return await _one(transaction, action_id)

    async def counts(self) -> Mapping[ActionState, int]:
        """How many actions wait in each state, or are buried as failed; 0 is named too."""
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(COUNT)
        waiting = ("proposed", "approved", "queued", "sending", "failed")
        return dict.fromkeys(map(ActionState, waiting), 0) | {
            ActionState(row["state"]): row["number"] for row in rows
        }

    async def waiting_since(self) -> datetime | None:
        """When the oldest action that is still to be carried out was queued; None for none."""
        async with self._engine.begin() as transaction:
            row = await transaction.row(OLDEST)
        return row["since"] if row else None

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 (how often to look, no deadline)
        """Until there may be work, at most `timeout` seconds; see `Listener.wait`."""
        return await self._listener.wait(timeout)

    async def close(self) -> None:
        """Stop listening."""
        await self._listener.close()

    async def _resolve(
        self, action_id: int, state: ActionState, by: str, *, at: datetime, **values: Any
    ) -> Resolved:
        proposed = actions.c.state == ActionState.PROPOSED.value
        async with self._engine.begin() as transaction:
            row = await _move(
                transaction,
                action_id,
                proposed,
                at=at,
                state=state,
                by=by,
                decided_by=by,
                decided_at=at,
                **values,
            )
            if row is None:
                return Resolved(await _one(transaction, action_id), applied=False)
            await transaction.rows(NOTIFY)
            return Resolved(action_of(row), applied=True)


async def _move(
    transaction: Transaction,
    action_id: int,
    condition: ColumnElement[bool],
    *,
    at: datetime,
    state: ActionState,
    outcome: str = "",
    errcode: int | None = None,
    by: str = "",
    **values: Any,
) -> Row | None:
    """Give an action its next state where `condition` still holds; None where it does not."""
    tried = _appended(at, state, outcome=outcome, errcode=errcode, by=by)
    statement = (
        update(actions)
        .where(actions.c.id == action_id, condition)
        .values(
            state=state.value,
            outcome=outcome,
            errcode=errcode,
            updated_at=at,
            history=tried,
            **values,
        )
        .returning(*actions.c)
    )
    return await transaction.row(statement)


def _appended(at: datetime, state: ActionState, **more: Any) -> ColumnElement[Any]:
    tried = literal(attempt_as_json(at, state, **more), actions.c.history.type)
    return actions.c.history.op("||")(tried)


def _may_become(state: ActionState) -> ColumnElement[bool]:
    match state:
        case ActionState.ACCEPTED:
            return not_(actions.c.state == _one_of(_DONE))
        case ActionState.COMPLIED | ActionState.UNDONE:
            return actions.c.state == _one_of((ActionState.SENDING, ActionState.ACCEPTED))
        case _:
            return actions.c.state == ActionState.SENDING.value


def _buried(
    action_ids: Collection[int] | None, kind: ActionKind | None, errcode: int | None
) -> list[ColumnElement[bool]]:
    conditions = [actions.c.state == _one_of(BURIED)]
    if action_ids is not None:
        conditions.append(actions.c.id == any_(literal(list(action_ids), ARRAY(BigInteger))))
    if kind is not None:
        conditions.append(actions.c.kind == kind.value)
    if errcode is not None:
        conditions.append(actions.c.errcode == errcode)
    return conditions


async def _one(transaction: Transaction, action_id: int) -> ActionRecord:
    row = await transaction.row(select(actions).where(actions.c.id == action_id))
    if row is None:
        raise NotFound(f"action {action_id}")
    return action_of(row)


async def _with_violations(transaction: Transaction, rows: list[Row]) -> list[ClaimedAction]:
    ids = literal([row["violation_id"] for row in rows], ARRAY(BigInteger))
    if not rows:
        return []
    found = await transaction.rows(select(violations).where(violations.c.id == any_(ids)))
    siblings = await transaction.rows(
        select(actions).where(actions.c.violation_id == any_(ids)).order_by(actions.c.id)
    )
    by_id = {row["id"]: row for row in found}
    records = [action_of(row) for row in siblings]
    return [_claimed(row, by_id[row["violation_id"]], records) for row in rows]


def _claimed(row: Row, violation: Row, records: list[ActionRecord]) -> ClaimedAction:
    siblings = tuple(record for record in records if record.violation_id == violation["id"])
    return ClaimedAction(
        id=row["id"],
        kind=ActionKind(row["kind"]),
        reason=row["reason"],
        detail=row["detail"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        violation=violation_of(violation, actions=siblings),
    )


def _one_of(states: Collection[ActionState]) -> ColumnElement[Any]:
    return any_(literal([state.value for state in states], ARRAY(Text)))


def _by_id(row: Row) -> int:
    return int(row["id"])


def _now() -> datetime:
    return datetime.now(UTC)
