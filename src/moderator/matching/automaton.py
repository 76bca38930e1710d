"""Many literals found in one pass: the seam between the matcher and its engines.

`daachorse` (a double-array Aho-Corasick over characters) where its wheel exists, `pyahocorasick`
over bytes elsewhere and as the oracle of a differential test.
"""

import pickle
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

import ahocorasick

daachorse: Any
try:
    import daachorse
except ImportError:  # no wheel for this platform
    daachorse = None

Match: TypeAlias = tuple[int, int, int]  # start, end (code points), index of the literal


class EngineName(StrEnum):
    DAACHORSE = "daachorse"
    AHOCORASICK = "ahocorasick"


DEFAULT = EngineName.AHOCORASICK if daachorse is None else EngineName.DAACHORSE


class Automaton(Protocol):
    """All places where any of the literals stands, overlapping ones too, by their end.

    Immutable, safe to share between threads, picklable.  `find` raises `UnicodeEncodeError` for
    text with lone surrogates.
    """

    def find(self, text: str, /) -> list[Match]: ...


class DaachorseAutomaton:
    """`daachorse`, character-wise; about 1 µs for a chat message whatever the number of words."""

    __slots__ = ("_index", "find")

    def __init__(self, literals: Sequence[str]) -> None:
        self._hold(daachorse.CharwiseDoubleArrayAhoCorasick(list(literals)))

    def _hold(self, index: Any) -> None:
        self._index = index
        self.find = index.find_overlapping

    def __getstate__(self) -> bytes:
        state: bytes = self._index.serialize()
        return state

    def __setstate__(self, state: bytes) -> None:
        self._hold(daachorse.CharwiseDoubleArrayAhoCorasick.deserialize(state))


class AhocorasickAutomaton:
    """`pyahocorasick` over UTF-8 bytes written as Latin-1 characters.

    Over whole characters it would search thousands of children of the root one by one
    (`trienode_get_next` is linear), three times slower than this.
    """

    __slots__ = ("_index",)

    def __init__(self, literals: Sequence[str]) -> None:
        index = ahocorasick.Automaton()
        for number, literal in enumerate(literals):
            spelled = _spelled(literal)
            index.add_word(spelled, (number, len(spelled)))
        index.make_automaton()
        self._index = index

    def find(self, text: str) -> list[Match]:
        if not len(self._index):
            return []
        spelled = _spelled(text)
        if len(spelled) == len(text):
            return [(end + 1 - long, end + 1, n) for end, (n, long) in self._index.iter(spelled)]
        return self._in_characters(text, list(self._index.iter(spelled)))

    def _in_characters(self, text: str, found: list[tuple[int, tuple[int, int]]]) -> list[Match]:
        if not found:
            return []
        position: dict[int, int] = {}
        offset = 0
        for number, character in enumerate(text):
            position[offset] = number
            offset += len(character.encode())
        position[offset] = len(text)
        return [(position[end + 1 - long], position[end + 1], n) for end, (n, long) in found]

    def __getstate__(self) -> bytes:
        return pickle.dumps(self._index)

    def __setstate__(self, state: bytes) -> None:
        self._index = pickle.loads(state)  # noqa: S301 - our own object, made above


def _spelled(text: str) -> str:
    return text.encode().decode("latin-1")


def build(literals: Sequence[str], engine: EngineName) -> Automaton:
    """An automaton over distinct, non-empty literals; their index is what a match names.

    Raises `ValueError` for an empty or repeated literal: `daachorse` would take both in silence.
    """
    if "" in literals or len(set(literals)) < len(literals):
        raise ValueError("literals must be distinct and not empty")
    if engine is EngineName.DAACHORSE:
        return DaachorseAutomaton(literals)
    return AhocorasickAutomaton(literals)
