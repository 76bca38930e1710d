"""Evidence is erased when its time is over."""

import asyncio
from datetime import timedelta
from typing import Any

from moderator.enforcement.retention import Retention
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.retention import Erasure
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.records import EvidenceState

Scene = Any  # the fixture's own class; test folders are no packages


async def test_what_has_expired_is_erased_by_the_running_service(
    scene: Scene, database: Engine
) -> None:
    """The violation and the callback that failed stay; what was written goes."""
    violation = await scene.violate()
    kept = await scene.violations.one(violation, unmasked=True)
    failed = FailedMessages(database)
    await failed.keep("guard", "k", b"<xml/>", "s", "1", "n", "KeyError", now=scene.clock())
    scene.clock.forward(days=400)
    retention = Retention(Erasure(database), failed, clock=scene.clock, every=timedelta(days=1))

    running = asyncio.create_task(retention.run())
    async with asyncio.timeout(20):
        while await failed.count():
            assert not running.done()
    retention.stop()
    await running

    after = await scene.violations.one(violation, unmasked=True)
    assert (kept.evidence, after.evidence) == (EvidenceState.READABLE, EvidenceState.ERASED)
    assert after.rule == kept.rule
    assert [each.body for each in await failed.list()] == [b""]
