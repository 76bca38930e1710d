"""The matcher's benchmark: `python benchmarks/matching.py [--quick]`.

Everything is measured in one run on one core, interleaved with a bare scan of the same words over
the same raw texts; what counts are the ratios of medians.  Prints a table and appends one JSON
object a line to build/bench.jsonl.
"""

import argparse
import json
import pickle
import resource
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, time
from typing import Any

import ahocorasick
import daachorse

from matching_texts import (
    adversarial,
    clean_texts,
    generated_words,
    rule_of,
    shipped_rules,
    with_hits,
)
from moderator.matching.screening import Screen

RESULTS = Path(__file__).resolve().parents[1] / "build" / "bench.jsonl"
MOST_PER_BARE_SCAN, LEAST_FASTER_THAN_PYAHOCORASICK = 2.5, 6.0
LIMITS = {4_000: 5.0, 64_000: 50.0}  # characters: milliseconds
Scan = Callable[[str], Any]


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
    started = perf_counter()
    for text in texts:
        scan(text)
    return (perf_counter() - started) / len(texts) * 1e6


def interleaved(scans: Mapping[str, Scan], texts: Sequence[str], rounds: int) -> dict[str, float]:
    """The median time of each scan per text, in µs; one after the other in every round."""
    taken: dict[str, list[float]] = {name: [] for name in scans}
    for _ in range(rounds):
        for name, scan in scans.items():
            taken[name].append(microseconds(scan, texts))
    return {name: statistics.median(times) for name, times in taken.items()}


def built(rules: Sequence[Any]) -> tuple[Screen, float]:
    started = perf_counter()
    screen = Screen(rules)
    return screen, perf_counter() - started


def report(name: str, **figures: Any) -> None:
    shown = "  ".join(
        f"{key} {value:.2f}" if isinstance(value, float) else f"{key} {value}"
        for key, value in figures.items()
    )
    print(f"{name:34} {shown}", flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"benchmark": name, "at": time(), **figures}) + "\n")


def speed(texts: Sequence[str], words: Sequence[str], rounds: int) -> None:
    rules = [rule_of(words), *shipped_rules()]
    screen, seconds = built(rules)
    every_word = sorted({word.text for rule in rules for word in rule.words})
    packed = pickle.dumps(screen, protocol=5)
    started = perf_counter()
    pickle.loads(packed)
    report("build", words=len(every_word), seconds=seconds, pickled_mb=len(packed) / 1e6)
    report("load from cache", seconds=perf_counter() - started)
    scans = {
        "daachorse": bare_daachorse(every_word),
        "pyahocorasick": bare_pyahocorasick(every_word),
        "screen": screen.screen,
    }
    clean = [text for text in texts if not screen.screen(text)]
    mixed = {"clean": clean, "5 % hits": with_hits(clean, every_word, 0.05)}
    mixed["100 % hits"] = with_hits(clean, every_word, 1.0)
    for name, chosen in mixed.items():
        compared(name, interleaved(scans, chosen, rounds))


def compared(name: str, taken: Mapping[str, float]) -> None:
    screened = taken["screen"]
    report(
        name,
        **{f"{scan}_us": time_taken for scan, time_taken in taken.items()},
        to_daachorse=screened / taken["daachorse"],
        faster_than_pyahocorasick=taken["pyahocorasick"] / screened,
        messages_per_second=int(1e6 / screened),
    )


def growth(texts: Sequence[str], sizes: Sequence[int], rounds: int) -> None:
    first = 0.0
    for size in sizes:
        words = generated_words(size, texts)
        screen, seconds = built([rule_of(words)])
        clean = [text for text in texts[:2000] if not screen.screen(text)]
        scans = {"daachorse": bare_daachorse(words), "screen": screen.screen}
        taken = interleaved(scans, clean, rounds)
        first = first or taken["screen"]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report(
            f"growth: {size} words",
            screen_us=taken["screen"],
            daachorse_us=taken["daachorse"],
            to_smallest=taken["screen"] / first,
            build_seconds=seconds,
            peak_mb=int(memory),
        )


def worst(texts: Sequence[str]) -> None:
    words = [*generated_words(2000, texts), "六合彩", "赌博", "fuck", "shit"]
    screen, _ = built([rule_of(words), *shipped_rules()])
    for size, limit in LIMITS.items():
        for name, text in adversarial("六合彩", size).items():
            milliseconds = min(microseconds(screen.screen, [text]) for _ in range(3)) / 1000
            verdict = "ok" if milliseconds <= limit else f"ABOVE {limit}"
            report(f"{size}: {name}", milliseconds=milliseconds, verdict=verdict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, no growth to a million")
    quick = parser.parse_args().quick
    source, texts = clean_texts()
    print(f"texts: {source}, {len(texts)}, {statistics.mean(map(len, texts)):.0f} characters each")
    speed(texts, generated_words(60_000, texts), rounds=5 if quick else 15)
    worst(texts)
    growth(texts, (1000, 60_000) if quick else (1000, 10_000, 100_000, 1_000_000), 3)


if __name__ == "__main__":
    main()
