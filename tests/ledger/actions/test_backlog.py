"""What is not done, in numbers."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.backlog import Backlog
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.schema.tables import actions, violations

Record = Callable[..., Awaitable[Recorded]]
LATER = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # an hour after the messages


async def test_piles(record: Record, outbox: Outbox, database: Engine, now: datetime) -> None:
    """What waits is counted by state, kind and app, with the time of the oldest."""
    await record(1)
    await record(2, sender="lisi")

    piles = {(pile.state, pile.kind): pile for pile in await Backlog(database).piles()}

    warnings = piles[ActionState.QUEUED, ActionKind.WARN_SENDER]
    assert (warnings.app, warnings.number, warnings.held) == ("chat", 2, 0)
    assert warnings.since == now + timedelta(minutes=1)


async def test_what_is_done_is_no_pile(record: Record, outbox: Outbox, database: Engine) -> None:
    """An accepted action is not counted, one that failed is."""
    await record()
    look_up, warning = await outbox.claim(2, timedelta(minutes=1), LATER)
    await outbox.settle(look_up.id, ActionState.ACCEPTED)
    await outbox.settle(warning.id, ActionState.FAILED, "no such user", 60111)

    states = {(pile.state, pile.kind) for pile in await Backlog(database).piles()}

    assert (ActionState.FAILED, ActionKind.WARN_SENDER) in states
    assert ActionKind.IDENTIFY_SENDER not in {kind for _, kind in states}


async def test_what_is_held(record: Record, database: Engine) -> None:
    """What waits for something else is told apart."""
    await record()
    async with database.begin() as transaction:
        await transaction.rows(
            update(actions)
            .where(actions.c.kind == ActionKind.WARN_SENDER.value)
            .values(held_by="pause/1")
        )

    held = {pile.kind: pile.held for pile in await Backlog(database).piles()}

    assert held[ActionKind.WARN_SENDER] == 1
    assert held[ActionKind.IDENTIFY_SENDER] == 0


async def test_bound(record: Record, database: Engine) -> None:
    """Who is bound to departments counts what is about their people alone."""
    await record(1)
    await record(2, sender="lisi")
    async with database.begin() as transaction:
        await transaction.rows(
            update(violations)
            .where(violations.c.sender == "lisi")
            .values(sender_departments=[1, 7])
        )

    theirs = await Backlog(database).piles(bound=frozenset({7}))

    assert {pile.number for pile in theirs} == {1}
    assert await Backlog(database).piles(bound=frozenset({8})) == []


async def test_bound_of_a_list(record: Record, outbox: Outbox, database: Engine) -> None:
    """The list of actions has the same bound as the numbers."""
    await record(1)
    await record(2, sender="lisi")
    async with database.begin() as transaction:
        await transaction.rows(
            update(violations).where(violations.c.sender == "lisi").values(sender_departments=[7])
        )

    theirs = await outbox.list(bound=frozenset({7}))

    assert {action.sender for action in theirs} == {"lisi"}
    assert len(await outbox.list()) == 2 * len(theirs)
