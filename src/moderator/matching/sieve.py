"""The first look at what the automaton found: whether anything calls for more work."""

from collections.abc import Iterable, Sequence

from moderator.matching.automaton import Match
from moderator.matching.entries import Form, Neighbours
from moderator.matching.literals import Literals
from moderator.text.folding import Folded
from moderator.text.joining import Split, joined
from moderator.text.squeezing import squeeze

_AROUND = 24  # characters on either side of a gap that may belong to the same word
_NEAR = 8  # characters within which a mixed word goes on with an ideograph
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
        "_guarded",
        "_hiding",
        "_keywords",
        "_marks",
        "_pairs",
        "_separating",
        "_spacing",
        "_splits",
        "_telling",
        "_wholes",
        "_wording",
    )

    def __init__(self, literals: Literals) -> None:
        self._find = literals.automaton.find
        self._wording = literals.bounds.wording
        self._telling = literals.bounds.telling
        self._folding = literals.bounds.folding
        self._hiding = literals.bounds.hiding
        self._separating = literals.bounds.separating
        self._spacing = literals.bounds.spacing
        self._doubling = literals.bounds.doubling
        self._guarded = _guarded(literals.forms)
        self._keywords = literals.keywords
        self._marks = literals.marks
        self._pairs = literals.pairs
        self._splits = literals.splits
        self._wholes = {literals.names[number]: one for number, one in literals.splits.items()}

    def call(self, text: str, matches: Iterable[Match]) -> int:
        """The most that the matches in a lower-case text call for."""
        folding, separating = self._folding, self._separating
        marks, pairs, splits = self._marks, self._pairs, self._splits
        spacing, doubling = self._spacing, self._doubling
        padded = f"\n{text}\n"  # every character has neighbours: quicker than slices
        call = NOTHING
        gap_start = gap_end = -1
        for start, end, number in matches:
            if number >= separating:
                ordinary = (
                    spacing <= number < doubling
                    and text[start] + padded[end + 1] not in pairs
                    and number not in splits
                )
                if not ordinary and self._disguises(text, start, end, number):
                    return WORDS
                continue
            if number < folding:
                if self._counts(text, number):
                    return WORDS
                if number >= self._wording or number in self._keywords:
                    call = PATTERNS
                if number not in marks:
                    continue
            if start != gap_end:
                gap_start = start
            gap_end = end
            around = padded[gap_start] + padded[end + 1]
            if (around in pairs or number < self._hiding) and self._parts_word(
                text, gap_start, end, number
            ):
                return WORDS
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
            elif self._folding <= number < self._separating or number in self._marks:
                if start != gap_end:
                    gap_start = start
                gap_end = end
                if self._parts_word(text, gap_start, end, number):
                    return True
        return False

    def splits(self, text: str, matches: Iterable[Match]) -> list[Split]:
        """The split characters that, joined, stand beside what they make a word with."""
        return [
            (start, end, whole)
            for start, end, number in matches
            if (whole := self._splits.get(number)) and self._stands_well(text, start, end, whole)
        ]

    def _counts(self, text: str, number: int) -> bool:
        """Whether a word may count, which needs its company; characters to fold always do."""
        if number >= self._wording:
            return number >= self._telling
        needs = self._guarded.get(number)
        return needs is None or any(needed.somewhere(text) for needed in needs)

    def _parts_word(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether the separators or unseen characters `start:end` stand within a word."""
        left, right = text[start - 1 : start], text[end : end + 1]
        latin = left.isascii() and right.isascii()
        if latin and self._folding <= number < self._hiding:
            return left.isalnum() and right.isalnum()
        if left + right not in self._pairs:
            return False
        if latin and text[start] in _ORDINARY_GAPS and not _within_mixed(text, start, end):
            return False
        return self._spells(text, start, end)

    def _disguises(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether a spaced, doubled or split character, or a sound-alike, stands within a word."""
        if number < self._spacing:
            return self._spells(text, start, end)
        if number < self._doubling:
            beside = text[start] + text[end : end + 1]
            if beside in self._pairs and self._spells(text, start, end):
                return True
            if number not in self._splits:
                return False
        whole = self._splits.get(number)
        return whole is None or self._joins_to_word(text, start, end, whole)

    def _spells(self, text: str, start: int, end: int) -> bool:
        """Whether the surroundings, squeezed, hold a word."""
        if len(text) > _LONG:
            return True
        around = squeeze(text[max(0, start - _AROUND) : end + _AROUND])
        return self._has_word(around)

    def _joins_to_word(self, text: str, start: int, end: int, whole: str) -> bool:
        if not self._stands_well(text, start, end, whole):
            return False
        if len(text) > _LONG:
            return True
        around = text[max(0, start - _AROUND) : end + _AROUND]
        places = self.splits(around, self._find(around))
        return self._has_word(joined(Folded.unchanged(around), places).text)

    def _stands_well(self, text: str, start: int, end: int, whole: str) -> bool:
        """Whether `whole` makes a pair with a neighbour, which may be split itself."""
        pairs, wholes = self._pairs, self._wholes
        if text[start - 1 : start] + whole in pairs or whole + text[end : end + 1] in pairs:
            return True
        before, after = wholes.get(text[max(0, start - 2) : start]), wholes.get(text[end : end + 2])
        return bool((before and before + whole in pairs) or (after and whole + after in pairs))

    def _has_word(self, text: str) -> bool:
        return any(number < self._wording for _, _, number in self._find(text))


def _within_mixed(text: str, start: int, end: int) -> bool:
    """Whether single letters stand on both sides, as in f u c k, or an ideograph close by."""
    before = text[max(0, start - _NEAR) : start]
    after = text[end : end + _NEAR]
    single = not before[-2:-1].isalnum() and not after[1:2].isalnum()
    return single or _touches_ideograph(before[::-1]) or _touches_ideograph(after)


def _touches_ideograph(letters: str) -> bool:
    """Whether Latin letters are followed by anything else that is no separator."""
    other = next((one for one in letters if not one.isascii() or not one.isalnum()), " ")
    return other.isalnum()


def _guarded(forms: Sequence[Sequence[Form]]) -> dict[int, tuple[Neighbours, ...]]:
    """The literals that only stand for words that need company, and what they need."""
    found = {}
    for number, group in enumerate(forms):
        needs = [form.entry.neighbours for form in group]
        if None not in needs:
            found[number] = tuple({needed for needed in needs if needed})
    return found
