"""What is found in a text once for all patterns: lower case, runs, beginnings of matches."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from moderator.matching.automaton import DEFAULT, Match, build

MANY = 200  # of one literal in a text
SHORT_RUN = 8  # characters; shorter runs stand in most texts
_RUN = re.compile(f"[!-~]{{{SHORT_RUN},}}")
_SURROGATE = re.compile("[\ud800-\udfff]")
Span = tuple[int, int]


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
        positions: dict[int, list[int]] = defaultdict(list)
        for start, _, number in self._found(lowered):
            positions[number].append(start)
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

    __slots__ = ("_finder", "_heads", "_lowered", "_runs", "text")

    def __init__(self, text: str, heads: Heads) -> None:
        self.text = text
        self._finder = heads
        self._lowered: str | None = None
        self._heads: Mapping[str, list[int]] | None = None
        self._runs: dict[int, Sequence[Span]] = {}

    @property
    def lowered(self) -> str:
        """The text in lower case, as long as it was."""
        if self._lowered is None:
            self._lowered = same_length_lower(self.text)
        return self._lowered

    def starts(self, heads: Iterable[str]) -> list[int]:
        """Where any of the literals begins with which matches begin, in order."""
        if self._heads is None:
            self._heads = self._finder.positions(self.lowered)
        positions = self._heads
        found = [positions[head] for head in heads if head in positions]
        return found[0] if len(found) == 1 else sorted({at for each in found for at in each})

    def runs(self, least: int) -> Sequence[Span]:
        """The runs of at least `least` (eight or more) visible ASCII characters, in order."""
        if least not in self._runs:
            self._runs[least] = self._found_runs(least)
        return self._runs[least]

    def _found_runs(self, least: int) -> Sequence[Span]:
        if least <= SHORT_RUN:
            return [run.span() for run in _RUN.finditer(self.text)]
        longer = self.runs(max(SHORT_RUN, least // 2))
        return [(left, right) for left, right in longer if right - left >= least]


def same_length_lower(text: str) -> str:
    """Lower case of the same length: offsets must hold."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.replace("İ", "i").lower()
