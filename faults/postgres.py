"""A PostgreSQL that can be hurt: stopped, killed, filled up, made read-only, put far away."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import psutil

from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, dsn_of

_SOCKET = ".s.PGSQL.5432"
_TEMPLATE = "moderator"
_CHUNK = 65_536
_BETWEEN_LOOKS = 0.02  # seconds


class Postgres:
    """One embedded server; a database of its own for each scenario."""

    def __init__(self, home: Path) -> None:
        """`home`: a short path; a socket's has 107 bytes."""
        self.folder = home / "pg"
        self._server = EmbeddedPostgres(self.folder)
        self._template = ""

    async def prepare(self) -> None:
        """Start it and migrate the database that the others are copies of."""
        self._template = dsn_of(await self._server.start())
        engine = Engine(self._template)
        await migrating.upgrade(engine)
        await engine.dispose()

    async def start(self) -> None:
        """Start it again after `stop` or `kill`."""
        self._server = EmbeddedPostgres(self.folder)
        await self._server.start()

    async def stop(self) -> None:
        """Stop it as an administrator does: connections are closed, everything is on the disk."""
        await self._server.stop()

    async def kill(self) -> None:
        """`kill -9` of the postmaster."""
        lines = (self.folder / "postmaster.pid").read_text("utf-8").splitlines()
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(lines[0]))
            process.kill()
            await asyncio.to_thread(_until_dead, process)
        await self._server.stop()  # nothing is left to be stopped; only our share of it

    async def revive(self) -> None:
        """Start it where a scenario broke off and left it stopped."""
        try:
            await self.run("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            await self._server.stop()
            await self.start()

    async def database(self, *, tablespace: str = "", template: str = _TEMPLATE) -> str:
        """The name of a new database, migrated unless `template` says otherwise."""
        name = f"faults_{uuid4().hex[:12]}"
        where = f" TABLESPACE {tablespace}" if tablespace else ""
        await self.run(f"CREATE DATABASE {name} TEMPLATE {template}{where}")
        return name

    async def drop(self, database: str) -> None:
        await self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def dsn(self, database: str = "postgres") -> str:
        """Return `postgresql://…`."""
        return self._template.replace(f"/{_TEMPLATE}?", f"/{database}?")

    async def run(self, *statements: str, database: str = "postgres") -> None:
        """Run each statement in a transaction of its own, also while everything is read-only."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            await connection.execute("SET default_transaction_read_only = off")
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def fill_connections(self) -> list[Any]:
        """Take every connection that is left, those of `moderator` included; to be closed."""
        taken: list[Any] = []
        for _ in range(2):
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    taken.append(await asyncpg.connect(self.dsn()))
            await taken[0].execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'moderator'"
            )
        return taken


def _until_dead(process: psutil.Process) -> None:
    """It is nobody's child here: there is nothing to wait on."""
    with suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(_BETWEEN_LOOKS)


@asynccontextmanager
async def running() -> AsyncIterator[Postgres]:
    """A server in a folder of its own, migrated; gone after the block."""
    with TemporaryDirectory(prefix="faults-") as home:
        # PostgreSQL does not run as root, and whoever it runs as must be able to walk there.
        await asyncio.to_thread(Path(home).chmod, 0o755)
        postgres = Postgres(Path(home))
        await postgres.prepare()
        try:
            yield postgres
        finally:
            await postgres.stop()


class Distance:
    """A proxy before the server's socket: what passes it waits as long as `delay` says."""

    def __init__(self, postgres: Postgres, folder: Path, *, chance: random.Random) -> None:
        self._target = postgres.folder / _SOCKET
        self._folder = folder
        self._chance = chance
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.longest = 0.0  # seconds

    async def open(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._pass, self._folder / _SOCKET)

    async def close(self) -> None:
        """Let nothing pass any more, until it is opened again."""
        if self._server:
            self._server.close()
        for writer in self._open:
            writer.close()
        (self._folder / _SOCKET).unlink(missing_ok=True)

    def to(self, dsn: str) -> str:
        """The same address, but through the proxy."""
        return dsn.replace(str(self._target.parent), str(self._folder))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):
            there = await asyncio.open_unix_connection(self._target)
            await asyncio.gather(
                self._quietly(self._copy(reader, there[1])),
                self._quietly(self._copy(there[0], writer)),
            )
        self._open.discard(writer)
        writer.close()

    async def _quietly(self, copying: Awaitable[None]) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await copying

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            if self.longest:
                await asyncio.sleep(self._chance.uniform(0, self.longest))
            writer.write(chunk)
            await writer.drain()
        writer.close()
