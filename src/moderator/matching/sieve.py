"""The first look at what the automaton found: does anything call for more work?"""

from collections.abc import Iterable

from moderator.matching.automaton import Match
from moderator.matching.literals import Literals
from moderator.text.squeezing import squeeze

_AROUND = 48  # characters on either side of a gap that may belong to the same word
_LONG = 256  # characters; in longer texts places are not looked at one by one
_ORDINARY_GAPS = frozenset(" -'/_")  # these part words of English all the time


# What a text calls for beyond the first look.  Plain numbers: reading a member of an enumeration
# takes as long as a third of the scan.
NOTHING, PATTERNS, WORDS = range(3)


class Sieve:
    """Tells texts that are done with from those that need a closer look.  Immutable."""

    __slots__ = (
        "_doubling",
        "_find",
        "_folding",
        "_hiding",
        "_pairs",
        "_separating",
        "_spacing",
        "_splits",
        "_telling",
        "_wording",
    )

    def __init__(self, literals: Literals) -> None:
        self._find = literals.automaton.find
        self._wording = literals.wording
        self._telling = literals.telling
        self._folding = literals.folding
        self._hiding = literals.hiding
        self._separating = literals.separating
        self._spacing = literals.spacing
        self._doubling = literals.doubling
        self._pairs = literals.pairs
        self._splits = literals.splits

    def call(self, text: str, matches: Iterable[Match]) -> int:
        """The most that the matches in a lower-case text call for."""
        telling, folding, separating = self._telling, self._folding, self._separating
        pairs = self._pairs
        call = NOTHING
        gap_start = gap_end = -1
        for start, end, number in matches:
            if number >= separating:
                if self._disguises(text, start, end, number):
                    return WORDS
            elif number >= folding:
                if start != gap_end:
                    gap_start = start
                gap_end = end
                around = text[gap_start - 1 : gap_start] + text[end : end + 1]
                if (around in pairs or number < self._hiding) and self._parts_word(
                    text, gap_start, end, number
                ):
                    return WORDS
            elif number >= telling or number < self._wording:
                return WORDS
            else:
                call = PATTERNS
        return call

    def folds(self, matches: Iterable[Match]) -> bool:
        """Whether there is a character that stands for another one, or that nobody sees."""
        return any(self._telling <= number < self._hiding for _, _, number in matches)

    def squeezes(self, text: str, matches: Iterable[Match]) -> bool:
        """Whether separators or repeats stand within what may be a word."""
        gap_start = gap_end = -1
        for start, end, number in matches:
            if self._separating <= number < self._doubling:
                if self._disguises(text, start, end, number):
                    return True
            elif self._folding <= number < self._separating:
                if start != gap_end:
                    gap_start = start
                gap_end = end
                if self._parts_word(text, gap_start, end, number):
                    return True
        return False

    def splits(self, text: str, matches: Iterable[Match]) -> list[tuple[int, int, str]]:
        """The split characters that, joined, stand beside what they make a word with."""
        return [
            (start, end, self._splits[number])
            for start, end, number in matches
            if number in self._splits
            and self._joins_to_word(text, start, end, self._splits[number])
        ]

    def _parts_word(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether the separators or unseen characters `start:end` stand within a word."""
        left, right = text[start - 1 : start], text[end : end + 1]
        latin = left.isascii() and right.isascii()
        if number < self._hiding and latin:
            return left.isalnum() and right.isalnum()
        if left + right not in self._pairs:
            return False
        if latin and text[start] in _ORDINARY_GAPS and not _single(text, start, end):
            return False
        return self._spells(text, start, end)

    def _disguises(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether a spaced, doubled or split character stands within a word."""
        if number < self._spacing:
            return self._spells(text, start, end)
        if number < self._doubling:
            beside = text[start] + text[end : end + 1]
            return beside in self._pairs and self._spells(text, start, end)
        return self._joins_to_word(text, start, end, self._splits[number])

    def _spells(self, text: str, start: int, end: int) -> bool:
        """Whether the surroundings, squeezed, hold a word."""
        if len(text) > _LONG:
            return True
        around = squeeze(text[max(0, start - _AROUND) : end + _AROUND])
        return any(number < self._wording for _, _, number in self._find(around))

    def _joins_to_word(self, text: str, start: int, end: int, whole: str) -> bool:
        left, right = text[start - 1 : start], text[end : end + 1]
        if left + whole not in self._pairs and whole + right not in self._pairs:
            return False
        if len(text) > _LONG:
            return True
        around = text[max(0, start - _AROUND) : start] + whole + text[end : end + _AROUND]
        return any(number < self._wording for _, _, number in self._find(around))


def _single(text: str, start: int, end: int) -> bool:
    """Whether single letters stand on both sides, as in f u c k."""
    return not text[start - 2 : start - 1].isalnum() and not text[end + 1 : end + 2].isalnum()
