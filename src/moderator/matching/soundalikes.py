"""Words with characters replaced by others of the same sound or shape: 威信 for 微信.

Only for words that ask for it (`undo: [homophone]`, `undo: [shape]`), because every sound has many
characters.  The gate: no replaced character may stand in an everyday word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from moderator.domain.rule import Layer
from moderator.matching.automaton import Match
from moderator.matching.entries import Entry, Phrase, phrases_with
from moderator.matching.judging import Found
from moderator.text.folding import Folded
from moderator.text.ordinary import ordinary_words
from moderator.text.pinyin import Pinyin, is_frequent
from moderator.text.shapes import shape_alikes

LEAST = 2  # characters of a word that may be disguised so
IN_DISGUISE = "a replaced character stands in an everyday word"
# Less frequent, but what an input method offers.
_TYPED_TOO = frozenset("玛妮蚂嘛屄婊薇葳莉莎菲娜婷琪瑶")
Alternatives = Sequence[Mapping[str, Layer | None]]


class Soundalikes:
    """Finds such words by their first two characters, disguised or not.  Immutable."""

    __slots__ = ("_allow", "_by_pair", "_longest", "_ordinary")

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
        self._longest = max((len(entry.text) for entry in wanted), default=0)
        self._allow = {
            entry.rule.id: {phrase: phrase.lower() for phrase in entry.rule.allow}
            for entry in wanted
        }
        self._ordinary = ordinary_words() if wanted else frozenset()

    @property
    def pairs(self) -> Iterable[str]:
        """The first two characters of every disguise: literals for the automaton."""
        return self._by_pair.keys()

    def endings(self, pair: str) -> Iterator[Sequence[Iterable[str]]]:
        """What may follow in each word that may begin so, character by character."""
        for entry, alternatives in self._by_pair.get(pair, ()):
            if pair not in self._ordinary or entry.text.startswith(pair):
                yield alternatives[LEAST:]

    def numbered(self, names: Sequence[str]) -> Mapping[int, Sequence[tuple[Entry, Alternatives]]]:
        """The words by the numbers under which the automaton finds their beginnings."""
        known = self._by_pair
        return {n: known[name] for n, name in enumerate(names) if name in known} if known else {}

    def find(
        self,
        view: Folded,
        matches: Iterable[Match],
        numbered: Mapping[int, Sequence[tuple[Entry, Alternatives]]],
    ) -> Iterator[Found]:
        """The disguised words in the canonical text; plain ones are left to others."""
        known: dict[str, list[tuple[Entry, tuple[Layer, ...]]]] = {}  # by what stands there
        for start, _, number in matches:
            if number not in numbered:
                continue
            there = view.text[start : start + self._longest]
            if there not in known:
                known[there] = list(_meant(there, numbered[number]))
            for entry, layers in known[there]:
                end = start + len(entry.text)
                reason = IN_DISGUISE if self._everyday(view.text, start, entry.text) else ""
                phrases = self._excuses(entry, view.text[start:end])
                yield Found(entry, ((start, end),), layers, phrases, view.text, start, reason)

    def _everyday(self, text: str, start: int, word: str) -> bool:
        ordinary = self._ordinary
        return any(
            text[max(0, at - 1) : at + 1] in ordinary or text[at : at + 2] in ordinary
            for at, own in enumerate(word, start)
            if text[at] != own
        )

    def _excuses(self, entry: Entry, disguised: str) -> tuple[Phrase, ...]:
        """The rule's allow phrases that hold the word as it is written here."""
        lowered = self._allow[entry.rule.id].items()
        return phrases_with(disguised, {one: low for one, low in lowered if disguised in low})


def _wanted(entry: Entry) -> bool:
    return len(entry.text) >= LEAST and not entry.word.undo.isdisjoint(
        {Layer.HOMOPHONE, Layer.SHAPE}
    )


def _sounding_alike(pinyin: Pinyin) -> dict[str, set[str]]:
    """For each character, the frequent ones that share its reading, tones aside."""
    by_sound: dict[str, set[str]] = {}
    for character, readings in pinyin.readings.items():
        if is_frequent(character) or character in _TYPED_TOO:
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


def _meant(
    text: str, words: Sequence[tuple[Entry, Alternatives]]
) -> Iterator[tuple[Entry, tuple[Layer, ...]]]:
    """The words that the text begins with in disguise, and what that undoes."""
    third = text[LEAST : LEAST + 1]
    for entry, alternatives in words:
        if len(alternatives) == LEAST or third in alternatives[LEAST]:
            layers = _undone(text, alternatives)
            if layers:
                yield entry, layers


def _undone(text: str, alternatives: Alternatives) -> tuple[Layer, ...]:
    """The layers that make the text begin with the word; none if it does not, or as it is."""
    characters = text[: len(alternatives)]
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
