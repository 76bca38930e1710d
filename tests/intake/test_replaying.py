"""Processing again what could not be processed."""

from typing import Any

from moderator.intake.replaying import Replay, Replayed
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine

Desk = Any


async def _broken(desk: Desk) -> tuple[Replay, int]:
    """A callback that the bug kept from being processed, and what replays it."""
    await desk.say("买六合彩", msgid=5)
    (kept,) = await desk.failed.list()
    return Replay(desk.failed, desk.reception), kept.id


async def test_replayed_well(desk_with_a_bug: Desk, database: Engine) -> None:
    """Mended, the callback is processed and gone, and the audit log says who had it done."""
    replay, failed_id = await _broken(desk_with_a_bug)
    desk_with_a_bug.mend()

    assert await replay.one(failed_id, by="olga") == Replayed(failed_id, outcome="violation")

    assert await desk_with_a_bug.failed.count() == 0
    (row,) = await Audit(database).page()
    assert (row.deed.actor, row.deed.action) == ("olga", "failed.replayed")
    assert (row.deed.subject, row.deed.detail) == (f"failed/{failed_id}", {"replayed": True})


async def test_failed_again(desk_with_a_bug: Desk, database: Engine) -> None:
    """Not mended, it stays with the name of the error, and that was tried is in the log."""
    replay, failed_id = await _broken(desk_with_a_bug)

    replayed = await replay.one(failed_id, by="olga")

    assert replayed == Replayed(failed_id, error="ZeroDivisionError")
    (kept,) = await desk_with_a_bug.failed.list()
    assert kept.attempts == 2
    (row,) = await Audit(database).page()
    assert row.deed.detail == {"replayed": False, "reason": "ZeroDivisionError"}


async def test_nothing_to_replay(desk_with_a_bug: Desk) -> None:
    """What was replayed before, or is in other hands, is not replayed twice."""
    replay, failed_id = await _broken(desk_with_a_bug)
    await desk_with_a_bug.failed.take(only=failed_id)

    assert await replay.one(failed_id) is None
    assert await replay.one(failed_id + 1) is None


async def test_nobody_named(desk_with_a_bug: Desk, database: Engine) -> None:
    """Without a person's name nothing is written into the log."""
    replay, failed_id = await _broken(desk_with_a_bug)

    await replay.one(failed_id)

    assert await Audit(database).page() == []
