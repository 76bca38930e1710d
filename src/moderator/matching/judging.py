"""Whether a word that was found counts as a hit, and if not, why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moderator.domain.rule import Boundary, Layer, Separators
from moderator.matching.entries import Entry, Phrase
from moderator.text.characters import Characters
from moderator.text.folding import Folded, layers_within
from moderator.text.separators import LONGEST_GAP, SENTENCE_MARKS

Span = tuple[int, int]
_ORDER = {layer: place for place, layer in enumerate(Layer)}


@dataclass(frozen=True, slots=True)
class Found:
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


@dataclass(frozen=True, slots=True)
class Judged:
    """A found word: where it stands in the original, what was undone, and why it is no hit."""

    entry: Entry
    start: int
    end: int
    layers: tuple[Layer, ...] = ()
    reason: str = ""
    tried: tuple[str, ...] = ()  # allow phrases


class Judge:
    """Judges what was found in one text."""

    __slots__ = ("_canonical", "_characters", "_original")

    def __init__(self, original: str, canonical: Folded, characters: Characters) -> None:
        self._original = original
        self._canonical = canonical
        self._characters = characters

    def judge(self, found: Found) -> Judged:
        span = (found.parts[0][0], found.parts[-1][1])
        origin = self._canonical.origin(*span)
        reason = found.reason or self._boundary(found.entry, span) or self._gaps(found)
        if reason:
            return Judged(found.entry, *origin, reason=reason)
        layers = self._layers(found, origin)
        reason = _forbidden(found.entry, layers) or _allowed(found) or self._alone(found, span)
        tried = tuple(phrase.spelled for phrase in found.phrases)
        return Judged(found.entry, *origin, layers, reason, tried)

    def _boundary(self, entry: Entry, span: Span) -> str:
        boundary = entry.word.boundary
        if boundary is Boundary.ANYWHERE:
            return ""
        text, (start, end) = self._canonical.text, span
        if start and _in_word(text[start - 1]) and _in_word(text[start]):
            return "stands within a longer word"
        if boundary is Boundary.PREFIX or end == len(text):
            return ""
        return "goes on as a longer word" if _in_word(text[end - 1]) and _in_word(text[end]) else ""

    def _gaps(self, found: Found) -> str:
        parts, text = found.parts, self._canonical.text
        filled = [text[left[1] : right[0]] for left, right in pairwise(parts) if left[1] < right[0]]
        return _gap_objection(found.entry, len(parts) - 1, filled) if filled else ""

    def _layers(self, found: Found, origin: Span) -> tuple[Layer, ...]:
        span, word = self._original[slice(*origin)], found.entry.word.text
        if span == word:
            return ()
        undone = layers_within(span, self._characters) | set(found.layers)
        parts = found.parts
        if any(left[1] < right[0] for left, right in pairwise(parts)):
            undone.add(Layer.SEPARATORS)
        if not undone & {Layer.PINYIN, Layer.INITIALS} and word != word.lower():
            undone.add(Layer.CASE)
        return tuple(sorted(undone, key=_ORDER.__getitem__))

    def _alone(self, found: Found, span: Span) -> str:
        neighbours = found.entry.neighbours
        if neighbours is None or neighbours.present(self._canonical.text, *span):
            return ""
        return "company missing"


def _in_word(character: str) -> bool:
    """Whether it continues an ASCII word; digits and underscores do."""
    return character.isascii() and (character.isalnum() or character == "_")


def _forbidden(entry: Entry, layers: Sequence[Layer]) -> str:
    for layer in layers:
        if layer not in entry.word.undo and layer is not Layer.SEPARATORS:
            return f"layer {layer} is not undone for this word"
    return ""


def _allowed(found: Found) -> str:
    for phrase in found.phrases:
        at = found.at - phrase.offset
        if at >= 0 and found.view.startswith(phrase.text, at):
            return f"allow phrase {phrase.spelled}"
    return ""


def _gap_objection(entry: Entry, gaps: int, filled: Sequence[str]) -> str:
    separators = entry.word.separators
    if separators is Separators.NONE:
        return "separators are not undone for this word"
    if max(map(len, filled)) > LONGEST_GAP[separators]:
        return "too much stands between the characters"
    spelled_out = gaps > 1 and len(filled) == gaps
    if entry.ascii and not spelled_out and any(gap.isspace() for gap in filled):
        return "a space within a Latin word is no disguise"
    if separators is Separators.FEW and not spelled_out and _ends_sentence(filled):
        return "a sentence mark stands between the characters"
    return ""


def _ends_sentence(gaps: Sequence[str]) -> bool:
    return any(mark in SENTENCE_MARKS for gap in gaps for mark in gap)
