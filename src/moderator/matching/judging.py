"""Whether a word that was found counts as a hit, and if not, why not."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from moderator.domain.rule import Boundary, Layer, Separators
from moderator.matching.entries import Entry, Form, Phrase
from moderator.text.characters import Characters
from moderator.text.folding import Folded, layers_within
from moderator.text.separators import (
    LONGEST_GAP,
    LONGEST_UNIFORM_GAP,
    MEASURES,
    SENTENCE_MARKS,
    SINGLE_CLAUSES,
)

Span = tuple[int, int]
SHORT_WORD = 2  # characters
# Nobody writes so by chance; in capitals, traditional characters or full width many do.
_ON_PURPOSE = frozenset(
    {
        Layer.INVISIBLE, Layer.LOOKALIKE, Layer.SEPARATORS, Layer.SPLIT, Layer.NOISE,
        Layer.ENCODED, Layer.PINYIN, Layer.LEET, Layer.HOMOPHONE, Layer.SHAPE,
    }
)  # fmt: skip
_ORDER = {layer: place for place, layer in enumerate(Layer)}
_NOISY, _PARTED, _IN_CASE = map(frozenset, ([Layer.NOISE], [Layer.SEPARATORS], [Layer.CASE]))
_IN_LETTERS = frozenset({Layer.PINYIN, Layer.INITIALS})


class Found(NamedTuple):
    """A word that may be a hit.

    `parts` are the spans of its characters in the canonical text, or one span for the whole where
    nothing can stand between.  The word stands at `at` in the text of `view`, where its allow
    phrases are looked for.  `reason` says why it is already known not to count.
    """

    entry: Entry
    parts: Sequence[Span]
    layers: tuple[Layer, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    view: str = ""
    at: int = 0
    reason: str = ""


class Judged(NamedTuple):
    """A found word: where it stands in the original, what was undone, and why it is no hit."""

    entry: Entry
    start: int
    end: int
    layers: tuple[Layer, ...] = ()
    reason: str = ""
    tried: tuple[str, ...] = ()  # allow phrases


class Judge:
    """Judges what was found in one text."""

    __slots__ = ("_canonical", "_characters", "_original", "_undone")

    def __init__(self, original: str, canonical: Folded, characters: Characters) -> None:
        self._original = original
        self._canonical = canonical
        self._characters = characters
        self._undone: dict[str, frozenset[Layer]] = {}  # many words stand in the same span

    def judge(self, found: Found) -> Judged:
        span = (found.parts[0][0], found.parts[-1][1])
        origin = self._canonical.origin(*span)
        reason = found.reason or self._boundary(found, span) or self._gaps(found)
        if reason:
            return Judged(found.entry, *origin, reason=reason)
        layers = self._layers(found, origin)
        reason = (
            _forbidden(found.entry, layers)
            or _plain(found.entry, layers, self._original[slice(*origin)])
            or _allowed(found)
            or self._alone(found, span)
        )
        tried = tuple(phrase.spelled for phrase in found.phrases)
        return Judged(found.entry, *origin, layers, reason, tried)

    def _boundary(self, found: Found, span: Span) -> str:
        boundary = found.entry.word.boundary
        text, (start, end) = self._canonical.text, span
        if boundary is Boundary.ANYWHERE:
            cut = Layer.PINYIN in found.layers and _cuts_latin(text, start, end)
            return "an initial stands within a longer word" if cut else ""
        if start and _in_word(text[start - 1]) and _in_word(text[start]):
            return "stands within a longer word"
        if boundary is Boundary.PREFIX or end == len(text):
            return ""
        return "goes on as a longer word" if _in_word(text[end - 1]) and _in_word(text[end]) else ""

    def _gaps(self, found: Found) -> str:
        parts, text = found.parts, self._canonical.text
        if len(parts) == 1:
            return ""
        filled = [text[left[1] : right[0]] for left, right in pairwise(parts) if left[1] < right[0]]
        if not filled:
            return ""
        return (
            _noise_objection(found, text, filled)
            or _gap_objection(found.entry, len(parts) - 1, filled, alone=_end_alone(parts, text))
            or _word_break(found, text, filled)
        )

    def _layers(self, found: Found, origin: Span) -> tuple[Layer, ...]:
        span, word = self._original[slice(*origin)], found.entry.word.text
        if span == word:
            return ()
        undone = self._folded(span).union(found.layers)
        for left, right in pairwise(found.parts):
            gap = self._canonical.text[left[1] : right[0]]
            if any(map(str.isalnum, gap)):
                undone |= _NOISY
            if not all(map(str.isalnum, gap)):
                undone |= _PARTED
        if undone.isdisjoint(_IN_LETTERS) and word != word.lower():
            undone |= _IN_CASE
        return tuple(sorted(undone, key=_ORDER.__getitem__))

    def _folded(self, span: str) -> frozenset[Layer]:
        if span not in self._undone:
            self._undone[span] = frozenset(layers_within(span, self._characters))
        return self._undone[span]

    def _alone(self, found: Found, span: Span) -> str:
        neighbours = found.entry.neighbours
        if neighbours is None or neighbours.present(self._canonical.text, *span):
            return ""
        return "company missing"


def _cuts_latin(text: str, start: int, end: int) -> bool:
    """Whether Latin letters at the edges of the span go on beyond it."""
    edges = text[max(0, start - 1) : start + 1], text[end - 1 : end + 1]
    return any(len(edge) > 1 and edge.isascii() and edge.isalpha() for edge in edges)


def _in_word(character: str) -> bool:
    """Whether it continues an ASCII word; digits and underscores do."""
    return character.isascii() and (character.isalnum() or character == "_")


def _forbidden(entry: Entry, layers: Sequence[Layer]) -> str:
    for layer in layers:
        if layer not in entry.word.undo and layer is not Layer.SEPARATORS:
            return f"layer {layer} is not undone for this word"
    return ""


def is_harmless(form: Form) -> bool:
    """Whether the form, as it is written, is no hit."""
    return form.entry.word.disguised and _ON_PURPOSE.isdisjoint(form.layers)


def _plain(entry: Entry, layers: Sequence[Layer], span: str) -> str:
    """Why a word that is harmless by itself does not count; names are syllables, too."""
    if not entry.word.disguised:
        return ""
    named = Layer.PINYIN in layers and span.isascii()
    return "counts only in disguise" if named or _ON_PURPOSE.isdisjoint(layers) else ""


def _allowed(found: Found) -> str:
    for phrase in found.phrases:
        at = found.at - phrase.offset
        if at >= 0 and found.view.startswith(phrase.text, at):
            return f"allow phrase {phrase.spelled}"
    return ""


def _noise_objection(found: Found, text: str, filled: Sequence[str]) -> str:
    """Why letters or digits between the characters are not there as a disguise."""
    if len(found.parts) > SHORT_WORD or not any(gap.isalnum() for gap in filled):
        return ""
    if found.entry.listed:
        return "noise is not undone for the short words of long lists"
    last = text[found.parts[-1][0]]
    return "a number of them" if filled[0].isdigit() and last in MEASURES else ""


def _word_break(found: Found, text: str, filled: Sequence[str]) -> str:
    """Why spaces or sentence marks in a word that is harmless by itself only part two others."""
    if not found.entry.word.disguised or 1 < len(filled) == len(found.parts) - 1:
        return ""
    start, end = found.parts[0][0], found.parts[-1][1]
    joined = text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()
    if joined and all(gap.isspace() or _marks(gap) for gap in filled):
        return "two words stand beside each other"
    return ""


def _end_alone(parts: Sequence[Span], text: str) -> bool:
    """Whether only the first or the last character stands apart, alone between sentence marks."""
    (start, first), (last, end) = parts[0], parts[-1]
    left = text[first : parts[1][0]]
    right = text[parts[-2][1] : last]
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if "\n" in left + right or "\t" in left + right:  # one under the other, or in a table
        return len(parts) == SHORT_WORD and _edge(before) and _edge(after)
    return (_marks(left) and _edge(before) and text[start] not in SINGLE_CLAUSES) or (
        _marks(right) and _edge(after) and text[last] not in SINGLE_CLAUSES
    )


def _too_long(gap: str, longest: int) -> bool:
    return len(gap) > (LONGEST_UNIFORM_GAP if gap == gap[0] * len(gap) else longest)


def _marks(gap: str) -> bool:
    return any(mark in SENTENCE_MARKS for mark in gap)


def _edge(beside: str) -> bool:
    return not beside or beside in SENTENCE_MARKS


def _gap_objection(entry: Entry, gaps: int, filled: Sequence[str], *, alone: bool) -> str:
    separators = entry.word.separators
    spelled_out = gaps > 1 and len(filled) == gaps
    if separators is Separators.NONE and not (spelled_out and _spellable(entry)):
        return "separators are not undone for this word"
    if any(_too_long(gap, LONGEST_GAP[separators]) for gap in filled):
        return "too much stands between the characters"
    if entry.ascii and not spelled_out and any(gap.isspace() for gap in filled):
        return "a space within a Latin word is no disguise"
    if separators is Separators.FEW and not (spelled_out or alone) and any(map(_marks, filled)):
        return "a sentence mark stands between the characters"
    return ""


def _spellable(entry: Entry) -> bool:
    """Whether a Latin word may stand letter by letter, though nothing may part it elsewhere."""
    return entry.ascii and Layer.SEPARATORS in entry.word.undo
