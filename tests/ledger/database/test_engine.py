"""The border at which the driver's errors become the ledger's."""

import asyncio
from datetime import timedelta

import psutil
import pytest

from moderator.errors import LedgerError, LedgerUnavailable, SchemaMismatch
from moderator.ledger.database import engine
from moderator.ledger.database.engine import Engine, Prepared, Row, create_engine, dsn_of
from moderator.settings import DatabaseSettings


async def _rows(on: Engine, statement: str) -> list[Row]:
    async with on.begin() as transaction:
        return await transaction.rows(_sql(statement))


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
    one = Engine(database.dsn, pool_size=1, patience=timedelta(milliseconds=500))
    async with one.begin():
        with pytest.raises(LedgerUnavailable):
            await one.ping()
    await one.ping()
    await one.dispose()


async def test_a_transaction_that_waits_too_long_is_given_up(database: Engine) -> None:
    """Locked out, it ends in time, has changed nothing, and its connection is good again."""
    one = Engine(database.dsn, pool_size=1)

    async def insert() -> None:
        async with one.begin(within=timedelta(milliseconds=100)) as transaction:
            await transaction.script("INSERT INTO standings (corp, sender) VALUES ('c', 's')")

    async with asyncio.timeout(10), database.begin() as locking:
        await locking.script("LOCK TABLE standings IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerUnavailable, match="not done within"):
            await insert()
    assert await _rows(one, "SELECT * FROM standings") == []
    await insert()
    await one.dispose()


async def test_the_time_of_a_transaction_includes_the_wait_for_a_connection(
    database: Engine,
) -> None:
    """Waiting in two places does not take twice as long."""
    one = Engine(database.dsn, pool_size=1)

    async with asyncio.timeout(2), one.begin():
        with pytest.raises(LedgerUnavailable):
            async with one.begin(within=timedelta(milliseconds=50)):
                pytest.fail("there is no second connection")
    await one.dispose()


async def test_a_server_that_does_not_answer_is_hung_up_on(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it answers no rollback either is not waited for; the next block is served."""
    monkeypatch.setattr(engine, "LONGEST_FAREWELL", 0.05)
    one = Engine(database.dsn, pool_size=1)
    suspended: list[psutil.Process] = []
    await one.ping()  # so that there is a connection

    async def suspend_and_ask() -> None:
        async with one.begin(within=timedelta(seconds=1)) as transaction:
            (row,) = await transaction.rows(_sql("SELECT pg_backend_pid() AS pid"))
            suspended.append(psutil.Process(row["pid"]))
            suspended[0].suspend()
            await transaction.script("SELECT 1")

    try:
        async with asyncio.timeout(3.5):
            with pytest.raises(LedgerUnavailable):
                await suspend_and_ask()
        await one.ping()
    finally:
        suspended[0].resume()
    await one.dispose()


def test_wecom_hears_before_it_hangs_up() -> None:
    """It waits five seconds for the whole callback (`wecom.md` §3)."""
    assert timedelta(seconds=4.5) > engine.ANSWER_DUE


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
