"""The desk over five million violations: make them, then ask what people ask.

python benchmarks/desk.py make --directory /tmp/desk --count 5000000
python benchmarks/desk.py ask --directory /tmp/desk [--write]
python benchmarks/desk.py record
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

import asyncpg
from sqlalchemy import select

import recording
from desk_ledger import fill
from desk_questions import LIMIT, Search, others, searches, statistics
from moderator.ledger.counting.days import DayCounts
from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, Prepared, Transaction, dsn_of, prepare
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.conditions import fitting
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import MOST
from moderator.ledger.records import Cursor, Sort
from moderator.ledger.schema.tables import violations
from report import provenance, record, table

UNTIL: Final = datetime(2026, 11, 22, 11, tzinfo=UTC)
DEEP: Final = 10_000  # pages
PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "desk-performance.md"
_BEGIN: Final = "<!-- measured: `python benchmarks/desk.py ask --write` writes from here -->"
_END: Final = "<!-- to here -->"
_DEEP: Final = ("everything", "open", "a category", "a division", "QUEUE", "queue of a division")

Asked = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of processor (the service's and PostgreSQL's) and of the clock, call by call."""

    processor: Sequence[float]
    clock: Sequence[float]

    def cells(self) -> list[float]:
        return [median(self.processor), _late(self.processor), median(self.clock)]


class Desk:
    """One connection, whose backend's processor time can be read."""

    def __init__(self, engine: Engine, backend: int) -> None:
        self.engine = engine
        self.violations = Violations(engine, EvidenceCipher([bytes(32)]))
        self._backend = Path(f"/proc/{backend}/schedstat")

    async def cost(self, asked: Asked, times: int) -> Cost:
        """Of calls after a first one, which warms up."""
        await asked()
        spent = [await self._once(asked) for _ in range(times)]
        return Cost([each[0] for each in spent], [each[1] for each in spent])

    async def _once(self, asked: Asked) -> tuple[float, float]:
        server, client, began = self._served(), time.process_time(), time.perf_counter()
        await asked()
        clock = time.perf_counter() - began
        processor = self._served() - server + time.process_time() - client
        return processor * 1000, clock * 1000

    def _served(self) -> float:
        return int(self._backend.read_text().split()[0]) / 1e9

    async def plans(self, asked: Asked) -> list[str]:
        """How PostgreSQL carries out each statement of a call."""
        with _overheard() as heard:
            await asked()
        async with self.engine.begin() as transaction:
            return [await _explained(transaction, *each) for each in heard]

    async def deep(self, search: Search) -> Cursor | None:
        """Where page `DEEP` begins; None where there are fewer."""
        order = {
            Sort.NEWEST: (violations.c.sent_at.desc(), violations.c.id.desc()),
            Sort.OLDEST: (violations.c.sent_at, violations.c.id),
            Sort.GRAVEST: (violations.c.severity.desc(), violations.c.sent_at, violations.c.id),
        }[search.sort]
        told = select(violations.c.id, violations.c.severity, violations.c.sent_at)
        skipped = told.where(*fitting(search.wanted)).order_by(*order).offset(DEEP * LIMIT)
        async with self.engine.begin() as transaction:
            row = await transaction.row(skipped.limit(1))
        return Cursor(search.sort, row["severity"], row["sent_at"], row["id"]) if row else None


async def make(directory: Path, count: int) -> None:
    async with EmbeddedPostgres(directory) as url:
        engine = Engine(dsn_of(url))
        await migrating.upgrade(engine)
        connection = await asyncpg.connect(dsn_of(url))
        await connection.execute("ALTER SYSTEM SET max_wal_size = '8GB'")
        await connection.execute("SELECT pg_reload_conf()")
        await fill(connection, count, UNTIL, print)
        await connection.close()
        while await DayCounts(engine).count(UNTIL):
            pass
        await engine.dispose()


async def ask(directory: Path, *, times: int, write: bool) -> None:
    async with _desk(directory) as desk:
        told = [f"{provenance()}; load {' '.join(f'{each:.1f}' for each in os.getloadavg())}."]
        for part in (_counted, _others, _lists):
            told.append(await part(desk, times))
            print(told[-1], flush=True)
    measured = "\n\n".join(told)
    if write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(_BEGIN)
        after = rest.partition(_END)[2]
        PAGE.write_text(f"{before}{_BEGIN}\n\n{measured}\n\n{_END}{after}", "utf-8")


async def _lists(desk: Desk, times: int) -> str:
    rows: list[list[object]] = []
    for search in searches(UNTIL):
        rows.append(await _list(desk, search, None, times))
        if search.told.startswith(_DEEP) and (cursor := await desk.deep(search)):
            rows.append(await _list(desk, search, cursor, times))
    header = ["list", "ms p50", "ms p95", "clock p50", "shown", "count ms", "indexes"]
    return f"### Lists\n\n{table(header, rows)}"


async def _list(desk: Desk, search: Search, after: Cursor | None, times: int) -> list[object]:
    def page() -> Awaitable[Any]:
        return desk.violations.page(search.wanted, after, LIMIT, sort=search.sort)

    cost = await desk.cost(page, times)
    counted = await desk.cost(lambda: desk.violations.count(search.wanted), max(3, times // 5))
    shown = await page()
    more = "" if shown.next is None or len(shown.items) == LIMIT else ", goes on"
    told = f"{search.told}, page {DEEP:,}" if after else search.told
    record("desk", list=told, processor=list(cost.processor), clock=list(cost.clock))
    plans = await desk.plans(page)
    return [
        told,
        *cost.cells(),
        f"{len(shown.items)}{more}",
        median(counted.processor),
        _used(plans),
    ]


async def _others(desk: Desk, times: int) -> str:
    rows = [
        [told, *(await desk.cost(asked, times)).cells(), _used(await desk.plans(asked))]
        for told, asked in others(desk.engine).items()
    ]
    header = ["list", "ms p50", "ms p95", "clock p50", "indexes"]
    return f"### Other lists\n\n{table(header, rows)}"


async def _counted(desk: Desk, times: int) -> str:
    rows = [
        [told, *(await desk.cost(asked, max(3, times // 5))).cells()]
        for told, asked in statistics(desk.engine, UNTIL).items()
    ]
    return f"### Statistics\n\n{table(['statistic', 'ms p50', 'ms p95', 'clock p50'], rows)}"


@asynccontextmanager
async def _desk(directory: Path) -> AsyncIterator[Desk]:
    async with EmbeddedPostgres(directory) as url:
        engine = Engine(dsn_of(url), pool_size=1)
        async with engine.begin() as transaction:
            row = await transaction.row(Prepared("SELECT pg_backend_pid() AS pid", (), {}))
        assert row
        yield Desk(engine, row["pid"])
        await engine.dispose()


@contextmanager
def _overheard() -> Iterator[list[tuple[str, list[Any]]]]:
    heard: list[tuple[str, list[Any]]] = []
    rows = Transaction.rows

    async def listening(self: Transaction, statement: Any, **given: Any) -> Any:
        prepared = statement if isinstance(statement, Prepared) else prepare(statement)
        heard.append((prepared.sql, prepared.arguments(given)))
        return await rows(self, prepared, **given)

    Transaction.rows = listening  # type: ignore[method-assign]
    try:
        yield heard
    finally:
        Transaction.rows = rows  # type: ignore[method-assign]


async def _explained(transaction: Transaction, sql: str, arguments: list[Any]) -> str:
    if sql.lstrip().startswith("EXPLAIN"):
        return ""
    names = tuple(str(place) for place in range(len(arguments)))
    given = Prepared(
        f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {sql}",
        names,
        dict(zip(names, arguments, strict=True)),
    )
    return "\n".join(row["QUERY PLAN"] for row in await transaction.rows(given))


def _used(plans: Sequence[str]) -> str:
    """The indexes that were walked, and any table that was read whole."""
    words = [
        (line.split("Seq Scan on ")[1].split()[0] + " WHOLE")
        if "Seq Scan on " in line
        else line.split(" using " if " using " in line else " on ")[1].split()[0]
        for plan in plans
        for line in plan.splitlines()
        if ("Index" in line and " Scan" in line and ("using" in line or "Bitmap Index" in line))
        or "Seq Scan on " in line
    ]
    shown = (word.replace("ix_", "").replace("violations_", "v.", 1) for word in words)
    return ", ".join(dict.fromkeys(shown))


def _late(spent: Sequence[float]) -> float:
    return quantiles(spent, n=20, method="inclusive")[-1] if len(spent) > 1 else spent[0]


async def before_and_after(count: int, repeats: int) -> None:
    """Violations recorded per second with the indexes of before, and with those of lists."""
    with TemporaryDirectory(prefix="desk-") as home:
        async with EmbeddedPostgres(Path(home) / "pg") as url:
            engines = [await _migrated(url, name) for name in ("0011", "head")]
            rates = [
                [
                    await recording.written(
                        [recording.recorder(each, most=MOST, optimistic=True)], count
                    )
                    for each in engines
                ]
                for _ in range(repeats + 1)
            ][1:]
            for engine in engines:
                await engine.dispose()
    ratio = median(after / before for before, after in rates)
    print(f"with the indexes of lists: {ratio:.2f} × the violations per second of before")
    record("desk-recording", ratio=ratio, rates=rates)


async def _migrated(url: str, revision: str) -> Engine:
    connection = await asyncpg.connect(dsn_of(url))
    await connection.execute(f"CREATE DATABASE at_{revision}")
    await connection.close()
    engine = Engine(dsn_of(url).replace("/moderator?", f"/at_{revision}?"))
    await migrating.upgrade(engine, revision)
    return engine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "ask", "record"))
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--count", type=int, default=5_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="into docs/desk-performance.md")
    given = parser.parse_args()
    if given.what == "make":
        asyncio.run(make(given.directory, given.count))
    elif given.what == "ask":
        asyncio.run(ask(given.directory, times=given.times, write=given.write))
    else:
        asyncio.run(before_and_after(2000, 5))


if __name__ == "__main__":
    main()
