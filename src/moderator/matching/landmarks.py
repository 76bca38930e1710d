"""What is found in a text once for all patterns: lower case, runs, beginnings of matches."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from moderator.matching.automaton import DEFAULT, Match, build
from moderator.matching.surroundings import starts_of

MANY = 200  # of one literal in a text
_SURROGATE = re.compile("[\ud800-\udfff]")


class Heads:
    """Finds the literals with which matches begin, in one pass whatever their number.

    `shortest` maps each to the length that no match with it falls below.  Immutable, picklable.
    """

    __slots__ = ("_automaton", "_literals", "_shortest")

    def __init__(self, shortest: Mapping[str, int]) -> None:
        self._literals = tuple(sorted(shortest))
        self._shortest = tuple(shortest[literal] for literal in self._literals)
        self._automaton = build(self._literals, DEFAULT) if self._literals else None

    def positions(self, lowered: str) -> Mapping[str, list[int]]:
        """Where each literal begins in a lower-case text, in order.

        Of more than `MANY`, only the last of those that stand closer than a match is long: what
        follows them all is what they could have led to.
        """
        positions = starts_of(range(len(self._literals)), self._found(lowered))
        return {
            self._literals[number]: _apart(found, self._shortest[number])
            for number, found in positions.items()
        }

    def _found(self, lowered: str) -> Sequence[Match]:
        if self._automaton is None:
            return ()
        try:
            return self._automaton.find(lowered)
        except UnicodeEncodeError:
            return self._automaton.find(_SURROGATE.sub("\ufffd", lowered))


def _apart(found: list[int], shortest: int) -> list[int]:
    kept = found[:MANY]
    for start in found[MANY:]:
        if start - kept[-1] >= shortest:
            kept.append(start)
        else:
            kept[-1] = start
    return kept


class Landmarks:
    """A text, and what is worked out of it when a pattern asks for the first time."""

    __slots__ = ("_finder", "_heads", "_lowered", "text")

    def __init__(self, text: str, heads: Heads) -> None:
        self.text = text
        self._finder = heads
        self._lowered: str | None = None
        self._heads: Mapping[str, list[int]] | None = None

    @property
    def lowered(self) -> str:
        """The text in lower case, as long as it was."""
        if self._lowered is None:
            self._lowered = same_length_lower(self.text)
        return self._lowered

    @property
    def _positions(self) -> Mapping[str, list[int]]:
        if self._heads is None:
            self._heads = self._finder.positions(self.lowered)
        return self._heads

    def any_starts(self, heads: AbstractSet[str]) -> bool:
        """Whether a match can begin anywhere with one of the literals."""
        return not self._positions.keys().isdisjoint(heads)

    def starts(self, heads: AbstractSet[str]) -> list[int]:
        """Where any of the literals begins with which matches begin, in order."""
        positions = self._positions
        found = [positions[head] for head in positions.keys() & heads]
        return found[0] if len(found) == 1 else sorted({at for each in found for at in each})


def same_length_lower(text: str) -> str:
    """Lower case of the same length: offsets must hold."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.replace("İ", "i").lower()
