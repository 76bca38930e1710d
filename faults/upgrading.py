"""Two versions at work on one database: while one replaces the other, and taken back."""

import asyncio
import io
import tarfile
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path
from typing import Final

from faults import service
from faults.database import Skipped
from faults.service import DidNotStart, Service
from faults.stage import Stage
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine

_BATCH: Final = 12


async def version_before(stage: Stage, _: int) -> str:
    """The code before the last migration is replaced under traffic, both share an outage, back."""
    source, name = await _code_before(stage.home / "before")
    await stage.postgres.drop(stage.database)
    await stage.run(f"CREATE DATABASE {stage.database}")
    await service.order(stage.settings, "database", "upgrade", source=source)
    older = await stage.serve(source=source)
    refused = await _refusal(stage, stage.settings["database"]["url"])
    sending = asyncio.create_task(
        stage.traffic.send(older.url, stage.traffic.messages(3 * _BATCH), rate=20)
    )
    await service.order(stage.settings, "database", "upgrade")
    newer = await stage.serve()
    await sending
    await _to_both(stage, older, newer)
    await stage.postgres.stop()
    await _to_both(stage, older, newer)
    await stage.postgres.start()
    await stage.drained()
    await older.terminate()
    await stage.traffic.send(newer.url, stage.traffic.messages(_BATCH), rate=40)
    again = await stage.serve(source=source)
    await newer.terminate()
    await stage.traffic.send(again.url, stage.traffic.messages(_BATCH), rate=40)
    await stage.traffic.again(again.url)
    return f"{name} to {migrating.newest_revision()} and back; the newer one {refused}"


async def declared(stage: Stage, _: int) -> str:
    """The database is migrated by a newer version under a running one, which goes on."""
    older = await stage.serve()
    await stage.traffic.send(older.url, stage.traffic.messages(_BATCH), rate=40)
    newest = migrating.newest_revision()
    await stage.postgres.run(
        "UPDATE alembic_version SET version_num = 'zzzz'", database=stage.database
    )
    beside = await stage.serve()  # an older one that starts on what the newer one migrated
    both = stage.traffic.messages(_BATCH)
    for one in (older, beside):
        await stage.traffic.send(one.url, both, rate=40)
    await stage.settled()
    await stage.postgres.run(
        f"UPDATE alembic_version SET version_num = '{newest}'",  # noqa: S608 - our own revision
        database=stage.database,
    )
    return f"served at {newest} and beyond it; {await _one_behind(stage)}"


async def _one_behind(stage: Stage) -> str:
    behind = await stage.postgres.database()
    url = stage.postgres.dsn(behind)
    engine = Engine(url)
    await migrating.downgrade(engine, "-1")
    await engine.dispose()
    try:
        return await _refusal(stage, url.replace("postgresql://", "postgresql+asyncpg://"))
    finally:
        await stage.postgres.drop(behind)


async def _refusal(stage: Stage, url: str) -> str:
    """What this version does on a database that nobody migrated yet."""
    try:
        await stage.serve(changes={"database": {"url": url}})
    except DidNotStart as refused:
        if "moderator database upgrade" in str(refused):
            return "refused to start one migration behind"
        raise
    raise DidNotStart("a service started on a database that is one migration behind")


async def _to_both(stage: Stage, *services: Service) -> None:
    messages = stage.traffic.messages(_BATCH)
    await asyncio.gather(*(stage.traffic.send(one.url, messages, rate=40) for one in services))


async def _code_before(folder: Path) -> tuple[Path, str]:
    """The sources of the last commit before the newest migration, and the migration it had."""
    newest = f"migrations/versions/{migrating.newest_revision()}_*.py"
    added = (await _git("log", "--diff-filter=A", "--format=%H^", "-1", "--", newest)).decode()
    commit = (await _git("rev-parse", "--verify", added.strip() or "HEAD")).decode().strip()
    with tarfile.open(fileobj=io.BytesIO(await _git("archive", commit))) as archive:
        await asyncio.to_thread(archive.extractall, folder, filter="data")
    had = max(path.name[:4] for path in (folder / "migrations" / "versions").glob("0*.py"))
    return folder, f"{commit[:7]} at {had}"


async def _git(*arguments: str) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            "git", *arguments, cwd=service.ROOT, stdout=PIPE, stderr=DEVNULL
        )
    except OSError as error:
        raise Skipped("there is no git here") from error
    said, _ = await process.communicate()
    if process.returncode:
        raise Skipped("the code before the last migration is not in this checkout")
    return said
