"""What follows from an action, what is looked at again, what waits, and what is worth how long."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.ledger.actions.claiming import LOOK
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.limits.pauses import Cause
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ActionFilter, ClaimedAction, Then

Record = Callable[..., Awaitable[Recorded]]
LEASE = timedelta(minutes=1)
LATER = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # an hour after the messages
HOUR = timedelta(hours=1)
TASK = PlannedAction(
    kind=ActionKind.ASK_OWNER_TO_REMOVE,
    state=ActionState.QUEUED,
    reason="foreign group",
    detail="g",
)


async def warning(outbox: Outbox) -> ClaimedAction:
    """The claimed warning; the look-up is settled."""
    identify, warn = await outbox.claim(2, LEASE, LATER)
    await outbox.settle(identify.id, ActionState.ACCEPTED, now=LATER)
    return warn


async def test_what_follows_is_written_with_the_result(record: Record, outbox: Outbox) -> None:
    """For the same violation and person, and served like any other action."""
    await record()
    warn = await warning(outbox)
    await outbox.settle(warn.id, ActionState.UNSUPPORTED, then=Then(follow_ups=(TASK,)), now=LATER)

    claimed = await outbox.claim(10, LEASE, LATER)

    (task,) = [action for action in claimed if action.kind is TASK.kind]
    assert (task.reason, task.detail) == ("foreign group", "g")
    assert task.violation.id == warn.violation.id


async def test_a_result_that_is_not_kept_has_no_followers(record: Record, outbox: Outbox) -> None:
    """Whoever lost its lease to another one's success changes nothing, twice told is once done."""
    await record()
    warn = await warning(outbox)
    then = Then(follow_ups=(TASK,))
    await outbox.settle(warn.id, ActionState.ACCEPTED, then=then, now=LATER)

    kept = await outbox.settle(warn.id, ActionState.ACCEPTED, then=then, now=LATER)

    assert kept is False
    assert len(await outbox.list(ActionFilter(kind=TASK.kind))) == 1


async def test_what_follows_may_wait_or_need_approval(record: Record, outbox: Outbox) -> None:
    """Quiet hours hold for it, and proposals wait for a person."""
    await record()
    warn = await warning(outbox)
    quiet = replace(TASK, not_before=LATER + HOUR)
    proposal = replace(TASK, kind=ActionKind.REMOVE_FROM_GROUP, state=ActionState.PROPOSED)
    then = Then(follow_ups=(quiet, proposal))
    await outbox.settle(warn.id, ActionState.FAILED, then=then, now=LATER)

    early = [action.kind for action in await outbox.claim(10, LEASE, LATER)]
    late = [action.kind for action in await outbox.claim(10, LEASE, LATER + HOUR)]

    assert TASK.kind not in early
    assert TASK.kind in late
    assert ActionKind.REMOVE_FROM_GROUP not in early + late


async def test_an_accepted_action_is_looked_at_again(record: Record, outbox: Outbox) -> None:
    """At its time, by one worker, and it stays accepted meanwhile."""
    await record()
    warn = await warning(outbox)
    then = Then(check_at=LATER + HOUR)
    await outbox.settle(warn.id, ActionState.ACCEPTED, "asked", 0, "m1", then=then, now=LATER)
    await outbox.settle((await outbox.claim(10, LEASE, LATER))[0].id, ActionState.ACCEPTED)

    early = await outbox.claim(10, LEASE, LATER + HOUR / 2)
    (look,) = await outbox.claim(10, LEASE, LATER + HOUR)
    again = await outbox.claim(10, LEASE, LATER + HOUR)
    action = await outbox.one(warn.id)

    assert (early, again) == ([], [])
    assert (look.id, look.second_look, look.attempts) == (warn.id, True, 1)
    assert (action.state, action.wecom_msgid) == (ActionState.ACCEPTED, "m1")


async def test_a_look_that_a_crash_interrupted_is_repeated(record: Record, outbox: Outbox) -> None:
    """After the lease, and without an attempt."""
    await record()
    warn = await warning(outbox)
    then = Then(check_at=LATER)
    await outbox.settle(warn.id, ActionState.ACCEPTED, then=then, now=LATER)
    kinds = [warn.kind]
    await outbox.claim(10, LEASE, LATER, kinds=kinds)

    (look,) = await outbox.claim(10, LEASE, LATER + LEASE, kinds=kinds)

    assert (look.id, look.attempts) == (warn.id, 1)


async def test_a_second_look_ends_once(record: Record, outbox: Outbox) -> None:
    """Complied, or accepted with what follows; the second to say so changes nothing."""
    await record()
    warn = await warning(outbox)
    await outbox.settle(warn.id, ActionState.ACCEPTED, then=Then(check_at=LATER), now=LATER)
    then = Then(follow_ups=(TASK,))

    ends = [
        await outbox.settle_look(warn.id, ActionState.ACCEPTED, "not seen", then=then, now=LATER)
        for _ in range(2)
    ]

    assert ends == [True, False]
    assert len(await outbox.list(ActionFilter(kind=TASK.kind))) == 1
    assert await outbox.claim(10, LEASE, LATER + HOUR, kinds=[warn.kind]) == []


async def test_a_look_may_be_put_off(record: Record, outbox: Outbox) -> None:
    """Because WeCom is away, for instance."""
    await record()
    warn = await warning(outbox)
    await outbox.settle(warn.id, ActionState.ACCEPTED, then=Then(check_at=LATER), now=LATER)
    kinds = [warn.kind]
    await outbox.claim(10, LEASE, LATER, kinds=kinds)

    assert await outbox.look_later(warn.id, LATER + HOUR) is True
    assert await outbox.claim(10, LEASE, LATER + HOUR / 2, kinds=kinds) == []
    assert len(await outbox.claim(10, LEASE, LATER + HOUR, kinds=kinds)) == 1


async def test_what_is_held_keeps_its_attempts_and_wakes_when_it_may(
    record: Record, outbox: Outbox
) -> None:
    """It waited for something with a name; when that ends it is due at once."""
    await record()
    warn = await warning(outbox)
    await outbox.put_off(warn.id, LATER + HOUR, "paused", held_by="breaker/a", now=LATER)
    held = await outbox.one(warn.id)
    await outbox.pauses.wake("breaker/b", LATER)
    early = await outbox.claim(10, LEASE, LATER, kinds=[warn.kind])
    await outbox.pauses.wake("breaker/a", LATER)

    (again,) = await outbox.claim(10, LEASE, LATER, kinds=[warn.kind])

    assert (held.attempts, held.held_by, held.history) == (0, "breaker/a", ())
    assert early == []
    assert (again.id, again.attempts) == (warn.id, 1)


async def test_a_pause_that_ended_meanwhile_is_not_waited_for(
    record: Record, outbox: Outbox
) -> None:
    """The call was refused before the app was mended, and is put off only after that."""
    await record()
    warn = await warning(outbox)
    cause = Cause(app="a", path="", credential="c", errcode=60020, reason="not allowed")
    standing, ended = [
        await outbox.pauses.pause(each, now=LATER, until=LATER + HOUR)
        for each in (cause, replace(cause, credential="d"))
    ]
    await outbox.pauses.lift(ended.id, by="probe", reason="works again", now=LATER)

    await outbox.put_off(warn.id, LATER + HOUR, "paused", held_by=standing.holder, now=LATER)
    assert await outbox.claim(10, LEASE, LATER, kinds=[warn.kind]) == []
    await outbox.pauses.wake(standing.holder, LATER)
    (warn,) = await outbox.claim(10, LEASE, LATER, kinds=[warn.kind])
    await outbox.put_off(warn.id, LATER + HOUR, "paused", held_by=ended.holder, now=LATER)

    assert len(await outbox.claim(10, LEASE, LATER, kinds=[warn.kind])) == 1


async def test_what_wecom_said_is_kept_though_it_cost_no_attempt(
    record: Record, outbox: Outbox
) -> None:
    """The refusal that began a pause stands in the history of the action that met it."""
    await record()
    warn = await warning(outbox)
    await outbox.put_off(warn.id, LATER + HOUR, "paused", 60020, now=LATER)

    action = await outbox.one(warn.id)

    assert [attempt.errcode for attempt in action.history] == [60020]
    assert (action.attempts, action.errcode) == (0, 60020)


async def test_kinds_are_worth_carrying_out_for_different_times(
    record: Record, database: Engine
) -> None:
    """A warning of yesterday is wrong, the card about it is not."""
    await record()
    outbox = Outbox(
        database,
        expire_after=timedelta(hours=24),
        expire_kinds={ActionKind.NOTIFY_COMPLIANCE: timedelta(days=7)},
    )
    claimed = await outbox.claim(10, LEASE, LATER + timedelta(days=2))

    states = {action.kind: action.state for action in await outbox.list()}

    assert [action.kind for action in claimed] == [ActionKind.NOTIFY_COMPLIANCE]
    assert states[ActionKind.WARN_SENDER] is ActionState.EXPIRED


async def test_the_quiet_hours_do_not_count_as_waiting(record: Record, database: Engine) -> None:
    """What could not begin before Monday is worth as much on Monday as any other."""
    await record()
    outbox = Outbox(database, expire_after=timedelta(hours=24))
    monday = LATER + timedelta(days=2)
    async with database.begin() as transaction:
        await transaction.script(f"UPDATE actions SET not_before = '{monday}', due_at = '{monday}'")

    assert await outbox.claim(10, LEASE, LATER) == []
    assert len(await outbox.claim(10, LEASE, monday + HOUR)) == 2


async def test_a_removal_does_not_wait_for_the_end_of_the_quiet_hours(
    record: Record, outbox: Outbox, database: Engine
) -> None:
    """The warning may be read in the morning; the person is out of the group tonight."""
    await record(1)
    while claimed := await outbox.claim(10, LEASE, LATER):
        await outbox.settle(claimed[0].id, ActionState.ACCEPTED)
    await record(2)
    (proposal,) = await outbox.list(ActionFilter(states=(ActionState.PROPOSED,)))
    await outbox.proposals.approve(proposal.id, "wang", now=LATER)
    async with database.begin() as transaction:
        morning = LATER + 8 * HOUR
        await transaction.script(
            f"UPDATE actions SET not_before = '{morning}', due_at = '{morning}'"
            " WHERE kind = 'warn_sender' AND state = 'queued'"
        )

    removals = await outbox.claim(10, LEASE, LATER, kinds=[ActionKind.REMOVE_FROM_GROUP])

    assert [action.id for action in removals] == [proposal.id]


async def test_a_claim_tells_that_the_person_has_left(
    record: Record, outbox: Outbox, database: Engine
) -> None:
    """Whatever the case in which WeCom spells the userid."""
    await record()
    await record(sender="lisi")
    await People(database).mark_gone("corp", "ZhangSan", at=LATER)

    claimed = await outbox.claim(10, LEASE, LATER)

    left = {action.violation.sender: action.gone_since for action in claimed}
    assert left == {"zhangsan": LATER, "lisi": None}


async def test_actions_are_found_by_what_they_are(record: Record, outbox: Outbox) -> None:
    """By kind, state, errcode, person and age, alone and together."""
    first = await record(1)
    await record(2, sender="lisi")
    claimed = await outbox.claim(1, LEASE, LATER)
    await outbox.settle(claimed[0].id, ActionState.FAILED, "range", 60020)

    async def found(**wanted: object) -> int:
        return len(await outbox.list(replace(ActionFilter(), **wanted)))  # type: ignore[arg-type]

    assert await found(kind=ActionKind.WARN_SENDER) == 2
    assert await found(sender="lisi") == 3
    assert await found(sender="lisi", kind=ActionKind.WARN_SENDER) == 1
    assert await found(errcode=60020) == await found(states=(ActionState.FAILED,)) == 1
    assert await found(since=LATER) == 0
    assert await found(ids=(claimed[0].id,)) == 1
    assert first.violation_id == claimed[0].violation.id


async def test_the_second_look_reads_no_settled_action_that_needs_none(database: Engine) -> None:
    """With 20,000 accepted actions in the table the query reads an index of those that wait."""
    async with database.begin() as transaction:
        await transaction.script(
            "INSERT INTO violations (message_key, sent_at, recorded_at, severity, rules,"
            " fingerprints, hits, offence, clauses, evidence_expires_at)"
            " VALUES ('k', now(), now(), 1, '{}', '{}', '[]', 1, '[]', now());"
            "INSERT INTO actions (violation_id, sender, kind, state, created_at, due_at,"
            " updated_at) SELECT max(id), 's' || n, 'ask_recall', 'accepted', now(), now(), now()"
            " FROM violations, generate_series(1, 20000) AS n GROUP BY n"
        )
        await transaction.script("ANALYZE actions")
    connection = await asyncpg.connect(database.dsn)
    try:
        given = {"now": LATER, "until": LATER, "most": 10, "kinds": ["ask_recall"]}
        plan = await connection.fetch(f"EXPLAIN {LOOK.sql}", *LOOK.arguments(given))
    finally:
        await connection.close()

    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text
