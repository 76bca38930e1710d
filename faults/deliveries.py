"""Deliveries come again, in another order, to another process, at another time."""

import asyncio
from pathlib import Path
from typing import Final

from faults.stage import Stage

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
    _set(clock, 0)
    running = await stage.serve(clock=clock)
    for offset in (-_HOUR, 2 * _HOUR, 0):
        sending = asyncio.create_task(
            stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
        )
        await asyncio.sleep(0.15)
        _set(clock, offset)
        await sending
    # What was put off while the clock was ahead is due when it gets there.
    _set(clock, 2 * _HOUR + 60)
    return "-1 h, +3 h, -2 h, +2 h"


def _set(clock: Path, seconds: int) -> None:
    """At once: whoever looks at the clock meanwhile must not find half of it."""
    new = clock.with_suffix(".new")
    new.write_text(str(seconds), "utf-8")
    new.replace(clock)


async def side_by_side(stage: Stage, _: int) -> str:
    """Two processes share the traffic and the outbox; each message goes to both of them."""
    services = await asyncio.gather(stage.serve(), stage.serve())
    messages = stage.traffic.messages(2 * _BATCH)
    await asyncio.gather(
        *(stage.traffic.send(service.url, messages, rate=60) for service in services)
    )
    return f"{len(messages)} messages to {len(services)} processes"
