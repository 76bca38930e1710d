"""Phrases of several Latin words in which letters are repeated: you idioooot."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from moderator.domain.rule import Layer
from moderator.matching.entries import Entry
from moderator.matching.judging import Found
from moderator.text.folding import Folded
from moderator.text.squeezing import runs, squeeze

_WORD = re.compile("[a-z0-9]{1,36}")
_MOST_WORDS = 1024  # of one text
_WIDEST_GAP = 3  # spaces


class _Place(NamedTuple):
    """The words of a phrase, and which of them is meant."""

    entry: Entry
    words: tuple[str, ...]
    at: int


class Phrases:
    """Finds phrases by any of their words with repeated letters.  Immutable."""

    __slots__ = ("_places",)

    def __init__(self, entries: Iterable[Entry]) -> None:
        places: dict[str, list[_Place]] = defaultdict(list)
        for entry in entries:
            words = tuple(entry.text.split())
            if len(words) > 1 and all(map(str.isalnum, words)):
                for at, word in enumerate(words):
                    places[squeeze(word)].append(_Place(entry, words, at))
        self._places = {letters: tuple(found) for letters, found in places.items()}

    def have(self, run: str) -> bool:
        """Whether the run is a word of some phrase with letters repeated."""
        return any(
            repeats(run, place.words[place.at]) for place in self._places.get(squeeze(run), ())
        )

    def find(self, view: Folded) -> Iterator[Found]:
        """The phrases in the canonical text that have such a word."""
        if self._places:
            words = list(_WORD.finditer(view.text))[:_MOST_WORDS]
            for number, word in enumerate(words):
                for place in self._places.get(squeeze(word.group()), ()):
                    if repeats(word.group(), place.words[place.at]):
                        yield from _whole(view.text, place, words, number - place.at)


def _whole(text: str, place: _Place, words: Sequence[re.Match[str]], first: int) -> Iterator[Found]:
    there = words[first : first + len(place.words)] if first >= 0 else ()
    if len(there) == len(place.words) and _is_phrase(text, place.words, there):
        yield Found(place.entry, ((there[0].start(), there[-1].end()),), (Layer.REPEATS,))


def _is_phrase(text: str, words: Sequence[str], there: Sequence[re.Match[str]]) -> bool:
    gaps = [text[one.end() : other.start()] for one, other in pairwise(there)]
    return all(gap.isspace() and len(gap) <= _WIDEST_GAP for gap in gaps) and all(
        found.group() == word or repeats(found.group(), word)
        for found, word in zip(there, words, strict=True)
    )


def repeats(run: str, word: str) -> bool:
    """Whether the run is the word with letters repeated: three times, or in a word of four."""
    there, needed = runs(run), runs(word)
    return (
        run != word
        and squeeze(run) == squeeze(word)
        and all(a >= b for a, b in zip(there, needed, strict=True))
        and (max(there) > 2 or len(word) > 3)
    )
