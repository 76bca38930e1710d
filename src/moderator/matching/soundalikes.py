"""Words with characters replaced by others of the same sound or shape: 威信 for 微信.

Only for words that ask for it (`undo: [homophone]`, `undo: [shape]`), because every sound has many
characters.  The gate: no replaced character may stand in an everyday word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from moderator.domain.rule import Layer
from moderator.matching.automaton import Match
from moderator.matching.entries import Entry
from moderator.matching.judging import Found
from moderator.text.characters import is_simplified
from moderator.text.folding import Folded
from moderator.text.ordinary import ordinary_words
from moderator.text.pinyin import Pinyin
from moderator.text.shapes import shape_alikes

LEAST = 2  # characters of a word that may be disguised so
IN_DISGUISE = "a replaced character stands in an everyday word"
Alternatives = Sequence[Mapping[str, Layer | None]]


class Soundalikes:
    """Finds such words by their first two characters, disguised or not.  Immutable."""

    __slots__ = ("_by_pair", "_ordinary")

    def __init__(self, entries: Iterable[Entry], pinyin: Pinyin) -> None:
        wanted = [entry for entry in entries if _wanted(entry)]
        sounds = _sounding_alike(pinyin) if wanted else {}
        shapes = shape_alikes()
        by_pair: dict[str, list[tuple[Entry, Alternatives]]] = {}
        for entry in wanted:
            alternatives = [_alternatives(own, entry, sounds, shapes) for own in entry.text]
            for pair in map("".join, product(*alternatives[:2])):
                by_pair.setdefault(pair, []).append((entry, alternatives))
        self._by_pair = by_pair
        self._ordinary = ordinary_words() if wanted else frozenset()

    @property
    def pairs(self) -> Iterable[str]:
        """The first two characters of every disguise: literals for the automaton."""
        return self._by_pair.keys()

    def find(self, view: Folded, matches: Iterable[Match], names: Sequence[str]) -> Iterator[Found]:
        """The disguised words in the canonical text; plain ones are left to others."""
        if not self._by_pair:
            return
        for start, _, number in matches:
            for entry, alternatives in self._by_pair.get(names[number], ()):
                layers = _undone(view.text, start, alternatives)
                if layers:
                    end = start + len(entry.text)
                    reason = IN_DISGUISE if self._everyday(view.text, start, entry.text) else ""
                    yield Found(entry, ((start, end),), layers, reason=reason)

    def _everyday(self, text: str, start: int, word: str) -> bool:
        ordinary = self._ordinary
        return any(
            text[max(0, at - 1) : at + 1] in ordinary or text[at : at + 2] in ordinary
            for at, own in enumerate(word, start)
            if text[at] != own
        )


def _wanted(entry: Entry) -> bool:
    return len(entry.text) >= LEAST and not entry.word.undo.isdisjoint(
        {Layer.HOMOPHONE, Layer.SHAPE}
    )


def _sounding_alike(pinyin: Pinyin) -> dict[str, set[str]]:
    """For each character, those of simplified text that share its reading, tones aside."""
    by_sound: dict[str, set[str]] = {}
    for character, readings in pinyin.readings.items():
        if is_simplified(character):
            for reading in readings[:2]:
                by_sound.setdefault(reading, set()).add(character)
    return {
        character: set().union(*(by_sound.get(reading, set()) for reading in readings[:1]))
        for character, readings in pinyin.readings.items()
    }


def _alternatives(
    own: str, entry: Entry, sounds: Mapping[str, set[str]], shapes: Mapping[str, str]
) -> Mapping[str, Layer | None]:
    """What may stand for the character, and what that undoes."""
    found: dict[str, Layer | None] = {}
    if Layer.SHAPE in entry.word.undo:
        found |= dict.fromkeys(shapes.get(own, ""), Layer.SHAPE)
    if Layer.HOMOPHONE in entry.word.undo:
        found |= dict.fromkeys(sounds.get(own, ()), Layer.HOMOPHONE)
    found[own] = None
    return found


def _undone(text: str, start: int, alternatives: Alternatives) -> tuple[Layer, ...]:
    """The layers that make the text at `start` the word; none where it is not, or is as it is."""
    characters = text[start : start + len(alternatives)]
    if len(characters) < len(alternatives):
        return ()
    found: set[Layer] = set()
    for character, choices in zip(characters, alternatives, strict=True):
        if character not in choices:
            return ()
        layer = choices[character]
        if layer:
            found.add(layer)
    return tuple(found)
