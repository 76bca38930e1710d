"""PostgreSQL is stopped, killed, slow, out of connections, read-only, out of disk."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Final

from faults import reading
from faults.pooler import Pooler
from faults.service import Service
from faults.stage import Stage
from faults.traffic import Said

WITHIN: Final = 1.0  # seconds: an answer although PostgreSQL is away
_BATCH: Final = 12
_FULL: Final = 503
_TOO_MANY: Final = 120  # messages for a spool of 1 MB
_LONG: Final = 4_000  # letters: more than WeCom lets anyone write, to fill it sooner
_SMALL: Final = "faults_small"


class Skipped(Exception):
    """This machine cannot show it; the message says why."""


async def stopped(stage: Stage, _: int) -> str:
    """Stopped by its administrator, for a while, under traffic."""
    running = await _warm(stage)
    await stage.postgres.stop()
    told = await _spooled(stage, running)
    await stage.postgres.start()
    await _after(stage, running)
    return told


async def spool_full(stage: Stage, _: int) -> str:
    """Stopped for longer than the spool has room: what cannot be kept is answered 503."""
    running = await stage.serve(changes={"spool": stage.settings["spool"] | {"megabytes": 1}})
    await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
    await stage.postgres.stop()
    messages = stage.traffic.messages(_TOO_MANY, violations=1, padding=_LONG)
    await stage.traffic.send(running.url, messages, rate=40)
    refused = sum(_FULL in said.statuses for said in messages)
    await stage.postgres.start()
    await _after(stage, running)
    return f"{refused} of {len(messages)} answered 503, all of them taken when delivered again"


async def killed(stage: Stage, times: int) -> str:
    """`kill -9` of the postmaster while violations are written."""
    running = await _warm(stage)
    for _ in range(max(1, times // 5)):
        sending = asyncio.create_task(
            stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=60)
        )
        await asyncio.sleep(stage.chance.uniform(0.02, 0.2))
        await stage.postgres.kill()
        await sending
        await stage.postgres.start()
    await _after(stage, running)
    return f"{max(1, times // 5)} kills"


async def slow(stage: Stage, _: int) -> str:
    """Every packet to and from it takes 0 to 10 s, then 0 to 0.2 s, then nothing."""
    between = await stage.distance()
    url = between.to(stage.settings["database"]["url"])
    running = await _warm(stage, changes={"database": {"url": url}})
    told = []
    for longest in (10.0, 0.2):
        between.longest = longest
        told.append(f"0–{longest:g} s: {await _spooled(stage, running)}")
    between.longest = 0.0
    await _after(stage, running)
    return "; ".join(told)


async def cut_off(stage: Stage, _: int) -> str:
    """One of two machines loses its way to it, again and again; people write to both."""
    between = await stage.distance()
    far = {
        "database": {"url": between.to(stage.settings["database"]["url"])},
        "spool": stage.settings["spool"] | {"directory": str(stage.home / "spool" / "far")},
    }
    near, cut = await stage.serve(), await stage.serve(changes=far)
    spooled = 0
    for _ in range(3):
        await _to_either(stage, near, cut)
        await between.close()
        await _to_either(stage, near, cut)
        spooled += reading.spooled(stage.home / "spool" / "far")
        await between.open()
        await stage.drained()
    await stage.traffic.again(near.url)
    return f"{spooled} violations came late from the machine that was cut off"


async def pooled(stage: Stage, _: int) -> str:
    """A pooler gives each transaction another connection; two processes work through it."""
    pooler = Pooler(stage.postgres.folder, stage.home / "pooler", chance=stage.chance)
    await pooler.open()
    stage.afterwards.append(pooler.close)
    through = {"database": {"url": pooler.to(stage.settings["database"]["url"])}}
    services = [await stage.serve(changes=through) for _ in range(2)]
    for _ in range(3):
        await _to_either(stage, *services)
    await stage.traffic.again(services[0].url)
    return f"{pooler.transactions} transactions"


async def out_of_connections(stage: Stage, _: int) -> str:
    """Others have taken all of `max_connections`."""
    running = await _warm(stage)
    taken = await stage.postgres.fill_connections()
    try:
        told = await _spooled(stage, running)
    finally:
        await asyncio.gather(*(connection.close() for connection in taken))
    await _after(stage, running)
    return told


async def read_only(stage: Stage, _: int) -> str:
    """`default_transaction_read_only`, as after a failover to a standby."""
    running = await _warm(stage)
    reload_ = "SELECT pg_reload_conf()"
    await stage.run("ALTER SYSTEM SET default_transaction_read_only = on", reload_)
    try:
        told = await _spooled(stage, running)
    finally:
        await stage.run("ALTER SYSTEM RESET default_transaction_read_only", reload_)
    await _after(stage, running)
    return told


async def disk_full(stage: Stage, _: int) -> str:
    """The tables lie on a disk without a free byte."""
    disk = await _small_disk(stage)
    running = await _warm(stage)
    ballast = disk / "ballast"
    _fill(ballast)
    told = await _spooled(stage, running, count=60)
    ballast.unlink()
    await _after(stage, running)
    return told


async def spool_disk_full(stage: Stage, _: int) -> str:
    """It is stopped, and the disk of the spool has not a free byte: 503, until it has some."""
    disk = await _mounted(stage.home / "spool", "size=1m")
    stage.afterwards.append(lambda: _ordered("umount", disk))
    running = await _warm(stage)
    await stage.postgres.stop()
    before = stage.traffic.messages(_BATCH, violations=1)
    await stage.traffic.send(running.url, before, rate=40)
    _fill(disk / "ballast")
    meanwhile = stage.traffic.messages(_BATCH, violations=1)
    await stage.traffic.send(running.url, meanwhile, rate=40)
    (disk / "ballast").unlink()
    told = f"{_answers(before)}; without a free byte {_answers(meanwhile)}"
    await stage.traffic.again(running.url)
    await stage.postgres.start()
    await _after(stage, running)
    return told


async def _warm(stage: Stage, *, changes: dict[str, dict[str, str]] | None = None) -> Service:
    running = await stage.serve(changes=changes)
    await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
    return running


async def _spooled(stage: Stage, running: Service, *, count: int = _BATCH) -> str:
    """Send while it is away; how many had their 200, and the longest wait for it."""
    messages = stage.traffic.messages(count)
    await stage.traffic.send(running.url, messages, rate=40)
    return f"{_answers(messages)}, {reading.spooled(stage.home / 'spool')} in the spool"


async def _to_either(stage: Stage, *services: Service) -> None:
    """What a balancer does: each message to one of them."""
    messages = stage.traffic.messages(2 * _BATCH)
    parts = (messages[number :: len(services)] for number in range(len(services)))
    await asyncio.gather(
        *(
            stage.traffic.send(one.url, part, rate=20)
            for one, part in zip(services, parts, strict=True)
        )
    )


async def _after(stage: Stage, running: Service) -> None:
    await stage.drained()
    await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
    await stage.traffic.again(running.url)


def _answers(messages: list[Said]) -> str:
    answered = sum(said.answered for said in messages)
    longest = max(second for said in messages for second in said.seconds)
    return f"{answered} of {len(messages)} answered 200, the slowest in {longest * 1000:.0f} ms"


async def _small_disk(stage: Stage) -> Path:
    disk = stage.home.with_name(stage.home.name + "-disk")
    owner = stage.postgres.folder.stat()
    await _mounted(disk, f"size=32m,uid={owner.st_uid},mode=700")
    stage.afterwards.append(lambda: _give_back(stage, disk))
    (disk / "pg").mkdir()
    os.chown(disk / "pg", owner.st_uid, owner.st_gid)
    await stage.run(
        f"CREATE TABLESPACE {_SMALL} LOCATION '{disk / 'pg'}'",
        f"ALTER DATABASE {stage.database} SET TABLESPACE {_SMALL}",
    )
    return disk


async def _mounted(disk: Path, options: str) -> Path:
    if os.geteuid():
        raise Skipped("only root may mount a small tmpfs")
    await asyncio.to_thread(disk.mkdir)
    try:
        await _ordered("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk)
    except Skipped:
        await asyncio.to_thread(disk.rmdir)
        raise
    return disk


async def _give_back(stage: Stage, disk: Path) -> None:
    await stage.postgres.drop(stage.database)
    await stage.run(f"DROP TABLESPACE {_SMALL}")
    await _ordered("umount", disk)
    shutil.rmtree(disk)


async def _ordered(*command: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait():
        raise Skipped(f"this machine does not let us {command[0]}")


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
