"""Banned words in disguise, and talk that looks like them: `python benchmarks/disguised.py`.

Texts of our own that no rule has as an example.  A third of them, by a hash of the text, all of
`disguised_held_out.yaml` and half of `disguised_second.yaml` is held out: what is missed of it is
counted and never shown, so that the figure says something about other texts.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml

from matching_texts import shipped_rules
from moderator.matching.screening import Screen
from report import table

TEXTS = Path(__file__).with_name("disguised.yaml")
FROZEN = Path(__file__).with_name("disguised_held_out.yaml")
SECOND = Path(__file__).with_name("disguised_second.yaml")
_MARKS = {TEXTS: "", FROZEN: " (new)", SECOND: " (second)"}
_HELD_OUT = {TEXTS: (3, 0), SECOND: (2, 1)}  # hashes modulo the first that leave the second


@dataclass(frozen=True, slots=True)
class Sample:
    """A text; `categories` are those of which one must hit, none if the text is clean."""

    kind: str
    text: str
    categories: frozenset[str]
    held_out: bool

    def passes(self, screen: Screen) -> bool:
        """Whether the text hits as it should, or does not where it should not."""
        found = {hit.category for hit in screen.screen(self.text)}
        return bool(found & self.categories) if self.categories else not found


def samples() -> Iterator[Sample]:
    """All texts, disguised ones first."""
    every = [(path, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in _MARKS]
    for side in ("disguised", "clean"):
        for path, kinds in every:
            for group in kinds[side]:
                yield from _group(group, path)


def _group(group: dict[str, Any], path: Path) -> Iterator[Sample]:
    for text in dict.fromkeys(group["texts"]):
        held_out = path == FROZEN or _hash(text, _HELD_OUT[path][0]) == _HELD_OUT[path][1]
        categories = frozenset(group.get("category", ()))
        yield Sample(group["kind"] + _MARKS[path], text, categories, held_out)


def _hash(text: str, modulus: int) -> int:
    return blake2b(text.encode(), digest_size=2).digest()[0] % modulus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="show them, but those held out")
    show = parser.parse_args().misses
    screen = Screen(shipped_rules())
    texts: Counter[tuple[str, bool]] = Counter()
    passed: Counter[tuple[str, bool]] = Counter()
    for sample in samples():
        all_of_them = "all disguised" if sample.categories else "all clean"
        passes = sample.passes(screen)
        for kind in (sample.kind, all_of_them):
            texts[kind, sample.held_out] += 1
            passed[kind, sample.held_out] += passes
        if show and not passes and not sample.held_out:
            hits = [
                (hit.rule, sample.text[hit.start : hit.end]) for hit in screen.screen(sample.text)
            ]
            print(sample.kind, repr(sample.text), *hits, sep="  ")
    rows = list(_rows(texts, passed))
    print(table(("kind", "texts", "right %", "held out", "right %"), rows))


def _rows(
    texts: Counter[tuple[str, bool]], passed: Counter[tuple[str, bool]]
) -> Iterator[tuple[str, int, str, int, str]]:
    for kind in dict.fromkeys(kind for kind, _ in texts):
        shares = [
            f"{100 * passed[kind, held] / max(1, texts[kind, held]):.1f}" for held in (False, True)
        ]
        yield kind, texts[kind, False], shares[0], texts[kind, True], shares[1]


if __name__ == "__main__":
    main()
