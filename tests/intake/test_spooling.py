"""PostgreSQL away: what must be kept waits on this machine and arrives once, in order."""

import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from moderator.errors import LedgerUnavailable
from moderator.intake.draining import Draining
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.spool import Kept, Kind, Spool

Desk = Any  # the fixture's own class; test folders are no packages


async def test_a_violation_is_answered_200_while_postgresql_is_away(
    desk_without_database: Desk, spool: Spool
) -> None:
    """It is on the disk of this machine when the answer leaves, and counted as spooled."""
    assert await desk_without_database.say("有人买六合彩吗") == 200

    assert (await spool.filling()).waiting == 1
    assert desk_without_database.counted("spooled") == 1


async def test_a_ledger_without_tables_is_spooled_too(
    desk_without_tables: Desk, spool: Spool
) -> None:
    """Half an upgrade loses nothing."""
    assert await desk_without_tables.say("有人买六合彩吗") == 200
    assert (await spool.filling()).waiting == 1


async def test_what_waited_arrives_once_and_in_order(
    desk_that_loses_its_database: Desk, spool: Spool
) -> None:
    """The third offence is still the third when all three were decided after the outage."""
    desk = desk_that_loses_its_database
    for number in (1, 2, 3):
        assert await desk.say("有人买六合彩吗", msgid=number) == 200
    assert await desk.say("有人买六合彩吗", msgid=2) == 200  # delivered again

    desk.mend()
    await desk.keeper.drain()
    await desk.keeper.drain()

    items = (await desk.violations.page()).items
    assert [(one.message_id, one.offence) for one in items] == [("3", 3), ("2", 2), ("1", 1)]
    assert (await spool.filling()).waiting == 0


async def test_nothing_overtakes_what_waits(
    desk_that_loses_its_database: Desk, spool: Spool
) -> None:
    """While something waits, newer violations queue up behind it, though PostgreSQL is back."""
    desk = desk_that_loses_its_database
    await desk.say("有人买六合彩吗", msgid=1)
    desk.mend()
    await desk.say("有人买六合彩吗", msgid=2)

    assert (await spool.filling()).waiting == 2
    await desk.keeper.drain()
    await desk.say("有人买六合彩吗", msgid=3)
    assert len((await desk.violations.page()).items) == 3
    assert (await spool.filling()).waiting == 0


async def test_a_drain_that_is_cut_off_keeps_the_rest(desk_without_database: Desk) -> None:
    """PostgreSQL still away: the rows stay where they are and the caller hears of it."""
    await desk_without_database.say("有人买六合彩吗")

    with pytest.raises(LedgerUnavailable):
        await desk_without_database.keeper.drain()


async def test_a_callback_that_breaks_the_service_is_spooled_for_replay(
    desk_with_a_bug: Desk, database: Engine, spool: Spool
) -> None:
    """A bug and an outage at once: the callback waits, and then lies with the failed ones."""
    dsn, database.dsn = database.dsn, "postgresql://nobody@127.0.0.1:1/nowhere"
    await database.dispose()
    assert await desk_with_a_bug.say("有人买六合彩吗") == 200

    database.dsn = dsn
    await database.dispose()
    await desk_with_a_bug.keeper.drain()

    assert [one.reason for one in await desk_with_a_bug.failed.list()] == ["ZeroDivisionError"]
    assert (await spool.filling()).waiting == 0


async def test_an_answer_comes_within_a_second(desk_without_database: Desk) -> None:
    """WeCom hangs up after five; also the first message of an outage must not come near."""
    began = time.perf_counter()
    await desk_without_database.say("有人买六合彩吗")

    assert time.perf_counter() - began < 1


async def test_the_spool_shows_nothing_of_what_people_wrote(
    desk_without_database: Desk, spool: Spool, tmp_path: Any
) -> None:
    """Neither the text nor the word nor the sender can be read in the file."""
    await desk_without_database.say("有人买六合彩吗", sender="ZhangSan")
    await spool.close()

    content = b"".join(part.read_bytes() for part in (tmp_path / "spool").iterdir())
    assert content
    for secret in ("六合彩".encode(), b"ZhangSan", b"\\u516d\\u5408"):
        assert secret not in content


async def test_a_broken_spool_does_not_stop_a_well_ledger(
    desk_that_can_keep_nothing: Desk, database: Engine
) -> None:
    """The spool is for outages; without one it is not missed."""
    desk = desk_that_can_keep_nothing
    desk.keeper._recorder._engine.dsn = database.dsn

    assert await desk.say("有人买六合彩吗") == 200


async def test_what_waits_for_another_database_is_told_at_the_start(
    desk: Desk, spool: Spool
) -> None:
    """After a move to another server somebody has to bring it there."""
    other = Spool(spool.path.with_name("old.sqlite"), limit=2**20)
    await other.keep(Kept(kind=Kind.VIOLATION, key="1", key_id="k", sealed=b"sealed"))
    await other.close()
    draining = Draining(desk.keeper, spool, desk.metrics)
    draining.stop()
    with capture_logs() as logs:
        await draining.run()

    assert [(one["event"], one["rows"], one["file"], one["ours"]) for one in logs] == [
        ("rows of another database wait", 1, str(other.path), str(spool.path))
    ]
