"""`python -m fuzz [--cases N] [--only NAME ...] [--seconds S] [--seed S]`: all targets.

The seeds come first (`--cases 0`: nothing else).  Nine cases of ten are mutations of them, the
tenth is Hypothesis's; both follow from `--seed`.  An input that breaks a rule is kept as a seed,
printed, and ends its target; the exit status is then 1, as it is where the time was not enough for
all cases.  One that ends the process is a seed of the next run.
"""

import argparse
import faulthandler
import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fuzz import callbacks, files, properties, service, texts
from fuzz.mutating import Mutator
from fuzz.target import SEEDS, Target

_UNDER_WAY = Path("build/fuzz-under-way")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one target: cases, seconds, and the rule that was broken, if any."""

    cases: int
    seconds: float
    finding: str = ""


def fuzz(target: Target, cases: int, seconds: float, seed: int) -> Outcome:
    """Try all seeds and then `cases` inputs in all, or as many as fit into `seconds`."""
    target.prepare()
    began = time.perf_counter()
    mutations = _mutate(target, cases - cases // 10, began + seconds * 0.9, seed)
    shared = min(cases // 10, mutations.cases // 9)
    if mutations.finding or not shared or time.perf_counter() - began > seconds:
        return mutations
    try:
        examined = properties.examine(target, shared, seed)
    except Exception:  # noqa: BLE001 - whatever it is, it is the finding
        return Outcome(mutations.cases, time.perf_counter() - began, traceback.format_exc())
    return Outcome(mutations.cases + examined, time.perf_counter() - began)


def _mutate(target: Target, cases: int, until: float, seed: int) -> Outcome:
    began = time.perf_counter()
    tried = 0
    with _outlived(target) as check:
        seeds = target.seeds
        chance = random.Random(seed)
        mutator = Mutator(seeds, target.tokens, longest=target.longest, chance=chance)
        for tried in range(1, max(cases, len(seeds)) + 1):
            data = seeds[tried - 1] if tried <= len(seeds) else mutator.draw()
            try:
                check(data)
            except Exception:  # noqa: BLE001 - whatever it is, it is the finding
                told = f"{_keep(target, data)}\n{traceback.format_exc()}"
                return Outcome(tried, time.perf_counter() - began, told)
            if time.perf_counter() > until:
                break
    return Outcome(tried, time.perf_counter() - began)


@contextmanager
def _outlived(target: Target) -> Iterator[Callable[[bytes], None]]:
    """The target's check; what it is given lies in a file meanwhile, in case the process ends."""
    path = _UNDER_WAY / target.name
    if path.exists():
        _keep(target, path.read_bytes())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb", buffering=0) as file:

        def check(data: bytes) -> None:
            file.seek(0)
            file.truncate()
            file.write(data)
            target.check(data)

        try:
            yield check
        finally:
            path.unlink()


def _keep(target: Target, data: bytes) -> str:
    path = SEEDS / target.name / f"found-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return str(path.relative_to(SEEDS.parent.parent))


def run(targets: Sequence[Target], cases: int, seconds: float, seed: int) -> bool:
    """Fuzz all of them, each with its share; whether every rule held for every case."""
    until, left, total = time.perf_counter() + seconds, cases, 0
    sound = True
    for at, target in enumerate(targets):
        shares = sum(one.share for one in targets[at:])
        part = -(-left * target.share // shares)
        left -= part
        outcome = fuzz(target, part, until - time.perf_counter(), seed)
        total += outcome.cases
        sound &= not outcome.finding
        _show(target, outcome)
    print(f"{'all':10} {total:9,} cases")
    return sound and total >= cases


def _show(target: Target, outcome: Outcome) -> None:
    speed = outcome.cases / max(outcome.seconds, 1e-9)
    verdict = "BROKEN" if outcome.finding else "ok"
    print(f"{target.name:10} {outcome.cases:9,} cases {speed:9,.0f}/s  {verdict}", flush=True)
    if outcome.finding:
        print(outcome.finding, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="for all targets")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faulthandler.enable()
    with service.Rig() as rig:
        everything = [
            *callbacks.targets(),
            *texts.targets(),
            *files.targets(),
            *service.targets(rig),
        ]
        chosen = [one for one in everything if not options.only or one.name in options.only]
        sys.exit(not run(chosen, options.cases, options.seconds, options.seed))


if __name__ == "__main__":
    main()
