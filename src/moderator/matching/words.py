"""Finding the words of all rules in a text and in what it becomes when disguises are undone."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice

from moderator.domain.rule import Layer
from moderator.matching.automaton import Match
from moderator.matching.entries import Form
from moderator.matching.judging import Found, Span
from moderator.matching.latin import LatinTokens, token_texts
from moderator.matching.literals import Literals
from moderator.matching.memo import Memo
from moderator.matching.phonetic import Phonetics
from moderator.matching.sieve import WORDS, Sieve
from moderator.matching.soundalikes import Soundalikes
from moderator.matching.stretches import MOST_MATCHES, WHOLE, most, stretches, within
from moderator.matching.tally import AS_WRITTEN, IN_DISGUISE, Spare, Tally
from moderator.matching.verdicts import DISGUISE, HARMLESS, SYLLABLES, verdict
from moderator.text.folding import Folded
from moderator.text.joining import joined
from moderator.text.spelling import respelled, spelled_out, without
from moderator.text.squeezing import REDUPLICATED, squeezed

# In one stage for one text; what is left of longer texts is more of the same.
TRIES_PER_RULE, TRIES_IN_DISGUISE = 64, 16
MOST_PLACES = 1024  # of noise in one text
_FEW = 32  # tokens; among more there may be many alike
_SHORT = 3  # characters of a token that cannot be noise within a word
_LONG_ENOUGH = 5  # letters of a word that is seen within a longer one that is spelled out
_LATIN = re.compile("[a-z]{2}|[a-z][0-9@$*#]")


class Words:
    """The stages that find words, from the plain text to the most disguised.  Immutable."""

    __slots__ = (
        "_find",
        "_latin",
        "_literals",
        "_phonetics",
        "_sieve",
        "_soundalikes",
        "_sounding",
        "_verdict",
    )

    def __init__(
        self,
        literals: Literals,
        sieve: Sieve,
        latin: LatinTokens,
        phonetics: Phonetics,
        soundalikes: Soundalikes,
    ) -> None:
        self._soundalikes = soundalikes
        self._sounding = soundalikes.numbered(literals.names)
        self._find = literals.automaton.find
        self._literals = literals
        self._sieve = sieve
        self._latin = latin
        self._phonetics = phonetics
        self._verdict = Memo(partial(verdict, latin, phonetics)).__getitem__

    def suspicious(self, text: str, tokens: Sequence[str]) -> bool:
        """Whether the Latin tokens of a lower-case text may spell disguised words."""
        different = tokens if len(tokens) < _FEW else set(tokens)
        worst = max(map(self._verdict, different), default=HARMLESS)
        return (
            worst == DISGUISE
            or (worst == SYLLABLES and self._phonetics.suspicious(text))
            or (min(map(len, tokens), default=_SHORT) < _SHORT and self._sieve.noisy(text))
            or ((len(tokens) > 2 or "*" in text or "+" in text) and spelled_out(text))
        )

    def find(self, view: Folded, matches: Sequence[Match], tally: Tally) -> Iterator[Found]:
        """What may be words in the canonical text `view`, in which `matches` were found.

        The tally is asked for each find when those before it were judged.
        Of texts longer than `stretches.WHOLE` only some stretches are looked at for disguises.
        """
        spare = Spare(len(view.text), tally)
        yield from spare.of(self._plain(view.text, matches, TRIES_PER_RULE), AS_WRITTEN)
        if len(view.text) <= WHOLE:
            yield from self._disguised(view, matches, spare)
            return
        closely, _ = self._divided(view.text) if not spare.spent else ((), ())
        for stretch, found in closely:
            yield from self._within(view.text, stretch, found, spare)

    def unread(self, text: str) -> list[Span]:
        """The stretches of a canonical text that are not looked at for disguises, in order."""
        return sorted(self._divided(text)[1]) if len(text) > WHOLE else []

    def _divided(self, text: str) -> tuple[list[tuple[Span, list[Match]]], list[Span]]:
        """The stretches that call for a closer look, with their matches, and those left over."""
        closely: list[tuple[Span, list[Match]]] = []
        left = stretches(len(text))
        seen = 0
        for start, end in left:
            piece = text[start:end]
            matches = self._find(piece)
            seen += len(matches)
            if self.calls(piece, matches):
                closely.append(((start, end), matches))
            if len(closely) == most(len(text)) or seen > MOST_MATCHES:
                break
        return closely, list(left)

    def calls(self, text: str, matches: Sequence[Match]) -> bool:
        """Whether anything in a canonical text may be a word, plain or in disguise."""
        return self._sieve.call(text, matches) == WORDS or self.suspicious(text, token_texts(text))

    def _within(
        self, text: str, stretch: Span, matches: Sequence[Match], spare: Spare
    ) -> Iterator[Found]:
        """What stands in disguise in a stretch of the text, but for what is cut at its ends."""
        start, end = stretch
        piece = Folded.unchanged(text[start:end])
        for found in self._disguised(piece, matches, spare):
            parts = [(left + start, right + start) for left, right in found.parts]
            if within((parts[0][0], parts[-1][1]), stretch, len(text)):
                yield found._replace(parts=parts)

    def _disguised(self, view: Folded, matches: Sequence[Match], spare: Spare) -> Iterator[Found]:
        for stage in self._stages(view, matches):
            if spare.spent:
                return
            yield from spare.of(stage, IN_DISGUISE)

    def _stages(self, view: Folded, matches: Sequence[Match]) -> Iterator[Iterator[Found]]:
        """What undoes disguises, one way after the other."""
        kinds = {number for _, _, number in matches}
        if not self._sounding.keys().isdisjoint(kinds):
            yield self._soundalikes.find(view, matches, self._sounding)
        split = not self._literals.splits.keys().isdisjoint(kinds)
        if split:
            yield self._joined(view, matches)
        if (
            not self._literals.apart.isdisjoint(kinds)
            or (split and self._sieve.joins(view.text, matches))
            or (self._sieve.parts(kinds) and self._sieve.squeezes(view.text, matches))
        ):
            tight = squeezed(view)
            found = self._find(tight.text)
            yield self._tight(tight, found)
            yield self._joined(tight, found)
            yield self._cleaned(tight)
        yield self._cleaned(view)
        if _LATIN.search(view.text):
            yield self._latin.find(view)
            yield self._phonetics.find(view)
        if spelled_out(view.text):
            yield self._spelled(view.text, respelled(view))

    def _plain(
        self, text: str, matches: Iterable[Match], tries: int = TRIES_IN_DISGUISE
    ) -> Iterator[Found]:
        for start, end, form in self._forms(matches, tries):
            if not form.squeezed:
                yield Found(form.entry, ((start, end),), form.layers, form.phrases, text, start)

    def _tight(self, tight: Folded, matches: Iterable[Match]) -> Iterator[Found]:
        canonical = tight.below.text if tight.below else tight.text
        for start, end, form in self._forms(matches):
            parts = list(zip(tight.starts[start:end], tight.ends[start:end], strict=True))
            layers, reason = form.layers, ""
            if any(after - before > 1 for before, after in parts):
                layers, reason = _repeats(canonical, parts, form)
            yield Found(form.entry, parts, layers, form.phrases, tight.text, start, reason)

    def _joined(self, apart: Folded, matches: Sequence[Match]) -> Iterator[Found]:
        splits = self._sieve.splits(apart.text, matches)
        if not splits:
            return
        whole = joined(apart, splits)
        for start, end, form in self._forms(self._find(whole.text)):
            if whole.ends[end - 1] - whole.starts[start] > end - start:
                parts = whole.parts_above(start, end)
                layers = (*form.layers, Layer.SPLIT)
                yield Found(form.entry, parts, layers, form.phrases, whole.text, start)

    def _cleaned(self, view: Folded) -> Iterator[Found]:
        """The words within which single letters or digits stand."""
        places = list(islice(self._sieve.noise(view.text), MOST_PLACES))
        if not places:
            return
        clean = without(view, places)
        for start, end, form in self._forms(self._find(clean.text)):
            if clean.ends[end - 1] - clean.starts[start] > end - start:
                parts = clean.parts_above(start, end)
                yield Found(form.entry, parts, form.layers, form.phrases, clean.text, start)

    def _spelled(self, text: str, words: Folded) -> Iterator[Found]:
        """What the words that were spelled out letter by letter stand for."""
        plain = self._plain(words.text, self._find(words.text))
        latin = self._latin.find(words, chinese=not text.isascii())
        for found in chain(plain, latin, self._phonetics.find(words)):
            start, end = found.parts[0][0], found.parts[-1][1]
            if _whole(words.text, start, end) or end - start >= _LONG_ENOUGH:
                letters = (at for at in range(start, end) if words.text[at] != " ")
                parts = [words.origin_above(at, at + 1) for at in letters]
                if Layer.INITIALS not in found.layers or _dotted(text, parts):
                    yield found._replace(parts=parts)

    def _forms(
        self, matches: Iterable[Match], most: int = TRIES_IN_DISGUISE
    ) -> Iterator[tuple[int, int, Form]]:
        """The forms among the matches, as many as one text is worth."""
        forms, wording = self._literals.forms, self._literals.bounds.wording
        tries: Counter[str] = Counter()
        for start, end, number in matches:
            if number < wording:
                for form in forms[number]:
                    rule = form.entry.rule.id
                    tries[rule] += 1
                    if tries[rule] <= most:
                        yield start, end, form


def _whole(text: str, start: int, end: int) -> bool:
    return not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()


def _dotted(text: str, letters: Sequence[Span]) -> bool:
    """Whether marks, not spaces, stand between the letters: S M L are sizes."""
    return not any(map(str.isspace, text[letters[0][0] : letters[-1][1]]))


def _repeats(text: str, parts: list[Span], form: Form) -> tuple[tuple[Layer, ...], str]:
    """Judge the repeats within the parts; those at both ends are cut from `parts`."""
    runs = form.entry.runs if form.literal == form.entry.squeezed else (1,) * len(parts)
    if runs[0] == 1:
        parts[0] = (parts[0][1] - 1, parts[0][1])
    if runs[-1] == 1:
        parts[-1] = (parts[-1][0], parts[-1][0] + 1)
    layers = form.layers
    for (start, end), needed in zip(parts, runs, strict=True):
        stands = text.count(text[start], start, end)
        if stands < needed:
            return layers, "fewer repeated characters than the word has"
        if stands == needed + 1 == 2 and text[start] in REDUPLICATED:
            return layers, "doubled as in ordinary talk"
        if stands > needed and Layer.REPEATS not in layers:
            layers = (*layers, Layer.REPEATS)
    return layers, ""
