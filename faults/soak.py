"""A steady rate for a while, with what happens hourly squeezed into minutes; what grows is shown.

`python -m faults.soak [--minutes M] [--rate R] [--write]`: every minute the rules are changed and
loaded again, the tokens expire, and PostgreSQL is stopped and started, one after the other.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from faults.checking import Verdict, check
from faults.plot import Panel, svg
from faults.postgres import running
from faults.report import DOCUMENT, provenance, replace
from faults.service import Service
from faults.stage import Stage, staged
from faults.traffic import Said

_EVERY: Final = 5.0  # seconds between two looks
_VIOLATIONS: Final = 0.01
_MEGABYTE: Final = 1024 * 1024
_PEOPLE: Final = 600  # so many that WeCom's limits hold nothing back
_AWAY: Final = 3.0  # seconds without PostgreSQL


@dataclass(frozen=True, slots=True)
class Look:
    """The service at one moment: seconds, MB, handles, and ms of the answers since the last."""

    at: float
    resident: float
    handles: int
    median: float
    slowest: float


@dataclass
class Soak:
    """What was seen; `events` are the seconds at which something was done to the parts."""

    looks: list[Look] = field(default_factory=list)
    events: list[float] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict(()))

    @property
    def slope(self) -> float:
        """MB an hour of resident memory, over the second half: the first fills caches."""
        late = self.looks[len(self.looks) // 2 :]
        return 3600 * _slope([look.at for look in late], [look.resident for look in late])

    def told(self) -> str:
        """One paragraph of figures."""
        first, last = self.looks[len(self.looks) // 2], self.looks[-1]
        medians = [look.median for look in self.looks]
        return (
            f"{last.at / 60:.0f} minutes, {len(self.events)} events; resident memory "
            f"{first.resident:.0f} → {last.resident:.0f} MB in the second half "
            f"({self.slope:+.0f} MB an hour), handles {first.handles} → {last.handles}, "
            f"median answer {min(medians):.1f} to {max(medians):.1f} ms, "
            f"slowest {max(look.slowest for look in self.looks):.0f} ms; "
            f"{', '.join(f'{many} {what}' for what, many in self.verdict.counts.items())}; "
            + ("every invariant holds" if self.verdict.holds else f"{self.verdict.faults[:5]}")
        )

    def drawn(self) -> str:
        """The curves as SVG."""
        looks = self.looks
        return svg(
            [look.at for look in looks],
            (
                Panel("resident memory, MB", (("", [look.resident for look in looks]),)),
                Panel("file handles", (("", [float(look.handles) for look in looks]),)),
                Panel("answers, median ms", (("", [look.median for look in looks]),)),
                Panel("answers, slowest ms", (("", [look.slowest for look in looks]),)),
            ),
            self.events,
        )


async def soak(stage: Stage, *, minutes: float, rate: float) -> Soak:
    """Play it on a stage; the checker has the last word."""
    stage.settings["rules"] = stage.settings["rules"] | {"watch": True}
    service = await stage.serve()
    seen, began = Soak(), time.monotonic()
    hurting = asyncio.create_task(_hurt(stage, seen, began))
    while time.monotonic() - began < minutes * 60:
        fresh = stage.traffic.messages(round(rate * _EVERY), violations=_VIOLATIONS)
        await stage.traffic.send(service.url, fresh, rate=rate)
        seen.looks.append(_look(service, fresh, time.monotonic() - began))
    hurting.cancel()
    (ended,) = await asyncio.gather(hurting, return_exceptions=True)
    await stage.traffic.again(service.url)
    await stage.settled(within=300)
    verdict = check(await stage.evidence())
    early = () if isinstance(ended, asyncio.CancelledError) else (f"events ended early: {ended!r}",)
    seen.verdict = Verdict((*early, *verdict.faults), verdict.counts)
    return seen


async def _hurt(stage: Stage, seen: Soak, began: float) -> None:
    while True:
        for event in (_new_rules, _forgotten_tokens, _restart):
            await asyncio.sleep(20)
            seen.events.append(time.monotonic() - began)
            # Whoever stops the soak waits until PostgreSQL is back.
            await asyncio.shield(asyncio.create_task(event(stage)))


async def _new_rules(stage: Stage) -> None:
    pack = Path(stage.settings["rules"]["directory"]) / "gambling.yaml"
    text = await asyncio.to_thread(pack.read_text, "utf-8")
    await asyncio.to_thread(pack.write_text, f"{text}\n# {time.time()}\n", "utf-8")


async def _forgotten_tokens(stage: Stage) -> None:
    stage.stand_in.tokens.expire_all()


async def _restart(stage: Stage) -> None:
    await stage.postgres.stop()
    await asyncio.sleep(_AWAY)
    await stage.postgres.start()


def _look(service: Service, fresh: Sequence[Said], at: float) -> Look:
    process = psutil.Process(service.pid)
    seconds = sorted(second for said in fresh for second in said.seconds)
    return Look(
        at=at,
        resident=process.memory_info().rss / _MEGABYTE,
        handles=process.num_fds(),
        median=seconds[len(seconds) // 2] * 1000,
        slowest=seconds[-1] * 1000,
    )


def _slope(times: Sequence[float], values: Sequence[float]) -> float:
    """Least squares."""
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    above = sum((at - middle) * (value - mean) for at, value in zip(times, values, strict=True))
    return above / (sum((at - middle) ** 2 for at in times) or 1.0)


async def play(minutes: float, rate: float) -> Soak:
    """On a PostgreSQL of its own."""
    async with running() as postgres, staged(postgres, seed=1, people=_PEOPLE) as stage:
        return await soak(stage, minutes=minutes, rate=rate)


def main() -> None:
    """Exit status 1 where an invariant does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    options = parser.parse_args()
    seen = asyncio.run(play(options.minutes, options.rate))
    told = f"{provenance()}; {options.rate:g} messages a second, 1 % violations. {seen.told()}."
    sys.stdout.write(f"{told}\n")
    if options.write:
        (DOCUMENT.parent / "soak.svg").write_text(seen.drawn(), "utf-8")
        replace("soak", told)
    sys.exit(not seen.verdict.holds)


if __name__ == "__main__":
    main()
