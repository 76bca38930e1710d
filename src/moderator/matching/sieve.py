"""The first look at what the automaton found: whether anything calls for more work."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from moderator.matching.automaton import Match
from moderator.matching.entries import Form, Neighbours
from moderator.matching.judging import is_harmless
from moderator.matching.literals import Literals
from moderator.text.folding import Folded
from moderator.text.joining import Split, joined
from moderator.text.squeezing import squeeze

MOST_SPLITS = 1024  # of one text
_AROUND = 24  # characters on either side of a gap that may belong to the same word
_PARTS = range(2, 4)  # that a split character is written as
_BESIDE = 5  # characters beside a split one: a mark, its neighbour in parts, and one more
_NEAR = 8  # characters within which a mixed word goes on with an ideograph
_LONG = 256  # characters; in longer texts places are not looked at one by one
_NOISE = re.compile("(?<=[\u3400-\u9fff])[0-9a-z]{1,2}(?=[\u3400-\u9fff])")
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
        "_harmless",
        "_hiding",
        "_keywords",
        "_marks",
        "_pairs",
        "_parting",
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
        self._guarded = guarded(literals.forms)
        self._harmless = frozenset(
            number for number, forms in enumerate(literals.forms) if any(map(is_harmless, forms))
        )
        self._keywords = literals.keywords
        self._marks = literals.marks
        self._pairs = literals.pairs
        self._parting = literals.parting
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
        alone: set[int] = set()  # words that lack their company: looked for once in a text
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
                if number not in alone and self._counts(text, number, alone):
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

    def lurks(self, matches: Iterable[Match]) -> bool:
        """Whether a word that only counts in disguise stands in a text that was folded."""
        return any(number in self._harmless for _, _, number in matches)

    def parts(self, numbers: Iterable[int]) -> bool:
        """Whether any literal is a separator, an unseen character or a doubled one."""
        marks, folding, doubling = self._marks, self._folding, self._doubling
        return any(folding <= number < doubling or number in marks for number in numbers)

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

    def noisy(self, text: str) -> bool:
        """Whether one or two letters or digits stand within what may be a word of ideographs."""
        return any(
            len(text) > _LONG or self._has_word(self._without_noise(text, start, end))
            for start, end in self.noise(text)
        )

    def noise(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand between two ideographs that are neighbours in a word."""
        pairs = self._pairs
        for run in _NOISE.finditer(text):
            start, end = run.span()
            if text[start - 1] + text[end] in pairs:
                yield start, end

    def _without_noise(self, text: str, start: int, end: int) -> str:
        return _NOISE.sub("", text[max(0, start - _AROUND) : end + _AROUND])

    def joins(self, text: str, matches: Iterable[Match]) -> bool:
        """Whether there are such split characters."""
        splits = self._splits
        return any(
            number in splits and self._stands_well(text, start, end, splits[number])
            for start, end, number in matches
        )

    def splits(self, text: str, matches: Iterable[Match]) -> list[Split]:
        """The split characters that, joined, stand beside what they make a word with."""
        known = self._splits
        places = ((at, end, known[number]) for at, end, number in matches if number in known)
        return list(islice(self._standing_well(text, places), MOST_SPLITS))

    def _standing_well(self, text: str, places: Iterable[Split]) -> Iterator[Split]:
        known: dict[tuple[str, str, str], bool] = {}  # by what stands there and around
        for start, end, whole in places:
            there = text[max(0, start - _BESIDE) : start], whole, text[end : end + _BESIDE]
            if there not in known:
                known[there] = self._stands_well(text, start, end, whole)
            if known[there]:
                yield start, end, whole

    def _counts(self, text: str, number: int, alone: set[int]) -> bool:
        """Whether a word may count, which needs its company; characters to fold always do.

        What does not is put down as `alone`.
        """
        counts = self._may_count(text, number)
        if not counts:
            alone.add(number)
        return counts

    def _may_count(self, text: str, number: int) -> bool:
        if number >= self._wording:
            return number >= self._telling
        needs = self._guarded.get(number)
        return needs is None or any(needed.somewhere(text) for needed in needs)

    def _parts_word(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether the separators or unseen characters `start:end` stand within a word."""
        left, right = text[start - 1 : start], text[end : end + 1]
        latin = left.isascii() and right.isascii()
        if self._folding <= number < self._hiding and (latin or left + right in self._wholes):
            return left.isalnum() and right.isalnum()
        if left + right not in self._pairs:
            return False
        if latin and text[start] in _ORDINARY_GAPS and not _within_mixed(text, start, end):
            return False
        return self._spells(text, start, end)

    def _disguises(self, text: str, start: int, end: int, number: int) -> bool:
        """Whether a spaced, doubled or split character, or a sound-alike, stands within a word."""
        if number < self._spacing:
            return self._parting.may_part(text, start) and self._spells(text, start, end)
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

    def _joins_to_word(self, text: str, start: int, end: int, character: str) -> bool:
        if not self._stands_well(text, start, end, character):
            return False
        if len(text) > _LONG:
            return True
        around = text[max(0, start - _AROUND) : end + _AROUND]
        places = self.splits(around, self._find(around))
        whole = joined(Folded.unchanged(around), places).text
        return self._has_word(whole) or self._has_word(squeeze(whole))

    def _stands_well(self, text: str, start: int, end: int, whole: str) -> bool:
        """Whether `whole` makes a pair with a neighbour, which may be split itself."""
        pairs, wholes = self._pairs, self._wholes
        start, end = _past_mark(text, start, -1), _past_mark(text, end - 1, 1) + 1
        if text[start - 1 : start] + whole in pairs or whole + text[end : end + 1] in pairs:
            return True
        for parts in _PARTS:
            before, after = text[max(0, start - parts) : start], text[end : end + parts]
            if wholes.get(before, "") + whole in pairs or whole + wholes.get(after, "") in pairs:
                return True
        return False

    def _has_word(self, text: str) -> bool:
        return any(number < self._wording for _, _, number in self._find(text))


def _past_mark(text: str, at: int, step: int) -> int:
    """Where the neighbours begin, counted over one mark or space."""
    return at + step if not text[at + step : at + step + 1].isalnum() and at + step > 0 else at


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


def guarded(forms: Sequence[Sequence[Form]]) -> dict[int, tuple[Neighbours, ...]]:
    """The literals that only stand for words that need company, and what they need.

    Nothing helps those that are harmless unless disguised.
    """
    found = {}
    for number, group in enumerate(forms):
        needs = [form.entry.neighbours for form in group if not is_harmless(form)]
        if None not in needs:
            found[number] = tuple({needed for needed in needs if needed})
    return found
