"""Phrases of several Latin words, disguised word by word: you idioooot, k1ll yourself, fuck_you."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from moderator.domain.rule import Layer
from moderator.matching.entries import Entry
from moderator.matching.judging import Found
from moderator.text.folding import Folded
from moderator.text.leet import key, spells
from moderator.text.squeezing import runs, squeeze

_WORD = re.compile("[a-z0-9@$£¡€¢](?:[a-z0-9@$£¡€¢!|+(*#]{0,34}[a-z0-9@$£¡€¢])?")
_MOST_WORDS = 1024  # of one text
_GAP = re.compile(r"[\s\-_.*~]{1,12}")
_MARKS = "-_."
_LEAST_IN_LEET = 3
_LETTER = re.compile("[a-z]")


class _Place(NamedTuple):
    """The words of a phrase, and which of them is meant."""

    entry: Entry
    words: tuple[str, ...]
    at: int


class Phrases:
    """Finds phrases by any of their words in disguise, or by what parts them.  Immutable."""

    __slots__ = ("_places", "following", "parted")

    def __init__(self, entries: Iterable[Entry]) -> None:
        places: dict[str, list[_Place]] = defaultdict(list)
        parted: dict[str, None] = {}
        following: dict[tuple[str, str], None] = {}
        for entry in entries:
            words = tuple(entry.text.split())
            if len(words) > 1 and all(map(str.isalnum, words)):
                parted |= dict.fromkeys(_parted(words))
                following |= dict.fromkeys(pairwise(map(_key, words)))
                for at, word in enumerate(words):
                    places[_key(word)].append(_Place(entry, words, at))
        self._places = {letters: tuple(found) for letters, found in places.items()}
        # What stands in a text in which the words of a phrase are parted by more than a space.
        self.parted: Sequence[str] = tuple(parted)
        # What any of their words is found under, and the next one.
        self.following: Sequence[tuple[str, str]] = tuple(following)

    @property
    def words(self) -> Mapping[str, Collection[str]]:
        """Their words, by what they are found under."""
        return {
            letters: {place.words[place.at] for place in found}
            for letters, found in self._places.items()
        }

    def have(self, run: str) -> bool:
        """Whether the run is a word of some phrase in disguise."""
        return any(undone(run, place.words[place.at]) for place in self._places.get(_key(run), ()))

    def find(self, view: Folded) -> Iterator[Found]:
        """The phrases in the canonical text of which something is disguised."""
        if self._places:
            words = list(islice(_WORD.finditer(view.text), _MOST_WORDS))
            known: dict[str, list[_Place]] = {}
            whole = _Whole(view.text)
            for number, word in enumerate(words):
                written = word.group()
                if written not in known:
                    known[written] = self._begun_by(written)
                for place in known[written]:
                    there = words[number : number + len(place.words)]
                    yield from whole.found(place, there)

    def _begun_by(self, run: str) -> list[_Place]:
        """The phrases of which the run may be the first word."""
        places = (place for place in self._places.get(_key(run), ()) if not place.at)
        return [place for place in places if run == place.words[0] or undone(run, place.words[0])]


def _key(word: str) -> str:
    return squeeze(key(word))


def _parted(words: Sequence[str]) -> Iterator[str]:
    for left, right in pairwise(words):
        yield left + "  "
        for mark in _MARKS:
            yield left + mark + right


class _Whole:
    """Tells which phrases stand whole in a text; of a run that repeats, once for each word."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._undone: dict[tuple[str, str], Layer | None] = {}

    def found(self, place: _Place, there: Sequence[re.Match[str]]) -> Iterator[Found]:
        """The phrase, if it stands there and something of it is disguised."""
        gaps = [self._text[one.end() : other.start()] for one, other in pairwise(there)]
        if len(there) < len(place.words) or not all(map(_GAP.fullmatch, gaps)):
            return
        layers: set[Layer] = set() if all(gap == " " for gap in gaps) else {Layer.SEPARATORS}
        for found, word in zip(there, place.words, strict=True):
            layer = self._of(found.group(), word)
            if layer:
                layers.add(layer)
            elif found.group() != word:
                return
        if layers:
            yield Found(place.entry, ((there[0].start(), there[-1].end()),), tuple(layers))

    def _of(self, run: str, word: str) -> Layer | None:
        if (run, word) not in self._undone:
            self._undone[run, word] = undone(run, word)
        return self._undone[run, word]


def undone(run: str, word: str) -> Layer | None:
    """What makes the run the word; None if it is not, or is as it is."""
    if repeats(run, word):
        return Layer.REPEATS
    leet = run != word and len(word) >= _LEAST_IN_LEET and spells(run, word)
    return Layer.LEET if leet and _LETTER.search(run) else None


def repeats(run: str, word: str) -> bool:
    """Whether the run is the word with letters repeated: three times, or in a word of four."""
    if run == word or squeeze(run) != squeeze(word):
        return False
    there, needed = runs(run), runs(word)
    return all(a >= b for a, b in zip(there, needed, strict=True)) and (
        max(there) > 2 or len(word) > 3
    )
