"""PostgreSQL without an installation."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from moderator.errors import LedgerUnavailable
from moderator.ledger.database import embedded
from moderator.ledger.database.embedded import EmbeddedPostgres, embedded_directory
from moderator.ledger.database.engine import Engine, Prepared, dsn_of
from moderator.ledger.database.opening import opened
from moderator.settings import DatabaseSettings

KEPT = "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS number"
VICTIM = """
import asyncio, sys
from pathlib import Path
from moderator.ledger.database import embedded
from moderator.ledger.database.embedded import EmbeddedPostgres

async def main():
    async with EmbeddedPostgres(Path(sys.argv[1])) as url:
        print(url, flush=True)
        sys.stdin.read()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """Where `pg` is made by the first test and found stopped by the others.

    The path is short: a socket's has 107 bytes.
    """
    directory = Path(tempfile.mkdtemp(prefix="moderator-"))
    yield directory
    shutil.rmtree(directory)


async def test_what_was_written_is_there_after_a_restart(home: Path) -> None:
    """Stopped and started again, the server has its database and what was in it."""
    async with EmbeddedPostgres(home / "pg") as url:
        await _script(url, KEPT)
    assert _servers(home) == []

    async with EmbeddedPostgres(home / "pg") as url:
        assert await _number(url, "SELECT number FROM kept") == 7
    assert _servers(home) == []


async def test_a_killed_process_does_not_hinder_the_next(home: Path) -> None:
    """After `kill -9` the next start finds the server, and its end still stops it."""
    victim = _process(home)
    url = await asyncio.to_thread(_line, victim)
    await _script(url, KEPT)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert len(_servers(home)) == 1

    async with EmbeddedPostgres(home / "pg") as again:
        assert await _number(again, "SELECT number FROM kept") == 7
    assert _servers(home) == []


async def test_a_killed_server_is_started_again(home: Path) -> None:
    """After a crash the next start recovers what was committed, though nobody reaped the old."""
    async with EmbeddedPostgres(home / "pg") as url:
        await _script(url, KEPT)
        _kill_all(home)

    async with EmbeddedPostgres(home / "pg") as url:
        assert await _number(url, "SELECT number FROM kept") == 7


async def test_what_a_dead_server_left_running_is_waited_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No second server touches the folder while a backend of the first may still write to it."""
    monkeypatch.setattr(embedded, "_ORPHANS_SECONDS", 0.1)
    async with EmbeddedPostgres(home / "pg"):
        (server,) = _servers(home)
        backend = server.children()[0]
        backend.suspend()
        server.kill()
        with pytest.raises(LedgerUnavailable, match=str(backend.pid)):
            await EmbeddedPostgres(home / "pg").start()
        backend.kill()
        psutil.wait_procs([backend], timeout=1)

    async with EmbeddedPostgres(home / "pg") as url:
        assert await _number(url, "SELECT 7") == 7


async def test_a_pid_that_now_belongs_to_another_program_does_not_fool_the_start(
    home: Path,
) -> None:
    """In a new container the old server's pid may be anybody's, here this test's own."""
    async with EmbeddedPostgres(home / "pg"):
        pid_file = home / "pg" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    async with EmbeddedPostgres(home / "pg") as url:
        assert await _number(url, "SELECT 7") == 7


async def test_two_processes_share_one_server_and_the_last_stops_it(home: Path) -> None:
    """Whoever leaves first leaves the server running for the other."""
    other = _process(home)
    url = await asyncio.to_thread(_line, other)

    async with EmbeddedPostgres(home / "pg") as mine:
        assert mine == url
    assert len(_servers(home)) == 1

    await asyncio.to_thread(other.communicate)  # its standard input ends, and so does it
    assert _servers(home) == []


async def test_a_folder_that_cannot_be_made_is_unavailable(home: Path) -> None:
    """A wrong path is one clear error."""
    (home / "file").write_text("not a folder")

    with pytest.raises(LedgerUnavailable, match="did not start"):
        await EmbeddedPostgres(home / "file" / "pg").start()


@pytest.mark.parametrize("name", ["d" * 100, "数" * 30])  # a path is counted in bytes
async def test_a_path_that_is_too_long_for_a_socket_is_refused(home: Path, name: str) -> None:
    """Elsewhere its socket would be open to every user of the machine; nothing is made."""
    with pytest.raises(LedgerUnavailable, match="too long for a socket"):
        await EmbeddedPostgres(home / name / "pg").start()

    assert not (home / name).exists()


async def test_the_longest_path_keeps_its_socket_to_itself(home: Path) -> None:
    """To the last byte that is allowed the socket stands in the folder, which is its owner's."""
    room = 107 - len(os.fsencode(home / "x" / ".s.PGSQL.5432"))
    directory = home / ("x" * (room + 1))
    async with EmbeddedPostgres(directory):
        assert (directory / ".s.PGSQL.5432").is_socket()
        assert directory.stat().st_mode & 0o077 == 0


async def test_opening_the_settings_starts_and_stops_the_server(home: Path) -> None:
    """`opened` gives an engine on the embedded database and leaves nothing running."""
    settings = DatabaseSettings(url=f"embedded://{home}/deep/pg")

    async with opened(settings) as engine:
        await engine.ping()
    assert _servers(home) == []


def test_the_url_names_the_folder_or_the_platforms_own() -> None:
    """`embedded:` alone means the data folder; root's is where another user can walk."""
    assert embedded_directory("embedded:///some/dir") == Path("/some/dir")
    default = embedded_directory("embedded:")
    assert default.parts[-2:] == ("moderator", "postgres")
    assert os.geteuid() != 0 or Path.home() not in default.parents


def _process(home: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(home / "pg")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _servers(home: Path) -> list[psutil.Process]:
    """The postmasters that serve a folder below `home`."""
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and any(str(home) in part for part in process.info["cmdline"] or ())
    ]


def _kill_all(home: Path) -> None:
    for server in _servers(home):
        family = [server, *server.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):  # they leave when the first is gone
                process.kill()
        psutil.wait_procs(family, timeout=1)  # where nobody reaps them they stay as zombies


async def _script(url: str, sql: str) -> None:
    engine = Engine(dsn_of(url))
    async with engine.begin() as transaction:
        await transaction.script(sql)
    await engine.dispose()


async def _number(url: str, sql: str) -> object:
    engine = Engine(dsn_of(url))
    async with engine.begin() as transaction:
        row = await transaction.row(Prepared(sql, (), {}))
    await engine.dispose()
    return next(iter(row.values())) if row else None
