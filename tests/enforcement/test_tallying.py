"""Days are counted by the running service once they are over."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from moderator.enforcement.tallying import Tallying
from moderator.ledger.counting.days import DayCounts
from moderator.ledger.database.engine import Engine, Prepared

Scene = Any  # the fixture's own class; test folders are no packages

COUNTED = Prepared("SELECT sum(violations)::int AS number FROM violation_days", (), {})


async def test_the_running_service_counts_days_that_are_over(
    scene: Scene, database: Engine
) -> None:
    """A violation of three days ago is in the numbers of its day."""
    await scene.violate()
    scene.clock.forward(days=3)
    tallying = Tallying(DayCounts(database), clock=scene.clock, every=timedelta(days=1))

    running = asyncio.create_task(tallying.run())
    async with asyncio.timeout(20):
        while not await _counted(database):
            assert not running.done()
    tallying.stop()
    await running

    assert await _counted(database) == 1


async def test_a_ledger_that_is_away_does_not_end_it() -> None:
    """It says so and waits for the next time."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    tallying = Tallying(DayCounts(engine), clock=lambda: datetime(2026, 3, 2, tzinfo=UTC))

    running = asyncio.create_task(tallying.run())
    done, _ = await asyncio.wait({running}, timeout=0.2)
    tallying.stop()
    await running

    assert not done


async def _counted(database: Engine) -> int:
    async with database.begin() as transaction:
        row = await transaction.row(COUNTED)
    return int(row["number"] or 0) if row else 0
