"""Deliveries come again, in another order, to another process, at another time, in an upgrade."""

import asyncio
from typing import Final

from faults.service import DidNotStart
from faults.stage import Stage
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine

_COPIES: Final = 100
_RATE: Final = 250  # deliveries a second
_MESSAGES: Final = 6
_BATCH: Final = 12
_HOUR: Final = 3600


async def repeated(stage: Stage, _: int) -> str:
    """Each message a hundred times, shuffled, over two restarts."""
    messages = stage.traffic.messages(_MESSAGES, violations=0.8)
    copies = messages * _COPIES
    stage.chance.shuffle(copies)
    third = len(copies) // 3
    for part in (copies[:third], copies[third : 2 * third]):
        running = await stage.serve()
        sending = asyncio.create_task(stage.traffic.send(running.url, part, rate=_RATE))
        await asyncio.sleep(third / _RATE * 0.8)
        await running.kill()
        await sending
    last = await stage.serve()
    await stage.traffic.send(last.url, copies[2 * third :], rate=_RATE)
    await stage.traffic.again(last.url)
    return f"{len(copies)} deliveries of {len(messages)} messages"


async def clock_jumps(stage: Stage, _: int) -> str:
    """The service's clock goes back an hour, then three ahead, while leases run."""
    clock = stage.home / "clock"
    clock.write_text("0", "utf-8")
    running = await stage.serve(clock=clock)
    for offset in (-_HOUR, 2 * _HOUR, 0):
        sending = asyncio.create_task(
            stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
        )
        await asyncio.sleep(0.15)
        clock.write_text(str(offset), "utf-8")
        await sending
    # What was put off while the clock was ahead is due when it gets there.
    clock.write_text(str(2 * _HOUR + 60), "utf-8")
    return "-1 h, +3 h, -2 h, +2 h"


async def side_by_side(stage: Stage, _: int) -> str:
    """Two processes share the traffic and the outbox; each message goes to both of them."""
    services = await asyncio.gather(stage.serve(), stage.serve())
    messages = stage.traffic.messages(2 * _BATCH)
    await asyncio.gather(
        *(stage.traffic.send(service.url, messages, rate=60) for service in services)
    )
    return f"{len(messages)} messages to {len(services)} processes"


async def upgrade(stage: Stage, _: int) -> str:
    """The database is migrated by a newer version under a running one, which goes on."""
    older = await stage.serve()
    await stage.traffic.send(older.url, stage.traffic.messages(_BATCH), rate=40)
    newest = migrating.newest_revision()
    await stage.postgres.run(
        "UPDATE alembic_version SET version_num = 'zzzz'", database=stage.database
    )
    beside = await stage.serve()  # an older one that starts on what the newer one migrated
    both = stage.traffic.messages(_BATCH)
    for service in (older, beside):
        await stage.traffic.send(service.url, both, rate=40)
    await stage.settled()
    await stage.postgres.run(
        f"UPDATE alembic_version SET version_num = '{newest}'",  # noqa: S608 - our own revision
        database=stage.database,
    )
    return f"served at {newest} and beyond it; {await _refusal(stage)}"


async def _refusal(stage: Stage) -> str:
    """What a newer version does on a database that nobody migrated yet."""
    behind = await stage.postgres.database()
    url = stage.postgres.dsn(behind)
    engine = Engine(url)
    await migrating.downgrade(engine, "-1")
    await engine.dispose()
    try:
        await stage.serve(
            changes={"database": {"url": url.replace("postgresql://", "postgresql+asyncpg://")}}
        )
    except DidNotStart as refused:
        if "moderator database upgrade" in str(refused):
            return "refused to start one migration behind"
        raise
    finally:
        await stage.postgres.drop(behind)
    raise DidNotStart("a service started on a database that is one migration behind")
