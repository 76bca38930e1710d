"""How far long work is, for whoever asks."""

from datetime import UTC, datetime, timedelta

from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.progress import LOST, Progress

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def progress(database: Engine, after: timedelta = timedelta()) -> Progress:
    return Progress(database, clock=lambda: NOW + after)


async def test_what_is_done_is_told_while_it_is_being_done(database: Engine) -> None:
    """Beside the work itself, to any other process, until it ends."""
    course = await progress(database).begin("export", by="li", total=9)
    assert course

    async with progress(database).telling(course, lambda: 7):
        while (found := await progress(database).of("export")) is None or not found.done:
            continue
    await progress(database).end(course)

    assert (found.actor, found.done, found.total) == ("li", 7, 9)
    assert await progress(database).of("export") is None


async def test_one_works_at_a_time(database: Engine) -> None:
    """Another begins only where nothing was heard of the first, or where it gave up."""
    first = await progress(database).begin("proof", by="li", total=9)
    assert first
    assert await progress(database).begin("proof", by="wang", total=9) is None

    await progress(database).tell(first, 3, fault="LedgerUnavailable")

    assert await progress(database, timedelta(seconds=1)).begin("proof", by="wang", total=9)
    assert await progress(database, timedelta(seconds=1) + LOST).begin("proof", by="an", total=9)


async def test_whoever_was_given_up_for_gone_tells_nothing_more(database: Engine) -> None:
    """The work is another's by then: neither its course is changed nor its end told."""
    first = await progress(database).begin("proof", by="li", total=9)
    assert first
    assert await progress(database, LOST).begin("proof", by="wang", total=9)

    await progress(database, LOST).tell(first, 8)
    await progress(database, LOST).end(first)

    found = await progress(database).of("proof")
    assert found
    assert (found.actor, found.done) == ("wang", 0)
