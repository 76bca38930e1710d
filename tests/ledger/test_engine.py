"""The border at which the driver's errors become the ledger's."""

import asyncio
from datetime import timedelta

import pytest

from moderator.errors import LedgerError, LedgerUnavailable, SchemaMismatch
from moderator.ledger.engine import Engine, Prepared, create_engine, dsn_of
from moderator.settings import DatabaseSettings


def _sql(statement: str) -> Prepared:
    return Prepared(statement, (), {})


async def test_an_exception_in_the_block_takes_everything_back(database: Engine) -> None:
    """What was written before the exception is not there afterwards, and the error comes out."""

    async def write_and_fail() -> None:
        async with database.begin() as transaction:
            await transaction.script("INSERT INTO standings (corp, sender) VALUES ('c', 's')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()

    async with database.begin() as transaction:
        assert await transaction.rows(_sql("SELECT * FROM standings")) == []


async def test_a_cancelled_block_takes_everything_back(database: Engine) -> None:
    """A request that is given up leaves nothing half written, and its connection is free again."""
    begun = asyncio.Event()

    async def write_and_wait() -> None:
        async with database.begin() as transaction:
            await transaction.script("INSERT INTO standings (corp, sender) VALUES ('c', 's')")
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with database.begin() as transaction:
        assert await transaction.rows(_sql("SELECT * FROM standings")) == []


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT * FROM no_such_table", SchemaMismatch),
        ("SELECT no_such_column FROM standings", SchemaMismatch),
        ("SET LOCAL transaction_read_only = on; CREATE TABLE t ()", LedgerUnavailable),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", LedgerUnavailable),
        ("SELECT 1 / 0", LedgerError),
    ],
)
async def test_the_drivers_errors_become_the_ledgers(
    database: Engine, statement: str, error: type[LedgerError]
) -> None:
    """Each kind of refusal is told apart, and keeps its cause."""
    with pytest.raises(LedgerError) as caught:
        async with database.begin() as transaction:
            await transaction.script(statement)

    assert type(caught.value) is error
    assert caught.value.__cause__ is not None


async def test_a_cut_connection_is_unavailable_to_the_end_of_its_block(database: Engine) -> None:
    """Each statement after the cut, and the commit, say so; the next block gets a new one."""

    async def cut_and_go_on() -> None:
        async with database.begin() as transaction:
            with pytest.raises(LedgerUnavailable):
                await transaction.script("SELECT pg_terminate_backend(pg_backend_pid())")
            with pytest.raises(LedgerUnavailable):
                await transaction.script("SELECT 1")

    with pytest.raises(LedgerUnavailable):
        await cut_and_go_on()
    await database.ping()


async def test_a_full_pool_is_unavailable_after_a_while(database: Engine) -> None:
    """Whoever gets no connection within the patience is told so instead of waiting on."""
    engine = Engine(database.dsn, pool_size=1, patience=timedelta(milliseconds=50))
    async with engine.begin():
        with pytest.raises(LedgerUnavailable):
            await engine.ping()
    await engine.ping()
    await engine.dispose()


async def test_a_value_that_postgres_cannot_hold_is_not_called_an_outage(database: Engine) -> None:
    """A NUL in a text is the message's fault: it must not look as if PostgreSQL were away."""
    statement = Prepared("SELECT $1::text", ("value",), {})

    with pytest.raises(LedgerError) as caught:
        async with database.begin() as transaction:
            await transaction.rows(statement, value="a\0b")

    assert type(caught.value) is LedgerError


async def test_errors_do_not_repeat_values(database: Engine) -> None:
    """A refused value is not in the error, where it could reach a log."""
    for cast in ("$1::int", "($1::text)::int"):  # refused by the driver, and by the server
        with pytest.raises(LedgerError) as caught:
            async with database.begin() as transaction:
                await transaction.rows(Prepared(f"SELECT {cast}", ("v",), {}), v="geheim")
        assert "geheim" not in str(caught.value)


async def test_a_disposed_engine_can_be_disposed_again(database: Engine) -> None:
    """Disposal is safe to repeat."""
    await database.ping()
    await database.dispose()
    await database.dispose()


def test_the_settings_url_is_used_unless_another_is_given() -> None:
    """`create_engine` speaks to the settings' server, or to the embedded one it is told of."""
    settings = DatabaseSettings(url="postgresql+asyncpg://me@host/db")

    assert create_engine(settings).dsn == "postgresql://me@host/db"
    assert create_engine(settings, "postgresql+asyncpg://x@y/z").dsn == "postgresql://x@y/z"


def test_an_embedded_database_needs_the_address_of_its_server() -> None:
    """An engine for a server that was never started would fail later and less clearly."""
    with pytest.raises(ValueError, match="embedded"):
        create_engine(DatabaseSettings(url="embedded:"))


def test_sqlalchemys_scheme_is_taken_off() -> None:
    """asyncpg knows the scheme without a driver's name."""
    assert dsn_of("postgresql+asyncpg://a@/b?host=/c") == "postgresql://a@/b?host=/c"
