"""Plays the scenarios, one after the other, and says of each what was asked and what was reached.

`python -m faults.suite [NAME …] [--kills N] [--seed N] [--write]`
"""

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from faults import database, deliveries, killing, upgrading, wecom
from faults.checking import Verdict, check
from faults.database import Skipped
from faults.postgres import Postgres, running
from faults.report import write
from faults.stage import NotSettled, Stage, staged

Play = Callable[[Stage, int], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Result:
    """One scenario: what it did, and what held; None where it was skipped."""

    name: str
    asked: str
    did: str
    verdict: Verdict | None
    seconds: float

    @property
    def passed(self) -> bool:
        return self.verdict is None or self.verdict.holds


SCENARIOS: Final[dict[str, Play]] = {
    "killed at random": killing.at_random,
    "killed at every await": killing.at_every_await,
    "killed around the spool": killing.around_the_spool,
    "postgres stopped": database.stopped,
    "postgres stopped, spool full": database.spool_full,
    "postgres stopped, spool's disk full": database.spool_disk_full,
    "postgres killed": database.killed,
    "postgres slow": database.slow,
    "postgres out of reach for one machine": database.cut_off,
    "postgres behind a pooler": database.pooled,
    "postgres out of connections": database.out_of_connections,
    "postgres read-only": database.read_only,
    "postgres disk full": database.disk_full,
    "wecom slow": wecom.slow,
    "wecom resetting": wecom.resetting,
    "wecom mute": wecom.mute,
    "wecom garbage": wecom.garbage,
    "wecom refusing": wecom.refusing,
    "wecom forgetful": wecom.forgetful,
    "clock jumps": deliveries.clock_jumps,
    "delivered again": deliveries.repeated,
    "side by side": deliveries.side_by_side,
    "upgrade": upgrading.declared,
    "upgrade from the version before": upgrading.version_before,
}


async def play(postgres: Postgres, name: str, *, kills: int, seed: int) -> Result:
    """Play one scenario and check what is left of it."""
    scenario, began = SCENARIOS[name], time.monotonic()
    asked = (scenario.__doc__ or "").strip()
    try:
        async with staged(postgres, seed=seed) as stage:
            did = await scenario(stage, kills)
            verdict = await _verdict(stage)
            if not verdict.holds:
                _show_output(stage)
    except Skipped as skipped:
        did, verdict = f"SKIPPED: {skipped}", None
    except Exception as error:  # noqa: BLE001 - the others are played all the same
        traceback.print_exc()
        did, verdict = "broke off", Verdict((f"{type(error).__name__}: {error}",))
    return Result(name, asked, did, verdict, time.monotonic() - began)


async def _verdict(stage: Stage) -> Verdict:
    try:
        await stage.settled()
    except NotSettled as late:
        stage.complaints.append(str(late))
    found = check(await stage.evidence())
    return Verdict((*stage.complaints, *found.faults), found.counts)


async def play_all(
    names: Sequence[str], *, kills: int, seed: int, keep: Callable[[Result], object]
) -> bool:
    """Play them on one PostgreSQL, print and `keep` each as it ends; whether all held."""
    passed = True
    async with running() as postgres:
        for name in names:
            result = await play(postgres, name, kills=kills, seed=seed)
            _say(result)
            keep(result)
            passed &= result.passed
    return passed


def _say(result: Result) -> None:
    told = "skipped" if result.verdict is None else "holds" if result.passed else "BROKEN"
    lines = [f"{told:8} {result.name} ({result.seconds:.0f} s): {result.did}"]
    if result.verdict:
        lines.append("         " + ", ".join(f"{v} {k}" for k, v in result.verdict.counts.items()))
        lines += [f"         ! {fault}" for fault in result.verdict.faults[:20]]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _show_output(stage: Stage) -> None:
    for number, service in enumerate(stage.services):
        sys.stderr.write(f"--- service {number} ---\n{''.join(service.output)}\n")


def main() -> None:
    """Exit status 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="; ".join(SCENARIOS))
    parser.add_argument("--kills", type=int, default=5, help="kills at random moments")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    options = parser.parse_args()
    # What was started ends with us, also where a time limit ends us.
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    unknown = set(options.names) - set(SCENARIOS)
    if unknown:
        parser.error(f"no scenario is called {', '.join(sorted(unknown))}")
    logging.getLogger("uvicorn").disabled = True  # the stand-in tells of every caller that dies
    logging.getLogger("uvicorn.error").disabled = True
    sys.stdout.write(f"seed {options.seed}\n")
    names = options.names or list(SCENARIOS)

    def keep(result: Result) -> None:
        if options.write:
            write(result, names=SCENARIOS, seed=options.seed)

    playing = play_all(names, kills=options.kills, seed=options.seed, keep=keep)
    sys.exit(not asyncio.run(playing))


if __name__ == "__main__":
    main()
