"""Reading more than fits: the rows of one moment, in batches, beside the pool."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from moderator.domain.rule import Severity
from moderator.errors import LedgerError, LedgerUnavailable
from moderator.ledger.database.engine import Engine, Prepared, dsn_of
from moderator.ledger.desk.selections import filter_told
from moderator.ledger.records import Status, ViolationFilter

NUMBERS = Prepared("SELECT n FROM generate_series(1, $1::int) AS n", ("most",), {"most": 7})
OPEN = Prepared(
    """
    SELECT pid FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
    """,
    (),
    {},
)


async def test_rows_come_in_batches(database: Engine) -> None:
    """All of them, in their order, and never more than asked for at a time."""
    async with aclosing(database.stream(NUMBERS, batch=3)) as stream:
        batches = [[row["n"] for row in rows] async for rows in stream]

    assert batches == [[1, 2, 3], [4, 5, 6], [7]]


async def test_the_rows_are_those_of_one_moment(database: Engine) -> None:
    """What is committed while somebody reads is not among them."""
    async with database.begin() as transaction:
        await transaction.script("CREATE TABLE seen AS SELECT generate_series(1, 4) AS n")
    every = Prepared("SELECT n FROM seen", (), {})
    found = 0

    async with aclosing(database.stream(every, batch=1)) as stream:
        async for rows in stream:
            found += len(rows)
            async with database.begin() as transaction:
                await transaction.script("INSERT INTO seen VALUES (9)")

    assert found == 4


async def test_whoever_stops_early_holds_nothing(database: Engine) -> None:
    """No transaction stays open behind a reader that is gone."""
    async with aclosing(database.stream(NUMBERS, batch=1)) as stream:
        await anext(stream)
        async with database.begin() as transaction:
            reading = len(await transaction.rows(OPEN))

    async with database.begin() as transaction:
        while left := await transaction.rows(OPEN):  # the server notices a moment later
            continue
    assert (reading, len(left)) == (1, 0)


async def test_a_reader_needs_none_of_the_pool(database_url: str) -> None:
    """While everything of the pool is taken it reads all the same."""
    engine = Engine(dsn_of(database_url), pool_size=1)
    async with engine.begin(), aclosing(engine.stream(NUMBERS, batch=100)) as stream:
        (rows,) = [rows async for rows in stream]
    await engine.dispose()

    assert len(rows) == 7


async def test_errors_are_the_ledgers(database: Engine) -> None:
    """Nobody above has to know the driver, neither when it is away nor when it refuses."""
    away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    broken = Prepared("SELECT 1 / (4 - n) AS n FROM generate_series(1, 7) AS n", (), {})

    with pytest.raises(LedgerUnavailable):
        await anext(away.stream(NUMBERS, batch=1))
    async with aclosing(database.stream(broken, batch=1)) as stream:
        assert [row["n"] for row in await anext(stream)] == [0]
        with pytest.raises(LedgerError):
            await _to_the_end(stream)


async def _to_the_end(stream: AsyncIterator[object]) -> None:
    async for _ in stream:
        pass


def test_a_filter_is_told_by_what_it_asks_for() -> None:
    """What fits any is left out, what is nothing is not; all of it is JSON."""
    wanted = ViolationFilter(
        severity=Severity.HIGH,
        statuses=(Status.OPEN,),
        bound=frozenset({7, 2}),
        assignee="",
    )

    assert filter_told(wanted) == {
        "severity": "high",
        "statuses": ["open"],
        "bound": [2, 7],
        "assignee": "",
    }
