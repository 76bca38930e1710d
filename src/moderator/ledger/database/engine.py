"""Connections and transactions: the border at which the driver's errors become the ledger's.

SQLAlchemy Core writes the statements and asyncpg carries them out.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.elements import CompilerElement

from moderator.errors import LedgerError, LedgerUnavailable, SchemaMismatch
from moderator.settings import DatabaseSettings

Row = Mapping[str, Any]

_DIALECT = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]
ANSWER_DUE = timedelta(milliseconds=800)  # then the spool takes over, within the same second

_PATIENCE = timedelta(seconds=3)
_LONGEST_STATEMENT = timedelta(seconds=30)
LONGEST_FAREWELL: Final = 0.5  # seconds, to roll back and to let a connection go
_PREPARED = 100  # statements that a connection keeps prepared
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.OperatorInterventionError,  # shutting down, starting up, statement timed out
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,  # deadlock; whoever asks again will be served
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,  # the connection is closed
    asyncpg.InternalClientError,  # the protocol broke off in the middle of a conversation
    OSError,
    TimeoutError,
)
_WRONG_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into `LedgerError`s; the cause is kept."""
    try:
        yield
    except ValueError as error:  # asyncpg's too: a value that has no place in its column
        raise LedgerError(f"{type(error).__name__} in a value") from error
    except _AWAY as error:
        raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
    except _WRONG_SCHEMA as error:
        raise SchemaMismatch(f"{error}; run `moderator database upgrade`") from error
    except asyncpg.PostgresError as error:
        # Its text may repeat a value that was refused.
        raise LedgerError(f"{type(error).__name__} ({error.sqlstate})") from error


@asynccontextmanager
async def done_within(time: timedelta | None) -> AsyncIterator[None]:
    """Give up what is not done by then (None: never): raise `LedgerUnavailable`."""
    deadline = asyncio.timeout(time.total_seconds() if time else None)
    try:
        async with deadline:
            yield
    except TimeoutError as error:
        if not deadline.expired():
            raise
        raise LedgerUnavailable(f"not done within {time}") from error


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement compiled once: its text, and its values, or their names, in order of `$n`."""

    sql: str
    names: tuple[str, ...]
    values: Mapping[str, Any]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        return [given[name] if name in given else self.values[name] for name in self.names]


def prepare(statement: CompilerElement) -> Prepared:
    """Compile `statement`; bind parameters without a value are given when it is run."""
    compiled = statement.compile(dialect=_DIALECT)
    names = tuple(getattr(compiled, "positiontup", None) or ())
    return Prepared(str(compiled), names, compiled.params or {})


_ALONE = Prepared("SELECT pg_advisory_xact_lock($1)", ("lock",), {})


class Transaction:
    """What can be asked of the database while a transaction is open."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def rows(self, statement: CompilerElement | Prepared, **given: Any) -> list[Row]:
        prepared = statement if isinstance(statement, Prepared) else prepare(statement)
        with translated():
            found: list[Row] = await self._connection.fetch(
                prepared.sql, *prepared.arguments(given)
            )
            return found

    async def row(self, statement: CompilerElement | Prepared, **given: Any) -> Row | None:
        found = await self.rows(statement, **given)
        return found[0] if found else None

    async def alone(self, lock: int) -> None:
        """Wait until no other transaction, of any process, holds that lock; then hold it."""
        await self.rows(_ALONE, lock=lock)

    async def script(self, sql: str) -> None:
        """Run several statements without parameters."""
        with translated():
            await self._connection.execute(sql)


class Closable(Protocol):
    async def close(self) -> None: ...


class Engine:
    """A pool of connections to one database; opened by the first use, safe to dispose twice."""

    def __init__(self, dsn: str, *, pool_size: int = 10, patience: timedelta = _PATIENCE) -> None:
        """`patience` bounds the wait for a connection."""
        self.dsn = dsn
        self._pool_size = pool_size
        self._patience = patience.total_seconds()
        self._pool: Any = None
        self._beside: list[Closable] = []
        self._direct: bool | None = None  # unknown before the first connection
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def begin(self, *, within: timedelta | None = None) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, rolled back by any exception.

        Raises `LedgerUnavailable` when PostgreSQL cannot be reached or refuses work, or when all
        of it, waiting for a connection and for locks included, is not done `within` that time.
        """
        async with (
            done_within(within),
            self._connection() as connection,
            self._transaction(connection),
        ):
            yield Transaction(connection)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        pool = await self._opened()
        with translated():
            connection = await pool.acquire(timeout=self._patience)
        try:
            yield connection
        finally:
            # A connection that cannot be released is thrown away; what it did is done.
            with suppress(LedgerError), translated():
                await pool.release(connection, timeout=LONGEST_FAREWELL)

    async def connect(self) -> Any:
        """A connection of its own beside the pool, for LISTEN; the caller closes it."""
        with translated():
            return await self._connected(self.dsn, timeout=self._patience)

    async def connect_for_statements(self) -> Any:
        """The same for what SQLAlchemy wrote."""
        connection = await self.connect()
        try:
            with translated():
                await _speak_json(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def adopt(self, beside: Closable) -> None:
        """Close it, too, when this is disposed."""
        self._beside.append(beside)

    async def stream(
        self, statement: CompilerElement | Prepared, *, batch: int
    ) -> AsyncGenerator[Sequence[Row], None]:
        """The rows in batches, as of one moment, over a connection beside the pool.

        PostgreSQL's cursor keeps the rest: here is never more than one batch.  Whoever stops before
        the end closes the generator (`contextlib.aclosing`).
        """
        prepared = statement if isinstance(statement, Prepared) else prepare(statement)
        connection = await self.connect_for_statements()
        try:
            with translated():
                await connection.transaction(readonly=True).start()
                asked = await connection.prepare(prepared.sql, name="")
                cursor = await asked.cursor(*prepared.arguments({}))
            while rows := await _fetched(cursor, batch):
                yield rows
            with translated():
                await connection.close(timeout=LONGEST_FAREWELL)
        finally:
            if not connection.is_closed():
                connection.terminate()

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler stood before the server at the first connection."""
        return self._direct is False

    async def ping(self) -> None:
        """Raise `LedgerUnavailable` unless PostgreSQL answers."""
        async with self.begin() as transaction:
            await transaction.script("SELECT 1")

    async def dispose(self) -> None:
        """Close all connections; those in use are cut off after the usual patience."""
        for beside in self._beside:
            await beside.close()
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), self._patience)
        except TimeoutError:
            pool.terminate()

    @asynccontextmanager
    async def _transaction(self, connection: Any) -> AsyncIterator[None]:
        transaction = connection.transaction()
        with translated():
            await transaction.start()
        try:
            yield
        except BaseException:
            # Without a rollback the server takes it back; the error that led here matters more.
            with suppress(LedgerError), translated():
                await _rolled_back(connection, transaction)
            raise
        with translated():
            await transaction.commit()

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.dsn,
                    connect=self._connected,
                    min_size=0,  # so that opening the pool itself needs no PostgreSQL
                    max_size=self._pool_size,
                    init=_speak_json,
                    reset=_leave,
                    timeout=self._patience,
                    command_timeout=_LONGEST_STATEMENT.total_seconds(),
                    server_settings={"application_name": "moderator"},
                )
        return self._pool

    async def _connected(self, *where: Any, **how: Any) -> Any:
        """A connection as the pool asks for it; behind a pooler it keeps nothing prepared.

        PgBouncer and its like give each transaction whichever connection is free: a name that was
        prepared on one is unknown on the next, or another process's statement.
        """
        if self._direct is None:
            self._direct = await _is_direct(*where, **how)
        kept = _PREPARED if self._direct else 0
        return await asyncpg.connect(*where, **how, statement_cache_size=kept)


def create_engine(settings: DatabaseSettings, url: str | None = None) -> Engine:
    """An engine for `url`, or else for the settings' own; does no I/O.

    An `embedded:` setting needs the `url` of the running `EmbeddedPostgres`.
    """
    address = url or settings.url.get_secret_value()
    if address.startswith("embedded:"):
        raise ValueError("an embedded database has no address before it is started")
    return Engine(dsn_of(address), pool_size=settings.pool_size)


def dsn_of(url: str) -> str:
    """The address as libpq and asyncpg write it, from SQLAlchemy's `postgresql+asyncpg://`."""
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def _is_direct(*where: Any, **how: Any) -> bool:
    """Whether what greets is the process that works, and not a pooler before it."""
    connection = await asyncpg.connect(*where, **how, statement_cache_size=0)
    try:
        working = await connection.fetchval("SELECT pg_backend_pid()")
        return bool(working == connection.get_server_pid())
    finally:
        connection.terminate()


async def _fetched(cursor: Any, batch: int) -> Sequence[Row]:
    with translated():
        rows: Sequence[Row] = await cursor.fetch(batch, timeout=_LONGEST_STATEMENT.total_seconds())
        return rows


async def _rolled_back(connection: Any, transaction: Any) -> None:
    """Roll back, or hang up on a server that does not answer any more."""
    try:
        async with asyncio.timeout(LONGEST_FAREWELL):
            await transaction.rollback()
    except TimeoutError:
        connection.terminate()


async def _speak_json(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encoded, decoder=json.loads
    )


async def _leave(_: Any) -> None:
    """Spare the round trip that resets a session: transactions here change nothing beyond them."""


def _encoded(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
