"""The callback path against the cheapest route that FastAPI can have, over real TCP.

`python benchmarks/callbacks.py [--messages N] [--repeats N] [--write]`: the real `moderator serve`
with a generated lexicon beside the shipped rules, real encryption, violations committed to
PostgreSQL before the answer; and, in the same uvicorn configuration, a FastAPI route that reads the
body and answers nothing.  Both run all the time and are asked in turns, so that whatever else the
machine does touches both; ratios are of the same turn, and the median of the turns is shown.
"""

import argparse
import asyncio
import gc
import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from callback_client import Run, send_all
from callback_profile import profile
from callback_servers import (
    BANNED,
    EMPTY,
    SERVE,
    Server,
    environment_of,
    requests_of,
    rules_with,
    running,
)
from matching_texts import clean_texts, generated_words
from moderator.cli.caching import user_cache
from moderator.intake.callback import MOST_AT_ONCE
from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.world import World
from moderator.rulebook.loader import load_rulebook
from performance import show
from recording import storm
from report import provenance, record, table

WORDS = 60_000
CONNECTIONS = 64
FLOOD = 3 * MOST_AT_ONCE  # connections at once


@dataclass(slots=True)
class Turns:
    """What came of one kind of traffic, turn by turn, and of the empty route in the same turns."""

    name: str
    runs: list[Run] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # seconds of the server per request
    empty: list[tuple[Run, float]] = field(default_factory=list)

    def row(self) -> list[object]:
        """For the table; how much cheaper and faster the empty route was in the same turn."""
        speed = median(
            run.per_second / empty.per_second
            for run, (empty, _) in zip(self.runs, self.empty, strict=True)
        )
        cost = median(cpu / self.cpu[n] for n, (_, cpu) in enumerate(self.empty))
        best = max(self.runs, key=lambda run: run.per_second)
        record("callbacks", name=self.name, per_second=best.per_second, share=speed, cpu=cost)
        return [
            self.name,
            best.per_second,
            f"{speed:.2f}",
            median(self.cpu) * 1e6,
            f"{cost:.2f}",
            f"{best.percentile(0.5):.1f}",
            f"{best.percentile(0.99):.1f}",
            statuses(self.runs),
        ]


HEADER = (
    *("", "per second, best", "of the empty route", "µs of the server each"),
    *("empty route's of it", "p50 ms", "p99 ms", "answers"),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """The servers to compare and what is sent to them."""

    world: World
    texts: Sequence[str]
    count: int
    repeats: int

    async def ask(self, server: Server, violations: float, **how: Any) -> tuple[Run, float]:
        """One run with messages of its own, and the server's seconds per request."""
        share = 0.1 if violations == 1.0 else 1.0
        count = how.pop("count", int(self.count * share))
        requests = requests_of(self.world, self.texts, count=count, violations=violations)
        before = server.cpu()
        run = await send_all("127.0.0.1", server.port, requests, **how)
        return run, (server.cpu() - before) / len(requests)

    async def in_turns(self, empty: Server, ours: Server, shares: Sequence[float]) -> list[Turns]:
        every = [Turns(f"moderator, {share:.0%} violations") for share in shares]
        await self.ask(ours, 0.01, connections=CONNECTIONS)  # connections, caches, statements
        for _ in range(self.repeats):
            for turns, share in zip(every, shares, strict=True):
                turns.empty.append(await self.ask(empty, share, connections=CONNECTIONS))
                run, cpu = await self.ask(ours, share, connections=CONNECTIONS)
                turns.runs.append(run)
                turns.cpu.append(cpu)
        return every

    async def at_half(self, ours: Server, most: float) -> list[Run]:
        runs = []
        for _ in range(self.repeats):
            count = int(most)  # two seconds
            run, _ = await self.ask(ours, 0.01, connections=256, rate=most / 2, count=count)
            runs.append(run)
        return runs

    async def flooded(self, ours: Server) -> list[list[object]]:
        """Far more at once than it accepts, violations all of them; then the usual again."""
        before = ours.memory()
        flood, _ = await self.ask(ours, 1.0, connections=FLOOD, count=2 * FLOOD)
        grown = (ours.memory() - before) / 1024 / 1024
        after, _ = await self.ask(ours, 0.01, connections=CONNECTIONS)
        return [
            [f"{FLOOD} connections, all violations", *_told(flood), f"{grown:+.0f} MB"],
            [f"then {CONNECTIONS} connections, 1 %", *_told(after), ""],
        ]

    async def shared(self, one: Server, two: Server) -> list[object]:
        """How much faster two processes are than one, in turns."""
        pairs = []
        for _ in range(self.repeats):
            single, _ = await self.ask(one, 0.01, connections=CONNECTIONS)
            double, _ = await self.ask(two, 0.01, connections=CONNECTIONS)
            pairs.append((single.per_second, double.per_second))
        ratio = median(double / single for single, double in pairs)
        return [max(one for one, _ in pairs), max(two for _, two in pairs), f"{ratio:.2f}"]


def statuses(runs: Sequence[Run]) -> str:
    total = sum((run.statuses for run in runs[1:]), runs[0].statuses)
    return " ".join(f"{status}: {number}" for status, number in sorted(total.items()))


def _told(run: Run) -> list[object]:
    return [run.per_second, f"{run.percentile(0.99):.0f}", statuses([run])]


async def measure(count: int, repeats: int) -> str:
    corpus, texts = clean_texts()
    world = invent_world()
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moderator-")))
        home.chmod(0o755)  # noqa: ASYNC240 - before anything is measured
        url = await stack.enter_async_context(EmbeddedPostgres(home / "pg"))
        engine = Engine(dsn_of(url))
        await migrating.upgrade(engine)
        rules = rules_with(generated_words(WORDS, texts), home)
        os.environ["XDG_CACHE_HOME"] = str(home / "cache")  # built once for all of them
        book = load_rulebook(rules, cache=user_cache())
        texts = [text for text in texts if not book.screen.screen(text)]
        gc.freeze()  # the client's pauses are nobody's latency
        bench = Bench(world, texts, count, repeats)
        environment = environment_of(_settings(world, url, home, rules))
        empty = await stack.enter_async_context(running(EMPTY, environment_of({})))
        ours = await stack.enter_async_context(running(SERVE, environment))
        turns = await bench.in_turns(empty, ours, (0.0, 0.01, 1.0))
        half = await bench.at_half(ours, median(run.per_second for run in turns[1].runs))
        flood = await bench.flooded(ours)
        several = running((*SERVE, "--processes", "2"), environment)
        two = await stack.enter_async_context(several)
        await bench.ask(two, 0.01, connections=CONNECTIONS)  # until both are there
        shared = await bench.shared(ours, two)
        stormed = await storm(engine, count // 10, repeats)
        await engine.dispose()
        # A loop of its own.
        profiled = await asyncio.to_thread(profile, book, texts, BANNED, dsn_of(url))
    where = f"{provenance()}; {corpus}, {WORDS:,} generated words, {count:,} messages a turn"
    return "\n\n".join(
        [
            f"{where}, {repeats} turns.",
            "### Callbacks against an empty route",
            table(HEADER, [one.row() for one in turns]),
            "### At half of the maximum, 1 % violations",
            table(
                ["turn", "per second", "p50 ms", "p99 ms", "answers"],
                [
                    [n, run.per_second, *_percentiles(run), statuses([run])]
                    for n, run in enumerate(half, 1)
                ],
            ),
            "### A storm: all violations, in the ledger alone",
            stormed,
            "### Beyond capacity",
            table(["", "answers per second", "p99 ms", "answers", "memory"], flood),
            "### Two processes",
            table(["one, per second", "two, per second", "ratio"], [shared]),
            "### Where the time goes",
            profiled,
        ]
    )


def _percentiles(run: Run) -> list[object]:
    return [f"{run.percentile(0.5):.1f}", f"{run.percentile(0.99):.1f}"]


def _settings(world: World, url: str, home: Path, rules: Path) -> dict[str, Any]:
    return settings_of(world, api_url="http://127.0.0.1:1", database_url=url) | {
        "server": {"port": 0},
        "log": {"clean_messages": False},
        "enforcement": {"enabled": False},
        "rules": {"directory": str(rules), "watch": False},
        "spool": {"directory": str(home / "spool")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    show(asyncio.run(measure(options.messages, options.repeats)), write=options.write)


if __name__ == "__main__":
    main()
