"""Finding the words of all rules in a text and in what it becomes when disguises are undone."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from moderator.domain.rule import Layer
from moderator.matching.automaton import Match
from moderator.matching.entries import Form
from moderator.matching.judging import Found, Span
from moderator.matching.latin import LatinTokens
from moderator.matching.literals import Literals
from moderator.matching.memo import Memo
from moderator.matching.phonetic import Phonetics
from moderator.matching.sieve import Sieve
from moderator.matching.soundalikes import Soundalikes
from moderator.matching.verdicts import DISGUISE, HARMLESS, SYLLABLES, verdict
from moderator.text.folding import Folded
from moderator.text.joining import joined
from moderator.text.squeezing import REDUPLICATED, squeezed

TRIES_PER_RULE = 64  # in one stage for one text; what is left of longer texts is more of the same
TRIES = 256  # the same for all rules together
_LATIN = re.compile("[a-z]{2}|[a-z][0-9@$*#]")


class Words:
    """The stages that find words, from the plain text to the most disguised.  Immutable."""

    __slots__ = ("_find", "_latin", "_literals", "_phonetics", "_sieve", "_soundalikes", "_verdict")

    def __init__(
        self,
        literals: Literals,
        sieve: Sieve,
        latin: LatinTokens,
        phonetics: Phonetics,
        soundalikes: Soundalikes,
    ) -> None:
        self._soundalikes = soundalikes
        self._find = literals.automaton.find
        self._literals = literals
        self._sieve = sieve
        self._latin = latin
        self._phonetics = phonetics
        self._verdict = Memo(partial(verdict, latin, phonetics)).__getitem__

    def suspicious(self, text: str, tokens: Iterable[str]) -> bool:
        """Whether the Latin tokens of a lower-case text may spell disguised words."""
        worst = max(map(self._verdict, tokens), default=HARMLESS)
        return worst == DISGUISE or (worst == SYLLABLES and self._phonetics.suspicious(text))

    def find(self, view: Folded, matches: Sequence[Match]) -> Iterator[Found]:
        """What may be words in the canonical text `view`, in which `matches` were found."""
        for stage in self._stages(view, matches):
            yield from islice(stage, TRIES)

    def _stages(self, view: Folded, matches: Sequence[Match]) -> Iterator[Iterator[Found]]:
        yield self._plain(view.text, matches)
        yield self._soundalikes.find(view, matches, self._literals.names)
        yield self._joined(view, matches)
        if self._sieve.squeezes(view.text, matches):
            tight = squeezed(view)
            found = self._find(tight.text)
            yield self._tight(tight, found)
            yield self._joined(tight, found)
        if _LATIN.search(view.text):
            yield self._latin.find(view)
            yield self._phonetics.find(view)

    def _plain(self, text: str, matches: Iterable[Match]) -> Iterator[Found]:
        for start, end, form in self._forms(matches):
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
            below = range(start, end)
            if any(whole.ends[at] - whole.starts[at] > 1 for at in below):
                parts = [whole.origin_above(at, at + 1) for at in below]
                layers = (*form.layers, Layer.SPLIT)
                yield Found(form.entry, parts, layers, form.phrases, whole.text, start)

    def _forms(self, matches: Iterable[Match]) -> Iterator[tuple[int, int, Form]]:
        """The forms among the matches, as many as one text is worth."""
        forms, wording = self._literals.forms, self._literals.bounds.wording
        tries: Counter[str] = Counter()
        for start, end, number in matches:
            if number < wording:
                for form in forms[number]:
                    rule = form.entry.rule.id
                    tries[rule] += 1
                    if tries[rule] <= TRIES_PER_RULE:
                        yield start, end, form


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
