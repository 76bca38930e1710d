"""The service dies: at random, and at every await between receive and settle."""

import asyncio
from typing import Final

from faults.launcher import CRASHED
from faults.service import DidNotStart
from faults.stage import Stage

_MOST_AWAY: Final = 1.5  # seconds from the first message to the kill
_BATCH: Final = 8
_DIES_WITHIN: Final = 8  # seconds

# Whoever is known is not looked up again: this comes before the others.
_LOOKING_UP: Final = ("moderator.wecom.client:WeComClient.person:after:1",)
_RECEIVING: Final = (
    "moderator.intake.reception:Reception.take:before:2",
    "moderator.intake.reception:Reception.take:after:2",
    "moderator.intake.reception:Reception.finish:before:2",
    "moderator.intake.reception:Reception.finish:after:2",
    "moderator.pipeline:Pipeline.record:before:2",
    "moderator.pipeline:Pipeline.record:after:2",
    "moderator.ledger.recording.keeping:Keeper.record:before:2",
    "moderator.ledger.recording.keeping:Keeper.record:after:2",
    "moderator.ledger.recording.recorder:Recorder.record:after:1",
    "moderator.ledger.database.line:Line.rows:before:1",
    "moderator.ledger.database.line:Line.rows:after:1",
    "moderator.ledger.database.line:Line.rows:before:2",
    "moderator.ledger.database.line:Line.rows:after:2",
    "asyncpg.transaction:Transaction.start:after:2",
    "asyncpg.transaction:Transaction.commit:before:1",
    "asyncpg.transaction:Transaction.commit:after:1",
    "asyncpg.transaction:Transaction.commit:before:4",
    "asyncpg.transaction:Transaction.commit:after:4",
)
_CARRYING: Final = (
    "moderator.ledger.actions.outbox:Outbox.claim:before:2",
    "moderator.ledger.actions.outbox:Outbox.claim:after:2",
    "moderator.enforcement.sanctions:Sanctions.carry_out:before:2",
    "moderator.enforcement.sanctions:Sanctions.carry_out:after:2",
    "moderator.wecom.tokens:TokenCache.token:after:1",
    "moderator.wecom.client:WeComClient.send_message:before:1",
    "moderator.wecom.client:WeComClient.send_message:after:1",
    "moderator.wecom.client:WeComClient.send_to_group:before:1",
    "moderator.wecom.client:WeComClient.send_to_group:after:1",
    "moderator.ledger.reading.violations:Violations.identify:after:1",
    "moderator.ledger.actions.outbox:Outbox.settle:before:2",
    "moderator.ledger.actions.outbox:Outbox.settle:after:2",
)
_STATEMENTS: Final = tuple(
    f"moderator.ledger.database.engine:Transaction.rows:before:{number}" for number in range(1, 25)
)
_SPOOLING: Final = (
    "moderator.ledger.recording.spool:Spool.keep:before:2",
    "moderator.ledger.recording.spool:Spool.keep:after:2",
)
_DRAINING: Final = (
    "moderator.ledger.recording.recorder:Recorder.record_all:after:1",
    "moderator.ledger.recording.spool:Spool.drop:before:1",
    "moderator.ledger.recording.spool:Spool.drop:after:1",
)


async def at_random(stage: Stage, kills: int) -> str:
    """`kill -9` at random moments; what was not answered is delivered again."""
    for _ in range(kills):
        running = await stage.serve()
        fresh = stage.traffic.messages(_BATCH)
        sending = asyncio.gather(
            stage.traffic.again(running.url), stage.traffic.send(running.url, fresh, rate=12)
        )
        await asyncio.sleep(stage.chance.uniform(0.05, _MOST_AWAY))
        await running.kill()
        await sending
    last = await stage.serve()
    await stage.traffic.again(last.url)
    return f"{kills} kills"


async def at_every_await(stage: Stage, _: int) -> str:
    """The process ends before and after each await from the callback to the settled action."""
    points = (*_LOOKING_UP, *_RECEIVING, *_CARRYING, *_STATEMENTS)
    missed = [point for point in points if not await _dies_at(stage, point)]
    last = await stage.serve()
    await stage.traffic.again(last.url)
    return _told(stage, points, missed)


async def around_the_spool(stage: Stage, _: int) -> str:
    """The same while a violation is put into the spool and while it is drained."""
    missed = []
    for point in _SPOOLING:
        # In this order: a service does not start without its database.
        running = await stage.serve(crash=point)
        await stage.postgres.stop()
        await stage.traffic.send(running.url, stage.traffic.messages(_BATCH))
        missed += [] if await _died(stage) else [point]
        await stage.postgres.start()
    for point in _DRAINING:
        running = await stage.serve(crash=point)
        await stage.postgres.stop()
        await stage.traffic.send(running.url, stage.traffic.messages(_BATCH))
        await stage.postgres.start()
        missed += [] if await _died(stage) else [point]
    last = await stage.serve()
    await stage.traffic.again(last.url)
    return _told(stage, (*_SPOOLING, *_DRAINING), missed)


async def _dies_at(stage: Stage, point: str) -> bool:
    try:
        running = await stage.serve(crash=point)
    except DidNotStart:
        return False
    await stage.traffic.send(
        running.url, stage.traffic.messages(_BATCH // 2, violations=1), rate=20
    )
    return await _died(stage)


async def _died(stage: Stage) -> bool:
    """Whether the last service ended at its crash point; it is killed where it did not."""
    running = stage.services[-1]
    try:
        async with asyncio.timeout(_DIES_WITHIN):
            return await running.ended() == CRASHED
    except TimeoutError:
        await running.kill()
        return False


def _told(stage: Stage, points: tuple[str, ...], missed: list[str]) -> str:
    """A point that is not reached shows nothing: its name or its number is to be mended."""
    stage.complaints += [f"{point} was not reached" for point in missed]
    return f"{len(points) - len(missed)} of {len(points)} crash points"
