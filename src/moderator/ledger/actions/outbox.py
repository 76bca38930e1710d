"""The actions that violations call for, until each is settled."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import any_, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import NotFound
from moderator.ledger import audit
from moderator.ledger.actions.claiming import CLAIM, COUNT, EXPIRE, GONE, LOOK, OLDEST
from moderator.ledger.actions.proposals import Proposals
from moderator.ledger.actions.requeueing import about, fitting, how_many, requeued
from moderator.ledger.actions.settling import appended, follow, is_looked_at, may_become, move
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.database.listening import Listener
from moderator.ledger.desk.selections import filter_told
from moderator.ledger.limits.pauses import Pauses, stands
from moderator.ledger.recording.inserting import CHANNEL
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.records import ActionFilter, ActionRecord, ClaimedAction, Then
from moderator.ledger.rows import action_of, attempt_as_json, violation_of
from moderator.ledger.schema.tables import actions, violations

EXPIRE_AFTER = timedelta(hours=24)
ANY = ActionFilter()

_NOTHING = Then()
_LOST = "lease ended"


class Outbox:
    """Hands actions to workers, and keeps what became of each try.

    What a person notices is handed out in order: an unsettled warning holds back the person's next
    warning and the same violation's removal, a removal the next one.  Notices to others about a
    person wait for the first look-up of the name, and for nothing else.  Proposals and buried
    actions hold back nothing.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        expire_after: timedelta = EXPIRE_AFTER,
        expire_kinds: Mapping[ActionKind, timedelta] | None = None,
    ) -> None:
        """How long an action is worth carrying out, and kinds for which that is another time.

        It is counted from when an action was queued, approved or requeued, or could first begin.
        """
        self._engine = engine
        self._ages = dict.fromkeys(ActionKind, expire_after) | dict(expire_kinds or {})
        self._listener = Listener(engine, CHANNEL)
        self.pauses = Pauses(engine)
        self.proposals = Proposals(engine)

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
        that waited too long become `expired` instead.  Accepted actions that are due for a second
        look come last.
        """
        tried = attempt_as_json(now, ActionState.SENDING, outcome=_LOST)
        aging, ages = list(self._ages), list(self._ages.values())
        given = {"now": now, "until": now + lease, "kinds": list(kinds)}
        async with self._engine.begin() as transaction:
            await transaction.rows(EXPIRE, now=now, aging=aging, ages=ages, tried=tried)
            rows = await transaction.rows(CLAIM, most=limit, tried=tried, **given)
            looks = await transaction.rows(LOOK, most=limit - len(rows), **given)
            claimed = sorted(rows, key=_by_id) + sorted(looks, key=_by_id)
            return await _with_violations(transaction, claimed)

    async def settle(
        self,
        action_id: int,
        state: ActionState,
        outcome: str = "",
        errcode: int | None = None,
        wecom_msgid: str = "",
        *,
        then: Then = _NOTHING,
        now: datetime | None = None,
    ) -> bool:
        """Keep how a try ended, and what follows; False where the action has moved on meanwhile.

        That WeCom accepted something is a fact, and is kept even when it is reported late.
        """
        at = now or _now()
        async with self._engine.begin() as transaction:
            row = await move(
                transaction,
                action_id,
                may_become(state),
                at=at,
                state=state,
                outcome=outcome,
                errcode=errcode,
                check_at=then.check_at,
                held_by="",
                **({"wecom_msgid": wecom_msgid} if wecom_msgid else {}),
            )
            if row:
                await follow(transaction, row, then, at)
        return row is not None

    async def settle_look(
        self,
        action_id: int,
        state: ActionState,
        outcome: str = "",
        *,
        then: Then = _NOTHING,
        now: datetime | None = None,
    ) -> bool:
        """Keep what a second look at an accepted action showed; otherwise as `settle`."""
        at = now or _now()
        async with self._engine.begin() as transaction:
            row = await move(
                transaction,
                action_id,
                is_looked_at(),
                at=at,
                state=state,
                outcome=outcome,
                check_at=then.check_at,
            )
            if row:
                await follow(transaction, row, then, at)
        return row is not None

    async def look_later(self, action_id: int, until: datetime) -> bool:
        """Look at an accepted action again at `until`; False where it no longer needs one."""
        statement = (
            update(actions)
            .where(actions.c.id == action_id, is_looked_at())
            .values(check_at=until)
            .returning(actions.c.id)
        )
        async with self._engine.begin() as transaction:
            return await transaction.row(statement) is not None

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
            row = await move(
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
        self,
        action_id: int,
        until: datetime,
        outcome: str,
        errcode: int | None = None,
        *,
        held_by: str = "",
        now: datetime | None = None,
    ) -> bool:
        """Queue an action that has to wait for something else, `held_by`, for `until`.

        The claim costs it no attempt; only what WeCom said itself, an `errcode`, is kept in its
        history.  What has ended meanwhile is not waited for.  False as in `settle`.
        """
        at = now or _now()
        told = appended(at, ActionState.QUEUED, outcome=outcome, errcode=errcode)
        async with self._engine.begin() as transaction:
            waits = await stands(transaction, held_by)
            statement = (
                update(actions)
                .where(actions.c.id == action_id, actions.c.state == ActionState.SENDING.value)
                .values(
                    state=ActionState.QUEUED.value,
                    attempts=actions.c.attempts - 1,
                    outcome=outcome,
                    held_by=held_by if waits else "",
                    due_at=until if waits else at,
                    updated_at=at,
                    **({} if errcode is None else {"errcode": errcode, "history": told}),
                )
                .returning(actions.c.id)
            )
            return await transaction.row(statement) is not None

    async def requeue(
        self, wanted: ActionFilter = ANY, *, by: str, reason: str = "", now: datetime | None = None
    ) -> int:
        """Try the failed, expired and unsupported actions that fit again; how many."""
        at = now or _now()
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(requeued(wanted, by=by, reason=reason, at=at))
            await transaction.rows(NOTIFY)
            if rows:
                told = {"number": len(rows), "filter": filter_told(wanted), "reason": reason}
                deed = Deed(actor=by, action="action.requeued", subject="actions", detail=told)
                await audit.write(transaction, deed, at=at)
        return len(rows)

    async def count_buried(self, wanted: ActionFilter = ANY) -> int:
        """How many `requeue` would try again."""
        async with self._engine.begin() as transaction:
            row = await transaction.row(how_many(wanted))
        return int(row["number"]) if row else 0

    async def list(
        self,
        wanted: ActionFilter = ANY,
        *,
        before: int | None = None,
        limit: int = 100,
        bound: frozenset[int] | None = None,
    ) -> Sequence[ActionRecord]:
        """The actions that fit, within the `bound`, newest first, below the id `before`."""
        conditions = (*fitting(wanted), *about(bound))
        statement = select(actions).where(*conditions).order_by(actions.c.id.desc())
        if before is not None:
            statement = statement.where(actions.c.id < before)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement.limit(limit))
        return [action_of(row) for row in rows]

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


async def _one(transaction: Transaction, action_id: int) -> ActionRecord:
    row = await transaction.row(select(actions).where(actions.c.id == action_id))
    if row is None:
        raise NotFound(f"action {action_id}")
    return action_of(row)


async def _with_violations(transaction: Transaction, rows: list[Row]) -> list[ClaimedAction]:
    if not rows:
        return []
    ids = literal([row["violation_id"] for row in rows], ARRAY(BigInteger))
    found = await transaction.rows(select(violations).where(violations.c.id == any_(ids)))
    siblings = await transaction.rows(
        select(actions).where(actions.c.violation_id == any_(ids)).order_by(actions.c.id)
    )
    senders = [row["sender"] for row in rows]
    gone = await transaction.rows(GONE, senders=[sender.lower() for sender in senders])
    left = {(row["corp"], row["userid"]): row["gone_at"] for row in gone}
    by_id = {row["id"]: row for row in found}
    records = [action_of(row) for row in siblings]
    return [_claimed(row, by_id[row["violation_id"]], records, left) for row in rows]


def _claimed(
    row: Row, violation: Row, records: list[ActionRecord], left: Mapping[tuple[str, str], datetime]
) -> ClaimedAction:
    siblings = tuple(record for record in records if record.violation_id == violation["id"])
    return ClaimedAction(
        id=row["id"],
        kind=ActionKind(row["kind"]),
        reason=row["reason"],
        detail=row["detail"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        violation=violation_of(violation, actions=siblings),
        second_look=row["state"] == ActionState.ACCEPTED.value,
        gone_since=left.get((row["corp"], row["sender"].lower())),
        lost=sum(tried["outcome"] == _LOST for tried in row["history"]),
    )


def _by_id(row: Row) -> int:
    return int(row["id"])


def _now() -> datetime:
    return datetime.now(UTC)
