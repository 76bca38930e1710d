"""PgBouncer and its like: any transaction may meet any connection."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from faults.pooler import Pooler

from moderator.cli.diagnosis.examination import _engine
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine, Prepared, dsn_of
from moderator.ledger.database.listening import Listener

_MANY = 60


@pytest.fixture
async def pooled(database_url: str) -> AsyncIterator[str]:
    """The address of a migrated database behind a pooler."""
    target = parse_qs(urlsplit(database_url).query)["host"][0]
    with TemporaryDirectory(prefix="pooler-") as folder:
        pooler = Pooler(Path(target), Path(folder) / "p", chance=random.Random(7))
        await pooler.open()
        yield pooler.to(dsn_of(database_url))
        await pooler.close()


@pytest.fixture
async def engines(pooled: str) -> AsyncIterator[tuple[Engine, Engine]]:
    """Two services that share the pooler."""
    both = Engine(pooled), Engine(pooled)
    yield both
    for one in both:
        await one.dispose()


async def test_what_is_kept_prepared_gets_lost_behind_a_pooler(pooled: str) -> None:
    """The stand-in does what PgBouncer does, or the tests below would show nothing."""
    connection = await asyncpg.connect(pooled)

    async def ask() -> None:
        for number in range(_MANY):
            await connection.fetchval(f"SELECT $1::int + {number % 3}", 1)

    with pytest.raises(asyncpg.InvalidSQLStatementNameError):
        await ask()
    connection.terminate()


async def test_the_ledger_works_behind_a_pooler(engines: tuple[Engine, Engine]) -> None:
    """Each transaction gets its own answers, whoever else was on the connection before."""
    for number in range(_MANY):
        for value, one in enumerate(engines):
            asked = Prepared(f"SELECT $1::int + {number % 3} AS told", ("n",), {})
            async with one.begin() as transaction:
                told = [await transaction.row(asked, n=10 * value) for _ in range(2)]
            assert [row and row["told"] for row in told] == [10 * value + number % 3] * 2


async def test_a_database_behind_a_pooler_is_migrated_and_checked(pooled: str) -> None:
    """Down and up again, past whatever lies about on the connections."""
    engine = Engine(pooled)

    await migrating.downgrade(engine, "0013")
    await migrating.upgrade(engine)
    await migrating.check(engine)
    await engine.dispose()


async def test_rows_are_streamed_behind_a_pooler(engines: tuple[Engine, Engine]) -> None:
    """An export reads on where it was, beside another."""
    asked = Prepared("SELECT n FROM generate_series(1, 10) AS n", (), {})

    streams = [one.stream(asked, batch=3) for one in engines for _ in range(2)]
    told = [
        [row["n"] for batch in [b async for b in stream] for row in batch] for stream in streams
    ]

    assert told == [list(range(1, 11))] * 4


async def test_listening_behind_a_pooler_is_left_to_the_clock(
    engines: tuple[Engine, Engine],
) -> None:
    """Nobody is notified there, and nothing breaks."""
    listener = Listener(engines[0], "outbox")

    assert await listener.wait(1)  # a new connection: worth a look
    assert not await listener.wait(0.01)
    await listener.close()


async def test_the_doctor_tells_of_the_pooler(pooled: str, database: Engine) -> None:
    """Nobody else would guess why actions begin late."""
    behind = Engine(pooled)

    told = [[one.what for one in await _engine(each)] for each in (behind, database)]
    await behind.dispose()

    assert [any("pooler" in what for what in each) for each in told] == [True, False]
