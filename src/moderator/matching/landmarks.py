"""What is found in a text once for all patterns: lower case, runs, beginnings of matches."""

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from moderator.matching.automaton import DEFAULT, Match, build
from moderator.matching.surroundings import starts_of

MANY = 200  # of one literal in a text
_SURROGATE = re.compile("[\ud800-\udfff]")
Ref = TypeVar("Ref", bound=Hashable)


class Heads(Generic[Ref]):
    """Finds the literals with which matches begin, in one pass whatever their number.

    `shortest` maps each to the length that no match with it falls below, `refs` to the patterns of
    which it is a head.  Immutable, picklable.
    """

    __slots__ = ("_automaton", "_literals", "_refs", "_shortest")

    def __init__(self, shortest: Mapping[str, int], refs: Mapping[str, Sequence[Ref]]) -> None:
        self._refs = refs
        self._literals = tuple(sorted(shortest))
        self._shortest = tuple(shortest[literal] for literal in self._literals)
        self._automaton = build(self._literals, DEFAULT) if self._literals else None

    def starts(self, lowered: str) -> Mapping[Ref, list[list[int]]]:
        """Where each pattern's heads begin in a lower-case text, in order for each of them."""
        found: dict[Ref, list[list[int]]] = defaultdict(list)
        for literal, positions in self.positions(lowered).items():
            for ref in self._refs[literal]:
                found[ref].append(positions)
        return found

    def positions(self, lowered: str) -> Mapping[str, list[int]]:
        """Where each literal begins, in order.

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


class Landmarks(Generic[Ref]):
    """A text, and what is worked out of it when a pattern asks for the first time."""

    __slots__ = ("_heads", "_lowered", "_starts", "text")

    def __init__(self, text: str, heads: Heads[Ref]) -> None:
        self.text = text
        self._heads = heads
        self._lowered: str | None = None
        self._starts: Mapping[Ref, list[list[int]]] | None = None

    @property
    def lowered(self) -> str:
        """The text in lower case, as long as it was."""
        if self._lowered is None:
            self._lowered = same_length_lower(self.text)
        return self._lowered

    @property
    def _known(self) -> Mapping[Ref, list[list[int]]]:
        if self._starts is None:
            self._starts = self._heads.starts(self.lowered)
        return self._starts

    def any_starts(self, ref: Ref) -> bool:
        """Whether a match of the pattern can begin anywhere."""
        return ref in self._known

    def starts(self, ref: Ref) -> list[int]:
        """Where a match of the pattern can begin, in order."""
        found = self._known.get(ref, ())
        return found[0] if len(found) == 1 else sorted({at for each in found for at in each})


def same_length_lower(text: str) -> str:
    """Lower case of the same length: offsets must hold."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.replace("İ", "i").lower()
