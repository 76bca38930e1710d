"""Who is served when, and what is kept of each try."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import NotFound
from moderator.ledger.actions.claiming import CLAIM
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ActionFilter, ClaimedAction

Record = Callable[..., Awaitable[Recorded]]
LEASE = timedelta(minutes=1)
LATER = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # an hour after the messages


async def test_the_alarm_follows_the_first_look_up_of_the_name(
    record: Record, outbox: Outbox
) -> None:
    """The warning needs no name and goes out at once; the card is handed out with the name."""
    await record()

    identify, warn = await outbox.claim(10, LEASE, LATER)
    assert await outbox.claim(10, LEASE, LATER) == []
    await outbox.settle(identify.id, ActionState.ACCEPTED)
    (notify,) = await outbox.claim(10, LEASE, LATER)

    assert (identify.kind, warn.kind, notify.kind) == (
        ActionKind.IDENTIFY_SENDER,
        ActionKind.WARN_SENDER,
        ActionKind.NOTIFY_COMPLIANCE,
    )


async def test_nothing_that_is_stuck_holds_back_an_alarm(record: Record, outbox: Outbox) -> None:
    """Look-up and warning wait to be tried again: compliance hears, and only a warning waits."""
    await record(1)
    for each in await outbox.claim(10, LEASE, LATER):
        await outbox.postpone(each.id, LATER + timedelta(hours=1), "busy", 45009)
    await record(2)

    claimed = await outbox.claim(10, LEASE, LATER)

    assert [each.kind for each in claimed] == [
        ActionKind.NOTIFY_COMPLIANCE,
        ActionKind.IDENTIFY_SENDER,
    ]


async def test_an_alarm_does_not_wait_for_a_look_up_that_was_put_off(
    record: Record, outbox: Outbox
) -> None:
    """Nor for one that was not tried at all."""
    await record()
    identify, _ = await outbox.claim(10, LEASE, LATER)
    await outbox.put_off(identify.id, LATER + timedelta(hours=1), "the app is paused")

    (notify,) = await outbox.claim(10, LEASE, LATER)

    assert notify.kind is ActionKind.NOTIFY_COMPLIANCE


async def test_a_persons_warnings_come_one_after_the_other(record: Record, outbox: Outbox) -> None:
    """The second warning is handed out when the first is settled, not while it is tried again."""
    await record(1)
    await record(2)

    first = await _claimed_warning(outbox, LATER)
    await outbox.postpone(first.id, LATER + LEASE)
    again = await _claimed_warning(outbox, LATER + LEASE)
    await outbox.settle(again.id, ActionState.ACCEPTED)
    second = await _claimed_warning(outbox, LATER + LEASE)

    assert again.id == first.id
    assert second.violation.id > first.violation.id


async def test_nobody_is_removed_before_the_warning_is_settled(
    record: Record, outbox: Outbox
) -> None:
    """An approved removal waits for the warning of the same violation."""
    await record(1)
    await outbox.settle((await _claimed_warning(outbox, LATER)).id, ActionState.ACCEPTED)
    await record(2)
    warn = await _claimed_warning(outbox, LATER)
    (proposal,) = await outbox.list(ActionFilter(states=(ActionState.PROPOSED,)))
    await outbox.proposals.approve(proposal.id, "wang", now=LATER)

    assert await outbox.claim(10, LEASE, LATER, kinds=[ActionKind.REMOVE_FROM_GROUP]) == []
    await outbox.settle(warn.id, ActionState.ACCEPTED)
    (removal,) = await outbox.claim(10, LEASE, LATER, kinds=[ActionKind.REMOVE_FROM_GROUP])
    assert removal.id == proposal.id


async def test_different_people_do_not_wait_for_each_other(record: Record, outbox: Outbox) -> None:
    """One claim hands out what is due of every person, oldest first, up to the limit."""
    for sender in ("a", "b", "c"):
        await record(sender=sender)

    claimed = await outbox.claim(4, LEASE, LATER)

    assert [each.violation.sender for each in claimed] == ["a", "a", "b", "b"]


async def test_two_workers_never_claim_the_same_action(record: Record, database: Engine) -> None:
    """Ten workers that claim at once get every action exactly once."""
    for number in range(20):
        await record(sender=f"person{number}")
    workers = [Outbox(database) for _ in range(10)]

    claims = await asyncio.gather(*(worker.claim(5, LEASE, LATER) for worker in workers))

    ids = [action.id for claim in claims for action in claim]
    assert len(ids) == len(set(ids))
    rest = await workers[0].claim(100, LEASE, LATER)
    assert len(ids) + len(rest) == 40  # the look-ups and the warnings


async def test_a_claim_brings_the_violation_without_its_text(
    record: Record, outbox: Outbox
) -> None:
    """A worker learns who, where and which clause, not what was written."""
    recorded = await record()

    (claimed,) = await outbox.claim(1, LEASE, LATER)

    assert claimed.violation.id == recorded.violation_id
    assert claimed.violation.chat == "group-1"
    assert claimed.violation.clauses == recorded.decision.clauses
    assert claimed.violation.fields == ()
    assert claimed.violation.actions[0].kind is claimed.kind


async def test_a_crashed_workers_action_is_handed_out_again(record: Record, outbox: Outbox) -> None:
    """After the lease the action is claimed again, counted, and its history says why."""
    await record()
    (first,) = await outbox.claim(1, LEASE, LATER)
    others = await outbox.claim(10, LEASE, LATER + LEASE / 2)

    (second,) = await outbox.claim(1, LEASE, LATER + LEASE)

    assert first.id not in [each.id for each in others]

    assert (second.id, first.attempts, second.attempts) == (first.id, 1, 2)
    (lost,) = (await outbox.one(first.id)).history
    assert (lost.outcome, lost.at) == ("lease ended", LATER)


async def test_what_was_sent_stays_sent_though_it_is_told_late(
    record: Record, outbox: Outbox
) -> None:
    """A worker that lost its lease may still say that WeCom accepted, but not that it failed."""
    await record()
    (first,) = await outbox.claim(1, LEASE, LATER)
    await outbox.postpone(first.id, LATER + LEASE)

    assert await outbox.settle(first.id, ActionState.FAILED) is False
    assert await outbox.settle(first.id, ActionState.ACCEPTED, wecom_msgid="m1") is True
    assert (await outbox.one(first.id)).state is ActionState.ACCEPTED


async def test_every_try_is_kept_with_its_errcode(record: Record, outbox: Outbox) -> None:
    """A postponed and then accepted action tells both tries in order."""
    await record()
    (claimed,) = await outbox.claim(1, LEASE, LATER)
    await outbox.postpone(claimed.id, LATER + LEASE, "busy", 45009)
    assert claimed.id not in [each.id for each in await outbox.claim(10, LEASE, LATER)]
    (again,) = await outbox.claim(1, LEASE, LATER + LEASE)
    await outbox.settle(again.id, ActionState.ACCEPTED, "ok", 0, "msg-1")

    action = await outbox.one(claimed.id)
    assert [(each.state, each.outcome, each.errcode) for each in action.history] == [
        (ActionState.QUEUED, "busy", 45009),
        (ActionState.ACCEPTED, "ok", 0),
    ]
    assert (action.attempts, action.wecom_msgid) == (2, "msg-1")


async def test_a_second_try_keeps_the_message_id_of_the_first(
    record: Record, outbox: Outbox
) -> None:
    """What WeCom called the notice is not forgotten when the action moves on."""
    await record()
    (claimed,) = await outbox.claim(1, LEASE, LATER)
    await outbox.settle(claimed.id, ActionState.ACCEPTED, wecom_msgid="msg-1")

    await outbox.settle(claimed.id, ActionState.UNDONE)

    action = await outbox.one(claimed.id)
    assert (action.state, action.wecom_msgid) == (ActionState.UNDONE, "msg-1")


async def test_a_failed_action_does_not_hold_back_the_next(record: Record, outbox: Outbox) -> None:
    """Once buried, an action no longer stands before the person's others."""
    await record()
    (first,) = await outbox.claim(1, LEASE, LATER)
    await outbox.settle(first.id, ActionState.FAILED, "no such user", 60111)

    (second,) = await outbox.claim(1, LEASE, LATER)

    assert second.kind is ActionKind.WARN_SENDER


async def test_an_old_action_expires_instead(record: Record, database: Engine) -> None:
    """What waited longer than it is worth is never handed out."""
    await record()
    outbox = Outbox(database, expire_after=timedelta(hours=2))

    assert await outbox.claim(10, LEASE, LATER + timedelta(hours=2)) == []
    assert {action.state for action in await outbox.list()} == {ActionState.EXPIRED}


async def test_an_unknown_action_is_not_found(outbox: Outbox) -> None:
    """Approving what does not exist says so."""
    with pytest.raises(NotFound):
        await outbox.proposals.approve(404, "wang")


async def test_a_buried_action_can_be_tried_again(record: Record, outbox: Outbox) -> None:
    """Requeued by its errcode it starts from the first attempt; the history names who and why."""
    await record()
    (claimed,) = await outbox.claim(1, LEASE, LATER)
    await outbox.settle(claimed.id, ActionState.FAILED, "outside the visible range", 60020)

    assert await outbox.requeue(ActionFilter(errcode=1), by="ops") == 0
    assert await outbox.count_buried(ActionFilter(errcode=60020)) == 1
    mended = ActionFilter(errcode=60020)
    assert await outbox.requeue(mended, by="ops", reason="range mended", now=LATER) == 1

    (again,) = await outbox.claim(1, LEASE, LATER)
    last = (await outbox.one(claimed.id)).history[-1]
    assert (again.id, again.attempts) == (claimed.id, 1)
    assert (last.by, last.outcome) == ("ops", "range mended")


async def test_only_buried_actions_are_requeued(record: Record, outbox: Outbox) -> None:
    """Naming an action that waits changes nothing."""
    await record()
    waiting = [action.id for action in await outbox.list()]

    assert await outbox.requeue(ActionFilter(ids=tuple(waiting)), by="ops") == 0


async def test_counts_name_every_waiting_state(record: Record, outbox: Outbox) -> None:
    """Also states with nothing in them are counted, as zero."""
    await record()

    assert await outbox.counts() == {
        ActionState.PROPOSED: 0,
        ActionState.APPROVED: 0,
        ActionState.QUEUED: 3,
        ActionState.SENDING: 0,
        ActionState.FAILED: 0,
    }


async def test_the_oldest_waiting_action_tells_how_late_the_outbox_is(
    record: Record, outbox: Outbox, now: datetime
) -> None:
    """The moment the oldest unsettled action was queued, or nothing when nothing waits."""
    assert await outbox.waiting_since() is None
    await record(2)
    await record(1, sender="lisi")

    assert await outbox.waiting_since() == now + timedelta(minutes=1)


async def test_actions_are_listed_by_state_and_page(record: Record, outbox: Outbox) -> None:
    """The list is newest first, filtered by state, and goes on below an id."""
    await record()
    everything = [action.id for action in await outbox.list()]

    assert everything == sorted(everything, reverse=True)
    assert [action.id for action in await outbox.list(before=everything[0])] == everything[1:]
    assert await outbox.list(ActionFilter(states=(ActionState.FAILED,))) == []


async def test_the_claim_looks_only_at_what_is_unsettled(database: Engine) -> None:
    """With 20,000 settled actions in the table the claim reads none of them."""
    await _fill(database)
    connection = await asyncpg.connect(database.dsn)
    try:
        given = {"now": LATER, "until": LATER, "most": 10, "tried": "[]"}
        plan = await connection.fetch(f"EXPLAIN {CLAIM.sql}", *CLAIM.arguments(given))
    finally:
        await connection.close()

    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text


async def _claimed_warning(outbox: Outbox, now: datetime) -> ClaimedAction:
    """The warning that is due; what else is due is settled."""
    claimed = await outbox.claim(10, LEASE, now)
    for each in claimed:
        if each.kind is not ActionKind.WARN_SENDER:
            await outbox.settle(each.id, ActionState.ACCEPTED)
    (warning,) = [each for each in claimed if each.kind is ActionKind.WARN_SENDER]
    return warning


async def _fill(database: Engine) -> None:
    async with database.begin() as transaction:
        await transaction.script(
            "INSERT INTO violations (message_key, sent_at, recorded_at, severity, rules,"
            " fingerprints, hits, offence, clauses, evidence_expires_at)"
            " VALUES ('k', now(), now(), 1, '{}', '{}', '[]', 1, '[]', now());"
            "INSERT INTO actions (violation_id, sender, kind, state, created_at, due_at,"
            " updated_at) SELECT max(id), 's' || n, 'warn_sender', CASE WHEN n % 1000 = 0"
            " THEN 'queued' ELSE 'accepted' END, now(), now(), now()"
            " FROM violations, generate_series(1, 20000) AS n GROUP BY n"
        )
        await transaction.script("ANALYZE actions")
