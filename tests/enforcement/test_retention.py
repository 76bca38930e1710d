"""Evidence is erased when its time is over."""

import asyncio
from datetime import timedelta
from typing import Any

from moderator.enforcement.retention import Retention
from moderator.ledger.records import EvidenceState

Scene = Any  # the fixture's own class; test folders are no packages


async def test_expired_evidence_is_erased_by_the_running_service(scene: Scene) -> None:
    """The violation stays; what was written goes."""
    violation = await scene.violate()
    kept = await scene.violations.one(violation)
    scene.clock.forward(days=400)
    retention = Retention(scene.violations, clock=scene.clock, every=timedelta(days=1))

    running = asyncio.create_task(retention.run())
    while (after := await scene.violations.one(violation)).evidence is EvidenceState.READABLE:
        assert not running.done()
    retention.stop()
    await running

    assert (kept.evidence, after.evidence) == (EvidenceState.READABLE, EvidenceState.ERASED)
    assert after.rule == kept.rule
