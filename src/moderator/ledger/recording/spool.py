"""What must be kept while PostgreSQL is away: one SQLite file on this machine.

SQLite is the well-kept part: a commit is on the disk when it returns (`synchronous=FULL`), a torn
write is rolled back when the file is opened again, and several processes may share it.
What is kept is sealed by the caller; the file holds nothing that anybody could read.
"""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from moderator.errors import SpoolUnavailable
from moderator.ledger.database.batching import Batches

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS kept (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL,
  key_id TEXT NOT NULL, sealed BLOB NOT NULL, refused INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, key)
)
"""
_ROWS: Final = "SELECT id, kind, key, key_id, sealed FROM kept"
_OLDEST: Final = f"{_ROWS} WHERE NOT refused ORDER BY id LIMIT ?"
_REFUSED: Final = f"{_ROWS} WHERE refused AND id > ? ORDER BY id LIMIT ?"
_SEALED_OTHERWISE: Final = f"{_ROWS} WHERE key_id <> ? AND id > ? ORDER BY id LIMIT ?"
_PAGE: Final = 4096  # bytes
_BUSY: Final = 0.5  # seconds to wait for another process that writes
_MOST: Final = 256  # rows of one commit

Result = TypeVar("Result")


class Kind(StrEnum):
    """What a row of the spool will become."""

    VIOLATION = "violation"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One row; `key` is unique among those of its kind, `id` rises in the order of arrival."""

    kind: Kind
    key: str
    key_id: str
    sealed: bytes
    id: int = 0


@dataclass(frozen=True, slots=True)
class Filling:
    """How full the spool is: rows that wait, rows that were refused, and bytes of the file."""

    waiting: int
    refused: int
    used: int
    limit: int

    @property
    def has_room(self) -> bool:
        """Whether more can be kept; not before the spool was looked into."""
        return self.used < self.limit


class Spool:
    """A bounded queue on the disk; rows are dropped only by whoever has put them elsewhere."""

    def __init__(self, path: Path, *, limit: int) -> None:
        """`limit` in bytes; the first row makes the file, which never grows beyond it."""
        self.path = path
        self._log = path.with_name(f"{path.name}-wal")  # where SQLite writes before anywhere else
        self._pages = max(16, limit // _PAGE)
        self._connection: sqlite3.Connection | None = None
        # SQLite blocks while the disk writes: one thread, so that the loop never does.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._batches: Batches[Kept, None] = Batches(self._write, most=_MOST)

    async def keep(self, row: Kept) -> None:
        """Return once the row is on the disk; a `key` that is there already stays as it is.

        Raises `SpoolUnavailable` when the spool is full or cannot be written.
        """
        await self._batches.submit(row)

    async def oldest(self, most: int = _MOST) -> list[Kept]:
        """The rows that have waited longest, in the order in which they came; no refused ones."""
        if not self.path.exists():
            return []
        return await self._run(lambda connection: _select(connection, _OLDEST, most))

    async def drop(self, ids: Sequence[int]) -> None:
        """Forget rows, so that nothing of them stays in the file."""
        await self._run(lambda connection: _drop(connection, ids))

    async def refuse(self, id_: int) -> None:
        """Set a row aside that cannot be put anywhere, so that it holds up no other."""
        await self._run(lambda connection: _refuse(connection, id_))

    async def refused(self, *, after: int = 0, most: int = _MOST) -> list[Kept]:
        """The rows that were set aside, in the order in which they came."""
        if not self.path.exists():
            return []
        return await self._run(lambda connection: _select(connection, _REFUSED, after, most))

    async def sealed_otherwise(
        self, key_id: str, *, after: int = 0, most: int = _MOST
    ) -> list[Kept]:
        """The rows, refused ones too, that another key than `key_id` opens."""
        if not self.path.exists():
            return []
        return await self._run(
            lambda connection: _select(connection, _SEALED_OTHERWISE, key_id, after, most)
        )

    async def replace(self, rows: Sequence[Kept]) -> None:
        """Put other seals on rows; those that were dropped meanwhile stay dropped."""
        if rows:
            await self._run(lambda connection: _replace(connection, rows))

    async def by_key(self) -> dict[str, int]:
        """How many rows each key opens."""
        if not self.path.exists():
            return {}
        return await self._run(_by_key)

    async def try_again(self) -> None:
        """Let the rows that were set aside wait again: a new version may be able to put them."""
        if self.path.exists():
            await self._run(_try_again)

    def stamp(self) -> object:
        """Another one whenever any process has written; a look at the file's time, not into it."""
        try:
            found = self._log.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns

    async def filling(self) -> Filling:
        if not self.path.exists():
            return Filling(0, 0, 0, self._pages * _PAGE)
        return await self._run(_filling)

    async def others(self) -> dict[Path, int]:
        """Spools of others in the same folder in which something is left, and how many rows."""
        loop = asyncio.get_running_loop()
        files = {*self.path.parent.glob("*.sqlite")} - {self.path}
        return await loop.run_in_executor(self._thread, _left, sorted(files))

    def alone(self) -> "Alone":
        """Whether this is the only process that empties the spool, while the block runs."""
        return Alone(self.path.with_suffix(".lock"))

    async def close(self) -> None:
        """Let go of the file; rows stay for the next start."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
            self._connection = None
        self._thread.shutdown()

    async def _write(self, rows: Sequence[Kept]) -> Sequence[None]:
        await self._run(lambda connection: _insert(connection, rows))
        return [None] * len(rows)

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        try:
            with self._opened() as connection:
                return work(connection)
        except (sqlite3.Error, OSError) as error:
            self._let_go()
            raise SpoolUnavailable(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if self._connection is None:
            self._connection = _open(self.path, self._pages)
        with self._connection:
            yield self._connection

    def _let_go(self) -> None:
        # A file that was moved away or a disk that came back is found again by the next use.
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


class Alone:
    """A lock that the system lets go of when its process dies; true for whoever has it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _open(path: Path, pages: int) -> sqlite3.Connection:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY, check_same_thread=False)
    connection.execute(f"PRAGMA page_size={_PAGE}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute(f"PRAGMA max_page_count={pages}")
    connection.execute(_SCHEMA)
    path.chmod(0o600)
    return connection


def _insert(connection: sqlite3.Connection, rows: Sequence[Kept]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO kept (kind, key, key_id, sealed) VALUES (?, ?, ?, ?)",
        [(row.kind.value, row.key, row.key_id, row.sealed) for row in rows],
    )


def _select(connection: sqlite3.Connection, wanted: str, *values: object) -> list[Kept]:
    found = connection.execute(wanted, values)
    return [
        Kept(id=id_, kind=Kind(kind), key=key, key_id=key_id, sealed=sealed)
        for id_, kind, key, key_id, sealed in found
    ]


def _drop(connection: sqlite3.Connection, ids: Sequence[int]) -> None:
    connection.executemany("DELETE FROM kept WHERE id = ?", [(id_,) for id_ in ids])


def _refuse(connection: sqlite3.Connection, id_: int) -> None:
    connection.execute("UPDATE kept SET refused = 1 WHERE id = ?", (id_,))


def _replace(connection: sqlite3.Connection, rows: Sequence[Kept]) -> None:
    connection.executemany(
        "UPDATE kept SET key_id = ?, sealed = ? WHERE id = ?",
        [(row.key_id, row.sealed, row.id) for row in rows],
    )


def _left(files: Sequence[Path]) -> dict[Path, int]:
    found = {}
    for file in files:
        with suppress(sqlite3.Error), closing(_read_only(file)) as connection:
            found[file] = sum(_by_key(connection).values())
    return {file: rows for file, rows in found.items() if rows}


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", timeout=_BUSY, uri=True)


def _by_key(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT key_id, count(*) FROM kept GROUP BY key_id"))


def _try_again(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE kept SET refused = 0 WHERE refused")


def _filling(connection: sqlite3.Connection) -> Filling:
    def number(statement: str) -> int:
        return int(connection.execute(statement).fetchone()[0])

    pages, free = number("PRAGMA page_count"), number("PRAGMA freelist_count")
    return Filling(
        waiting=number("SELECT count(*) FROM kept WHERE NOT refused"),
        refused=number("SELECT count(*) FROM kept WHERE refused"),
        used=(pages - free) * _PAGE,
        limit=number("PRAGMA max_page_count") * _PAGE,
    )
