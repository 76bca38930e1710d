"""Words written in pinyin, wholly or in part: du博, 赌bo, liu he cai.

Only places with Latin letters are looked at: Chinese characters of the same sound are no disguise
here, they must be the word's own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise, product
from typing import NamedTuple

from moderator.domain.rule import Layer
from moderator.matching.automaton import EngineName, build
from moderator.matching.entries import Entry
from moderator.matching.judging import Found
from moderator.matching.memo import Memo
from moderator.text.acronyms import ENGLISH_PINYIN
from moderator.text.folding import Folded
from moderator.text.pinyin import Pinyin

MOST_SPELLINGS = 4  # of one word with several readings
_AROUND = 12  # characters on either side of a run of pinyin
_MOST_RUNS = 128  # of one text that are read as pinyin
_NEAR = 4  # characters within which a syllable's neighbour stands
_RUN = re.compile("[a-z]{2,36}")
_UNIT = re.compile(r"[a-z]+|[^\W_]")


class _Unit(NamedTuple):
    """A character or a typed syllable; `first` and `last` of its Latin run, or both."""

    sign: str
    text: str
    start: int
    end: int
    latin: bool = False
    first: bool = True
    last: bool = True


class Phonetics:
    """Finds words by their syllables where Latin letters stand for some of them."""

    __slots__ = (
        "_after",
        "_automaton",
        "_before",
        "_entries",
        "_pairs",
        "_pinyin",
        "_segmentations",
    )

    def __init__(
        self, by_signs: Mapping[str, list[Entry]], pinyin: Pinyin, engine: EngineName
    ) -> None:
        self._entries = tuple(by_signs.values())
        self._automaton = build(list(by_signs), engine)
        self._pairs = frozenset(
            signs[at : at + 2] for signs in by_signs for at in range(len(signs) - 1)
        )
        self._before, self._after = _neighbours(by_signs.items())
        self._pinyin = pinyin
        self._segmentations = Memo(pinyin.segmentations)

    @property
    def beside(self) -> Iterator[str]:
        """Every character and sign that stand side by side in a word, as they stand."""
        yield from (one + sign for sign, found in self._before.items() for one in found)
        yield from (sign + one for sign, found in self._after.items() for one in found)

    def plausible(self, run: str) -> bool:
        """Whether one run of lower-case letters is pinyin at all; a cheap look."""
        return self._pinyin.is_pinyin(run)

    def suspicious(self, text: str) -> bool:
        """Whether a run of letters in a lower-case text may be some syllables of a word."""
        windows = self._windows(text)
        return bool(windows) and any(True for _ in self._found(text, windows))

    def _plausible_runs(self, text: str) -> Iterator[re.Match[str]]:
        known: dict[str, bool] = {}
        for run in _RUN.finditer(text):
            written = run.group()
            if written not in known:
                known[written] = self.plausible(written)
            if known[written]:
                yield run

    def find(self, view: Folded) -> Iterator[Found]:
        """The words of which at least one syllable is typed, in the canonical text."""
        return self._found(view.text, self._windows(view.text))

    def _found(self, text: str, windows: list[tuple[int, int]]) -> Iterator[Found]:
        for start, end in windows:
            for units in self._readings(text, start, end):
                alone = len(text) <= _AROUND  # all of it is in the window
                yield from self._within(units, chinese=not text.isascii(), alone=alone)

    def _ways(self, run: str) -> list[str]:
        """The run's syllables, as signs."""
        signs = self._pinyin.signs
        return ["".join(signs[syllable] for syllable in way) for way in self._segmentations[run]]

    def _in_word(self, signs: str) -> bool:
        return all(signs[at : at + 2] in self._pairs for at in range(len(signs) - 1))

    def _suspicious(self, text: str, run: re.Match[str]) -> bool:
        return any(self._fits(text, run, signs) for signs in self._ways(run.group()))

    def _fits(self, text: str, run: re.Match[str], signs: str) -> bool:
        if len(signs) > 1:
            return self._in_word(signs)
        before = text[max(0, run.start() - _NEAR) : run.start()]
        after = text[run.end() : run.end() + _NEAR]
        return _beside(before[::-1], self._before.get(signs, "")) or _beside(
            after, self._after.get(signs, "")
        )

    def _windows(self, text: str) -> list[tuple[int, int]]:
        windows: list[tuple[int, int]] = []
        known: dict[tuple[str, str, str], bool] = {}  # by what stands there and around
        for run in islice(self._plausible_runs(text), _MOST_RUNS):
            start, end = run.span()
            there = text[max(0, start - _NEAR) : start], run.group(), text[end : end + _NEAR]
            if there not in known:
                known[there] = self._suspicious(text, run)
            if known[there]:
                start, end = max(0, run.start() - _AROUND), run.end() + _AROUND
                if windows and start <= windows[-1][1]:
                    windows[-1] = (windows[-1][0], end)
                else:
                    windows.append((start, end))
        return [_at_edges(text, *window) for window in windows]

    def _readings(self, text: str, start: int, end: int) -> Iterator[list[_Unit]]:
        """The window as units: once with the longest syllables, once with the shortest."""
        longest: list[_Unit] = []
        shortest: list[_Unit] = []
        ambiguous = False
        for piece in _UNIT.finditer(text, start, end):
            written = piece.group()
            ways = self._segmentations[written] if written.isascii() else []
            if ways:
                longest += self._typed(ways[0], piece.start())
                shortest += self._typed(ways[-1], piece.start())
                ambiguous |= len(ways) > 1
            else:
                unit = _Unit(self._pinyin.sign(written), written, *piece.span())
                longest.append(unit)
                shortest.append(unit)
        yield longest
        if ambiguous:
            yield shortest

    def _typed(self, syllables: tuple[str, ...], start: int) -> list[_Unit]:
        units, last = [], len(syllables) - 1
        for number, syllable in enumerate(syllables):
            end = start + len(syllable)
            sign = self._pinyin.signs[syllable]
            units.append(
                _Unit(sign, syllable, start, end, latin=True, first=not number, last=number == last)
            )
            start = end
        return units

    def _within(self, units: list[_Unit], *, chinese: bool, alone: bool) -> Iterator[Found]:
        text = "".join(unit.sign[0] for unit in units)
        for start, end, number in self._automaton.find(text):
            span = units[start:end]
            for entry in self._entries[number]:
                everything = alone and len(span) == len(units)
                if _disguises(span, entry.text, chinese=chinese or everything):
                    parts = tuple((unit.start, unit.end) for unit in span)
                    yield Found(entry, parts, (Layer.PINYIN,))


def spelled(entries: Iterable[Entry], pinyin: Pinyin) -> dict[str, list[Entry]]:
    """The words that may be typed in pinyin, by the signs of their syllables."""
    by_signs: dict[str, list[Entry]] = {}
    for entry in entries:
        if Layer.PINYIN in entry.word.undo and len(entry.text) > 1:
            for signs in _spellings(entry, pinyin):
                by_signs.setdefault(signs, []).append(entry)
    return by_signs


def _beside(near: str, known: str) -> bool:
    """Whether the nearest letter in `near` is one that stands there in a word, or is typed."""
    letter = next(filter(str.isalnum, near), "")
    return letter.isalpha() if letter.isascii() else letter in known


def _neighbours(
    words: Iterable[tuple[str, list[Entry]]],
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The characters that stand in words before each syllable, and those after it."""
    before: dict[str, set[str]] = defaultdict(set)
    after: dict[str, set[str]] = defaultdict(set)
    for signs, entries in words:
        for entry in entries:
            for (left, left_sign), (right, right_sign) in pairwise(
                zip(entry.text, signs, strict=True)
            ):
                before[right_sign].add(left)
                after[left_sign].add(right)
    return _written(before), _written(after)


def _written(characters: Mapping[str, set[str]]) -> Mapping[str, str]:
    """Strings take a fraction of the memory of sets, and are short enough to search."""
    return {sign: "".join(sorted(found)) for sign, found in characters.items()}


def _at_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """The window, moved in so that it cuts no run of letters."""
    run = _RUN.match(text, start)
    if run and start and "a" <= text[start - 1] <= "z":
        start = run.end()
    while start < end < len(text) and "a" <= text[end] <= "z" and "a" <= text[end - 1] <= "z":
        end -= 1
    return start, end


def _disguises(span: list[_Unit], word: str, *, chinese: bool) -> bool:
    typed = [unit for unit in span if unit.latin]
    if not typed or not span[0].first or not span[-1].last:
        return False
    if any(not unit.latin and unit.text != own for unit, own in zip(span, word, strict=True)):
        return False
    return len(typed) < len(span) or _looks_typed(span, chinese=chinese)


def _looks_typed(span: list[_Unit], *, chinese: bool) -> bool:
    """Whether a word wholly in Latin letters is pinyin rather than English."""
    if span[0].last and not chinese:  # several tokens of a text without Chinese
        return len(span) > 2
    return "".join(unit.text for unit in span) not in ENGLISH_PINYIN


def _spellings(entry: Entry, pinyin: Pinyin) -> Iterable[str]:
    readings = [pinyin.readings.get(character, ()) for character in entry.text]
    if not all(readings):
        return ()
    ways = islice(product(*readings), MOST_SPELLINGS)
    ambiguous = any(len(known) > 1 for known in readings)
    spoken = [pinyin.spoken(entry.text)] if ambiguous and not entry.listed else []
    signed = ("".join(map(pinyin.signs.__getitem__, way)) for way in (*spoken, *ways))
    return filter(None, dict.fromkeys(signed))
