"""A real PostgreSQL for every test that asks: one server a run, one database a test."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, dsn_of

PACK = """
category: gambling
severity: medium
description: 赌博
rules:
  - id: lottery
    description: 彩票
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [开会]
"""
_POLICY = """
ladders:
  - {{id: all, window: 9d, rungs: [{{at: 1, actions: [{actions}]}}]}}
"""

# What a test writes need not survive the machine.
_HURRY = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a migrated database that nobody uses but to copy it."""
    home = Path(tempfile.mkdtemp(prefix="moderator-"))  # short: a socket's path has 107 bytes
    server = EmbeddedPostgres(home / "pg")
    url = asyncio.run(_prepared(server))
    yield dsn_of(url)
    asyncio.run(server.stop())
    shutil.rmtree(home)


@pytest.fixture
async def empty_database_url(postgres: str) -> AsyncIterator[str]:
    """`postgresql+asyncpg://…` of a database without tables, dropped after the test."""
    async for url in _copied(postgres, "template0"):
        yield url


@pytest.fixture
async def database_url(postgres: str) -> AsyncIterator[str]:
    """`postgresql+asyncpg://…` of a migrated database of the test's own, dropped after it."""
    async for url in _copied(postgres, "moderator"):
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Engine]:
    """An engine on a migrated database of the test's own."""
    engine = Engine(dsn_of(database_url))
    yield engine
    await engine.dispose()


@pytest.fixture
async def empty_database(empty_database_url: str) -> AsyncIterator[Engine]:
    """An engine on a database without tables."""
    engine = Engine(dsn_of(empty_database_url))
    yield engine
    await engine.dispose()


class SmallRules:
    """A folder with one rule, which finds 六合彩, and a policy of one rung."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "gambling.yaml").write_text(PACK, "utf-8")
        self.call_for("warn_sender")

    def call_for(self, *actions: str) -> Path:
        """Have every violation call for these; the folder."""
        (self.folder / "policy.yaml").write_text(
            _POLICY.format(actions=", ".join(actions)), "utf-8"
        )
        return self.folder


@pytest.fixture
def small_rules(tmp_path: Path) -> SmallRules:
    """Rules that load at once."""
    return SmallRules(tmp_path / "rules")


async def _prepared(server: EmbeddedPostgres) -> str:
    url = await server.start()
    engine = Engine(dsn_of(url))
    await migrating.upgrade(engine)
    await _run(engine.dsn, *_HURRY)
    return url


async def _copied(template_dsn: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex}"
    maintenance = template_dsn.replace("/moderator?", "/postgres?")
    await _run(maintenance, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield template_dsn.replace("/moderator?", f"/{name}?").replace(
        "postgresql://", "postgresql+asyncpg://"
    )
    await _run(maintenance, f"DROP DATABASE {name} WITH (FORCE)")


async def _run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
