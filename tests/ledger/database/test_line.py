"""A connection that is kept for statements that commit by themselves."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from moderator.errors import LedgerError, LedgerUnavailable
from moderator.ledger.database.engine import Engine, Prepared, done_within
from moderator.ledger.database.line import Line

_PID = Prepared("SELECT pg_backend_pid() AS pid", (), {})
_SLEEP = Prepared("SELECT pg_sleep(60)", (), {})
_KEEP = Prepared(
    "INSERT INTO policies (digest, content, kept_at) VALUES ($1, '{}', now())", ("digest",), {}
)
_LEFT = Prepared("SELECT FROM pg_stat_activity WHERE pid = $1", ("pid",), {})
_KEPT = Prepared("SELECT count(*) AS number FROM policies", (), {})


async def _pid(line: Line) -> int:
    (row,) = await line.rows(_PID)
    return int(row["pid"])


async def test_it_is_one_connection_beside_the_pool(database: Engine) -> None:
    """Whoever asks next has the same; a pool that is full does not matter."""
    line = Line(database)

    assert len({await _pid(line) for _ in range(3)}) == 1
    assert len(set(await asyncio.gather(*(_pid(line) for _ in range(3))))) == 1


async def test_a_statement_is_committed_when_it_returns(database: Engine) -> None:
    """Another connection sees it at once; one that fails has changed nothing."""
    line, eye = Line(database), Line(database)

    await line.rows(_KEEP, digest="a")
    with pytest.raises(LedgerError):
        await line.rows(_KEEP, digest="a")

    (kept,) = await eye.rows(_KEPT)
    assert kept["number"] == 1


async def test_a_cut_line_is_opened_again(database: Engine) -> None:
    """Whoever was on it is told; the next one gets through."""
    line = Line(database)
    pid = await _pid(line)
    killer = await asyncpg.connect(database.dsn)
    sleeping = asyncio.create_task(line.rows(_SLEEP))
    await asyncio.sleep(0.1)
    await killer.execute("SELECT pg_terminate_backend($1)", pid)
    await killer.close()

    with pytest.raises(LedgerUnavailable):
        await sleeping
    assert await _pid(line) != pid


async def test_what_is_given_up_is_called_off(database: Engine) -> None:
    """The server does not go on with it, and the next one does not wait for it."""
    line = Line(database)
    pid = await _pid(line)

    with pytest.raises(LedgerUnavailable, match="not done within"):
        async with done_within(timedelta(milliseconds=100)):
            await line.rows(_SLEEP)

    async with asyncio.timeout(10):
        assert await _pid(line) != pid
        while await line.rows(_LEFT, pid=pid):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0)


async def test_it_is_closed_with_its_engine(database: Engine) -> None:
    """And can be asked again."""
    line = Line(database)
    before = await _pid(line)

    await database.dispose()

    assert await _pid(line) != before


async def test_without_postgres_it_is_unavailable() -> None:
    """As a transaction is."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nothing")

    with pytest.raises(LedgerUnavailable):
        await Line(engine).rows(_PID)
    await engine.dispose()
