"""Proposals: who decides on them, and how whoever carries them out hears of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ActionFilter

Record = Callable[..., Awaitable[Recorded]]
LEASE = timedelta(minutes=1)
LATER = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # an hour after the messages


async def test_a_proposal_waits_for_a_person_and_holds_back_nothing(
    record: Record, outbox: Outbox
) -> None:
    """A removal stays proposed while the same person's other actions are handed out."""
    await record(1)
    await record(2)

    kinds = []
    while claimed := await outbox.claim(1, LEASE, LATER):
        kinds.append(claimed[0].kind)
        await outbox.settle(claimed[0].id, ActionState.ACCEPTED)

    assert ActionKind.REMOVE_FROM_GROUP not in kinds
    assert (await outbox.counts())[ActionState.PROPOSED] == 1


async def test_an_approved_action_expires_by_its_approval(record: Record, database: Engine) -> None:
    """A removal approved after days is carried out, for its time begins with the approval."""
    outbox = Outbox(database, expire_after=timedelta(hours=2))
    proposal = await _proposal(record, outbox)
    days_later = LATER + timedelta(days=3)
    await outbox.proposals.approve(proposal, "wang", now=days_later)

    claimed = await outbox.claim(10, LEASE, days_later)

    assert [each.id for each in claimed] == [proposal]


async def test_whoever_approves_second_learns_who_was_first(record: Record, outbox: Outbox) -> None:
    """Approving is idempotent; the record names the first and keeps their decision."""
    proposal = await _proposal(record, outbox)

    first = await outbox.proposals.approve(proposal, "wang", now=LATER)
    second = await outbox.proposals.refuse(proposal, "li", "too harsh")

    assert (first.applied, second.applied) == (True, False)
    assert (second.action.state, second.action.decided_by) == (ActionState.APPROVED, "wang")


async def test_two_people_who_decide_at_once_cannot_both_have_decided(
    record: Record, outbox: Outbox
) -> None:
    """Of a race between approval and refusal exactly one is applied."""
    proposal = await _proposal(record, outbox)

    resolved = await asyncio.gather(
        outbox.proposals.approve(proposal, "wang"), outbox.proposals.refuse(proposal, "li", "no")
    )

    assert sorted(each.applied for each in resolved) == [False, True]
    assert resolved[0].action.decided_by == resolved[1].action.decided_by


async def test_a_refused_action_is_cancelled_with_its_reason(
    record: Record, outbox: Outbox
) -> None:
    """A refusal is kept with name and reason, and is never carried out."""
    proposal = await _proposal(record, outbox)

    refused = (await outbox.proposals.refuse(proposal, "li", "first time", now=LATER)).action

    assert (refused.state, refused.decided_by) == (ActionState.CANCELLED, "li")
    assert (refused.decision_reason, refused.decided_at) == ("first time", LATER)


async def test_an_approval_wakes_the_worker(record: Record, outbox: Outbox) -> None:
    """A worker that waits hears of an approval."""
    proposal = await _proposal(record, outbox)
    await outbox.wait(0)

    waiting = asyncio.create_task(outbox.wait(20))
    await outbox.proposals.approve(proposal, "wang")

    assert await waiting is True


async def test_waiting_ends_by_the_clock_when_nothing_happens(outbox: Outbox) -> None:
    """Without a notification the wait is over after its time and says that nothing was heard."""
    assert await outbox.wait(0) is True  # newly connected: something may have been missed
    assert await outbox.wait(0.01) is False


async def test_a_cut_listener_connects_again(
    record: Record, outbox: Outbox, database: Engine
) -> None:
    """When the server drops the listening connection, the next waits hear again."""
    await outbox.wait(0)
    killer = await asyncpg.connect(database.dsn)
    await killer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    await killer.close()

    assert await outbox.wait(20) is True  # woken by the cut
    assert await outbox.wait(20) is True  # connected again
    waiting = asyncio.create_task(outbox.wait(20))
    await record()
    assert await waiting is True


async def test_waiting_without_postgres_only_passes_the_time(database: Engine) -> None:
    """A ledger that is away does not end the worker's loop."""
    outbox = Outbox(Engine("postgresql://nobody@127.0.0.1:1/nothing"))

    assert await outbox.wait(0.01) is False


async def _proposal(record: Record, outbox: Outbox) -> int:
    """The id of a proposed removal, all else being settled."""
    await record(1)
    await record(2)
    while claimed := await outbox.claim(10, LEASE, LATER):
        await outbox.settle(claimed[0].id, ActionState.ACCEPTED)
    (proposal,) = await outbox.list(ActionFilter(states=(ActionState.PROPOSED,)))
    return proposal.id
