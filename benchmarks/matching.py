"""The matcher's benchmark: `python benchmarks/matching.py [--quick] [--growth] [--write]`.

Everything is measured in one run on one core, in processor time, interleaved with bare scans of the
same words over the same raw texts; of several passes the fastest counts.  Prints tables, appends to
build/bench.jsonl, and with `--write` keeps the tables in docs/matching-speed.md.
"""

import argparse
import gc
import pickle
import resource
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import ahocorasick
import daachorse

from matching_crowds import crowds, dearest, of_the_dearest
from matching_texts import (
    adversarial,
    attacks,
    clean_texts,
    generated_words,
    rule_of,
    shipped_rules,
    with_hits,
)
from moderator.matching.decoding import DEEPEST, RUNS_AT_MOST
from moderator.matching.glancing import COMPILED
from moderator.matching.screening import Screen
from moderator.matching.stretches import WHOLE
from moderator.matching.tally import (
    AS_WRITTEN,
    CHARACTERS_PER_FIND,
    CHARACTERS_PER_RULE,
    ENOUGH_RULES,
    HITS_PER_RULE,
    IN_ALL,
    IN_DISGUISE,
)
from moderator.matching.windows import (
    ASSURED,
    CHARACTERS_PER_PLACE_IN_LONG,
    FINDS_AT_MOST,
    PLACES,
    PLACES_IN_LONG,
)
from report import provenance, record, table

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "matching-speed.md"
PAGE = """\
# How fast the matcher is

Written by `python benchmarks/matching.py --growth --write` (`make bench` prints it
without the million):
{provenance}.  {words:,} words, {generated:,} of them generated, with every shipped rule; {source},
{characters:.0f} characters each.  Processor time of one core; what counts are the ratios, because
every column of a line was measured in the same minutes.  {native}

## Messages

`×` is the time of the whole `screen()` in bare `daachorse` scans of the same words over the raw
text, `faster` in how many of them it fits into a bare `pyahocorasick` scan.

{messages}

## Asked and reached

{verdicts}

## What clean messages are looked at for

The native first look ends {ended:.1f} % of the clean messages.  Of 10,000, so many are looked at
more closely, because of:

{reasons}

## Hostile texts

The slowest of {hostile} texts that are made to be expensive: by somebody who has read the rules, or
who has measured which of their examples and words, plain and in disguise, cost most.

{worst}

What bounds them, for one text of any content:

- Words are looked for as they are written in the whole text; in disguise in texts of up to
  {whole:,} characters, and of longer ones near both ends (the explanation tells what was left out).
- Of the words that are found, {as_written} as they are written and {in_disguise} in each way to
  disguise them are judged, {in_all} together (in longer texts one more in each way and two together
  for each {per_find} characters), a few in each way in any case.  Where words of {enough_rules}
  rules count (one more for each {per_rule} characters), no more is looked for in disguise.  A rule
  tells its first {hits} hits.
- Expressions are tried at {places:,} places ({places_in_long:,} and one for each {per_place}
  characters in longer texts, where no expression has more than a share of them, and each has
  {assured} in any case), and only where what stands around a keyword has what they need.  Of one
  expression {finds} finds are told.
- {runs} encoded runs are read, {depth} encodings deep.

What reaches a bound is in the explanation; ordinary texts stay far below.  Limits count places and
finds, not time: the same text always has the same hits.

## Growth

Generated words only.

{growth}
"""
GENERATED = 60_000
MOST_PER_BARE_SCAN, LEAST_FASTER_THAN_PYAHOCORASICK = 2.5, 6.0
LIMITS = {4_000: 5.0, 64_000: 50.0}  # characters: milliseconds
MOST_GROWTH, MOST_LOADING = 6.0, 1.0  # times, seconds
SIZES = (1_000, 60_000, 1_000_000)
SHOWN = 12
Scan = Callable[[str], Any]
Row = Sequence[object]
Verdict = tuple[str, float, float, bool]  # what, asked, reached, whether it is enough


def bare_daachorse(words: Sequence[str]) -> Scan:
    scan: Scan = daachorse.CharwiseDoubleArrayAhoCorasick(list(words)).find_overlapping
    return scan


def bare_pyahocorasick(words: Sequence[str]) -> Scan:
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def microseconds(scan: Scan, texts: Sequence[str]) -> float:
    started = process_time()
    for text in texts:
        scan(text)
    return (process_time() - started) / len(texts) * 1e6


def interleaved(scans: Mapping[str, Scan], texts: Sequence[str], passes: int) -> dict[str, float]:
    """The least time of each scan per text, in µs; one after the other in every pass."""
    taken: dict[str, float] = {}
    for _ in range(passes):
        for name, scan in scans.items():
            taken[name] = min(taken.get(name, float("inf")), microseconds(scan, texts))
    return taken


def seconds_of(work: Callable[[], Any]) -> tuple[Any, float]:
    started = process_time()
    made = work()
    return made, process_time() - started


def megabytes() -> float:
    """What the process holds now."""
    resident = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(resident) * resource.getpagesize() / 1e6


class Speed:
    """The whole matcher over ordinary texts, clean and with hits."""

    def __init__(self, texts: Sequence[str], passes: int) -> None:
        rules = [rule_of(generated_words(GENERATED, texts)), *shipped_rules()]
        self.words = sorted({word.text for rule in rules for word in rule.words})
        self._passes = passes
        before = megabytes()
        self.screen, self.building = seconds_of(lambda: Screen(rules))
        self.memory = megabytes() - before
        packed = pickle.dumps(self.screen, protocol=5)
        self.packed, self.loading = len(packed) / 1e6, _loading(packed)
        self.clean = [text for text in texts if not self.screen.screen(text)]

    def measured(self) -> dict[str, dict[str, float]]:
        scans = {
            "daachorse": bare_daachorse(self.words),
            "pyahocorasick": bare_pyahocorasick(self.words),
            "screen": self.screen.screen,
        }
        texts = {"clean": self.clean, "5 % hits": with_hits(self.clean, self.words, 0.05)}
        texts["all hits"] = with_hits(self.clean, self.words, 1.0)
        return {name: interleaved(scans, some, self._passes) for name, some in texts.items()}

    def reasons(self) -> Counter[str]:
        """Why clean texts are looked at more closely."""
        if not COMPILED:
            return Counter()
        from moderator.matching.glance import Reason  # noqa: PLC0415 - where it is compiled

        looked = self.screen._glance  # noqa: SLF001 - what it answers is nobody else's business
        return Counter(Reason(looked.calls(text)).name for text in self.clean if looked)


def _loading(packed: bytes) -> float:
    gc.disable()  # as the cache does
    try:
        return min(seconds_of(lambda: pickle.loads(packed))[1] for _ in range(3))
    finally:
        gc.enable()


def message_rows(measured: Mapping[str, Mapping[str, float]]) -> Iterator[Row]:
    for name, taken in measured.items():
        screened = taken["screen"]
        record(f"matching: {name}", **{f"{scan}_us": time for scan, time in taken.items()})
        yield (
            name,
            f"{taken['daachorse']:.2f}",
            f"{taken['pyahocorasick']:.2f}",
            f"{screened:.2f}",
            f"{screened / taken['daachorse']:.2f}",
            f"{taken['pyahocorasick'] / screened:.1f}",
            int(1e6 / screened),
        )


def hostile(texts: Sequence[str]) -> list[tuple[float, int, str]]:
    """Milliseconds, size and name of each text, the one nearest to its limit first."""
    words = [*generated_words(2000, texts), "六合彩", "赌博", "fuck", "shit"]
    rules = [rule for rule in shipped_rules() if rule.enabled]
    screen = Screen([rule_of(words), *rules])
    dear = dearest(rules, lambda text: microseconds(screen.screen, [text]))
    found = [
        (min(microseconds(screen.screen, [text]) for _ in range(3)) / 1000, size, name)
        for size in LIMITS
        for name, text in (
            adversarial("六合彩", size)
            | attacks(rules, size)
            | crowds(rules, size)
            | dict(of_the_dearest(dear, size))
        ).items()
    ]
    for milliseconds, size, name in found:
        record(f"matching: {size}: {name}", milliseconds=milliseconds)
    return sorted(found, key=lambda one: -one[0] / LIMITS[one[1]])


def growth(texts: Sequence[str], sizes: Sequence[int], passes: int) -> Iterator[dict[str, float]]:
    for size in sizes:
        words = generated_words(size, texts)
        screen, building = seconds_of(partial(Screen, [rule_of(words)]))
        memory = megabytes()
        clean = [text for text in texts[:3000] if not screen.screen(text)]
        scans = {"daachorse": bare_daachorse(words), "screen": screen.screen}
        found = interleaved(scans, clean, passes) | {"size": size, "building": building}
        record("matching: growth", memory_mb=memory, **found)
        yield found | {"memory": memory}


def growth_rows(steps: Sequence[Mapping[str, float]]) -> Iterator[Row]:
    for step in steps:
        yield (
            f"{step['size']:,.0f}",
            f"{step['daachorse']:.2f}",
            f"{step['screen']:.2f}",
            f"{step['screen'] / steps[0]['screen']:.2f}",
            f"{step['building']:.1f}",
            int(step["memory"]),
        )


def verdicts(
    speed: Speed,
    clean: Mapping[str, float],
    worst: Sequence[tuple[float, int, str]],
    steps: Sequence[Mapping[str, float]],
) -> Iterator[Verdict]:
    ratio, faster = (
        clean["screen"] / clean["daachorse"],
        clean["pyahocorasick"] / clean["screen"],
    )
    yield "clean messages: × a bare daachorse scan", 2.5, ratio, ratio <= MOST_PER_BARE_SCAN
    least = LEAST_FASTER_THAN_PYAHOCORASICK
    yield "clean messages: faster than bare pyahocorasick", least, faster, faster >= least
    for size, limit in LIMITS.items():
        slowest = max(milliseconds for milliseconds, of, _ in worst if of == size)
        yield f"slowest text of {size:,} characters, ms", limit, slowest, slowest <= limit
    grown = steps[-1]["screen"] / steps[0]["screen"]
    sizes = f"{steps[0]['size']:,.0f} → {steps[-1]['size']:,.0f} words"
    yield f"{sizes}: × the time", MOST_GROWTH, grown, grown <= MOST_GROWTH
    loading = speed.loading
    yield "loading a built book, seconds", MOST_LOADING, loading, loading < MOST_LOADING


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer passes")
    parser.add_argument("--growth", action="store_true", help="up to a million words")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    options = parser.parse_args()
    source, texts = clean_texts()
    page = report(source, texts, 3 if options.quick else 9, SIZES if options.growth else SIZES[:2])
    print(page)
    if options.write:
        DOCUMENT.write_text(page, encoding="utf-8")


def report(source: str, texts: Sequence[str], passes: int, sizes: Sequence[int]) -> str:
    speed = Speed(texts, passes)
    measured = speed.measured()
    worst = hostile(texts)
    steps = list(growth(texts, sizes, passes))
    reached = list(verdicts(speed, measured["clean"], worst, steps))
    for name, asked, value, enough in reached:
        record(f"matching: {name}", asked=asked, reached=value, enough=enough)
    reasons, clean = speed.reasons(), len(speed.clean)
    called = (
        (name, 1e4 * count / clean) for name, count in reasons.most_common() if name != "NONE"
    )
    return PAGE.format(
        provenance=provenance(),
        words=len(speed.words),
        generated=GENERATED,
        source=source,
        characters=statistics.mean(map(len, texts)),
        native="" if COMPILED else "The native first look is not compiled here.",
        messages=table(
            ("texts", "daachorse µs", "pyahocorasick µs", "screen µs", "×", "faster", "a second"),
            list(message_rows(measured)),
        ),
        verdicts=table(
            ("", "asked", "reached", ""),
            [
                (name, asked, f"{value:.2f}", "yes" if ok else "no")
                for name, asked, value, ok in reached
            ],
        )
        + f"\n\nBuilding the book takes {speed.building:.1f} s and {speed.memory:.0f} MB; "
        f"on disk it has {speed.packed:.0f} MB.",
        ended=100 * reasons["NONE"] / clean,
        reasons=table(("reason", "of 10,000"), [*called] or [("", "")]),
        hostile=len(worst),
        whole=WHOLE,
        as_written=AS_WRITTEN,
        in_disguise=IN_DISGUISE,
        in_all=IN_ALL,
        per_find=CHARACTERS_PER_FIND,
        enough_rules=ENOUGH_RULES,
        per_rule=f"{CHARACTERS_PER_RULE:,}",
        hits=HITS_PER_RULE,
        places=PLACES,
        places_in_long=PLACES_IN_LONG,
        per_place=CHARACTERS_PER_PLACE_IN_LONG,
        assured=ASSURED,
        finds=FINDS_AT_MOST,
        runs=RUNS_AT_MOST,
        depth=DEEPEST,
        worst=table(
            ("text", "characters", "ms", "limit"),
            [(name, size, f"{ms:.2f}", LIMITS[size]) for ms, size, name in worst[:SHOWN]],
        ),
        growth=table(
            ("words", "daachorse µs", "screen µs", "× the first", "build s", "MB of the process"),
            list(growth_rows(steps)),
        ),
    )


if __name__ == "__main__":
    main()
