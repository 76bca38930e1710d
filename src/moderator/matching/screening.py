"""The whole matcher over one text."""

import re
from collections.abc import Iterable, Iterator, Sequence

from moderator.domain.finding import Hit
from moderator.domain.rule import Rule
from moderator.matching.asking import asking
from moderator.matching.automaton import DEFAULT, EngineName, Match
from moderator.matching.entries import compiled
from moderator.matching.explanation import Explanation, Suppressed
from moderator.matching.glancing import ENCODED, KEYWORD_FOUND, NONE, UNKNOWN, first_look
from moderator.matching.judging import Judge, Judged
from moderator.matching.latin import LatinTokens, token_texts
from moderator.matching.literals import collect
from moderator.matching.nearness import nearest
from moderator.matching.patterns import Candidates, PatternMatcher
from moderator.matching.phonetic import Phonetics, spelled
from moderator.matching.sieve import NOTHING, PATTERNS, WORDS, Sieve
from moderator.matching.soundalikes import Soundalikes
from moderator.matching.stretches import WHOLE
from moderator.matching.tally import HITS_PER_RULE, Tally
from moderator.matching.trial import Refusal
from moderator.matching.triggers import PatternTriggers
from moderator.matching.words import Words
from moderator.text.characters import characters
from moderator.text.components import splits
from moderator.text.folding import Folded, canonical, folds
from moderator.text.pinyin import pinyin

_alphanumeric = re.compile("[0-9a-z]").search
_SURROGATE = re.compile("[\ud800-\udfff]")


class Screen:
    """All rules over a text.  Immutable, without I/O; safe to share between threads; picklable.

    Building takes about a second for 60,000 words: off the serving path.
    """

    def __init__(self, rules: Sequence[Rule], *, engine: EngineName = DEFAULT) -> None:
        enabled = [rule for rule in rules if rule.enabled]
        self._characters = characters()
        self._patterns = PatternMatcher(enabled)
        entries, forms = compiled(enabled, self._characters)
        self._entries = entries
        soundalikes = Soundalikes(entries, pinyin())
        latin = LatinTokens(entries, pinyin())
        sounds = [*soundalikes.pairs, *latin.parted]
        by_signs = spelled(entries, pinyin())
        phonetics = Phonetics(by_signs, pinyin(), engine)
        literals = collect(
            forms, self._patterns.keywords, self._characters, splits(), sounds, engine
        )
        self._find = literals.automaton.find
        self._triggers = PatternTriggers(self._patterns, literals)
        self._sieve = Sieve(literals)
        self._words = Words(
            literals,
            self._sieve,
            latin,
            phonetics,
            soundalikes,
        )
        self._glance, self._askers = first_look(
            literals, self._triggers, latin, phonetics, soundalikes, by_signs, pinyin()
        )

    def screen(self, text: str) -> tuple[Hit, ...]:
        """The hits, in text order; offsets are code points of `text`.

        At most `HITS_PER_RULE` for one rule; of overlapping words of one rule the longest.
        """
        called = self._glance.calls(text) if self._glance is not None else UNKNOWN
        if called == NONE:
            return ()
        try:
            return self._looked_at(text, text.lower(), called)
        except UnicodeEncodeError:
            return self.screen(_SURROGATE.sub("\ufffd", text))

    def _looked_at(self, text: str, lowered: str, called: int) -> tuple[Hit, ...]:
        candidates = self._asked(text) if called >= KEYWORD_FOUND else None
        if not candidates and candidates is not None and "%" not in text:
            return ()
        if candidates is not None:
            return tuple(self._patterns.match(text, candidates, encoded=False))
        if len(text) > WHOLE and called < ENCODED:
            return self._screened(text, lowered, None, WORDS)
        matches = self._find(lowered)
        if called >= ENCODED:
            encoded = called == ENCODED and self._triggers.encoded(lowered)
            return self._matched(text, Folded.unchanged(lowered), matches, encoded=encoded)
        call = self._call(lowered, matches, latin=_alphanumeric(lowered) is not None)
        return () if call == NOTHING else self._screened(text, lowered, matches, call)

    def _asked(self, text: str) -> Candidates | None:
        """The candidates of a text in which words are no matter, if the first look tells them."""
        places = self._glance.asked(text) if self._glance is not None else None
        return None if places is None else asking(text, places, self._askers)

    def explain(self, text: str) -> Explanation:
        """What hit and why; what was found and does not count; what came close."""
        readable = _SURROGATE.sub("\ufffd", text)
        lowered = readable.lower()
        view, matches = self._canonical(readable, lowered)
        judged = self._judged(readable, view, matches)
        refusals = self._patterns.refusals(readable, self._triggers.candidates(view, matches))
        hits = self.screen(text)
        suppressed = (*map(_suppressed, _objected(judged)), *map(_refused, refusals))
        known = {hit.rule for hit in hits} | {one.rule for one in suppressed}
        return Explanation(
            text=text,
            canonical=view.text,
            hits=hits,
            suppressed=suppressed,
            nearest=nearest(view, self._entries, pinyin(), known),
            unread=tuple(view.origin(*stretch) for stretch in self._words.unread(view.text)),
        )

    def _call(self, text: str, matches: list[Match], *, latin: bool) -> int:
        """What the matches, the letters and the digits of a lower-case text call for."""
        if len(text) > WHOLE:
            return WORDS
        call = self._sieve.call(text, matches) if matches else NOTHING
        if call == WORDS:
            return call
        if not latin:
            fits = call == PATTERNS and self._triggers.fits(text, matches, latin=False)
            return PATTERNS if fits else NOTHING
        tokens = token_texts(text)
        if self._words.suspicious(text, tokens):
            return WORDS
        if call == PATTERNS and self._triggers.fits(text, matches, latin=True):
            return PATTERNS
        return PATTERNS if self._triggers.calls(text, tokens) else NOTHING

    def _screened(
        self, text: str, lowered: str, matches: list[Match] | None, call: int
    ) -> tuple[Hit, ...]:
        view, found = Folded.unchanged(lowered), matches or []
        hits: list[Hit] = []
        if call == WORDS:
            view, found = self._canonical(text, lowered, matches)
            if view.text is lowered or self._calls_for_words(view.text, found):
                hits = [_hit(one) for one in _longest(self._counting(text, view, found))]
        hits += self._matched(text, view, found, encoded=self._triggers.encoded(lowered))
        return tuple(sorted(hits, key=lambda hit: (hit.start, hit.end)))

    def _matched(
        self, text: str, view: Folded, matches: list[Match], *, encoded: bool
    ) -> tuple[Hit, ...]:
        """The hits of patterns alone."""
        candidates = self._triggers.candidates(view, matches)
        if not candidates and not encoded:
            return ()
        return tuple(self._patterns.match(text, candidates, encoded=encoded))

    def _calls_for_words(self, text: str, matches: list[Match]) -> bool:
        if self._sieve.lurks(matches):
            return True
        latin = _alphanumeric(text) is not None
        return self._call(text, matches, latin=latin) == WORDS

    def _counting(self, text: str, view: Folded, matches: list[Match]) -> Iterator[Judged]:
        """What counts, but for most of what lies within it."""
        judge, tally = Judge(text, view, self._characters), Tally(len(text))
        for found in self._words.find(view, matches, tally):
            judged = judge.judge(found)
            if not judged.reason:
                tally.take(found)
                yield judged

    def _judged(self, text: str, view: Folded, matches: list[Match]) -> list[Judged]:
        judge = Judge(text, view, self._characters)
        return [judge.judge(found) for found in self._words.find(view, matches, Tally())]

    def _canonical(
        self, text: str, lowered: str, matches: list[Match] | None = None
    ) -> tuple[Folded, list[Match]]:
        """The canonical text and what is found in it; `matches` are those in lower case."""
        if len(lowered) == len(text) and not folds(text, self._characters):
            return Folded.unchanged(lowered), self._find(lowered) if matches is None else matches
        view = canonical(text, self._characters)
        return view, self._find(view.text)


def _hit(judged: Judged) -> Hit:
    rule = judged.entry.rule
    return Hit(
        rule=rule.id,
        version=rule.version,
        category=rule.category,
        severity=rule.severity,
        start=judged.start,
        end=judged.end,
        word=judged.entry.word.text,
        layers=judged.layers,
        masked=rule.masked,
    )


def _suppressed(judged: Judged) -> Suppressed:
    return Suppressed(
        rule=judged.entry.rule.id,
        word=judged.entry.word.text,
        start=judged.start,
        end=judged.end,
        reason=judged.reason,
        layers=judged.layers,
        tried=judged.tried,
    )


def _refused(refusal: Refusal) -> Suppressed:
    return Suppressed(
        rule=refusal.rule,
        word="",
        start=refusal.start,
        end=refusal.end,
        reason=refusal.reason,
    )


def _objected(judged: Sequence[Judged]) -> list[Judged]:
    return [one for one in judged if one.reason]


def _longest(judged: Iterable[Judged]) -> list[Judged]:
    """Without what lies inside a longer find of the same rule; at most so many of each rule."""
    kept: list[Judged] = []
    reach: dict[str, int] = {}
    count: dict[str, int] = {}
    for one in sorted(judged, key=lambda one: (one.start, -one.end, len(one.layers))):
        rule = one.entry.rule.id
        if one.end <= reach.get(rule, 0) or count.get(rule, 0) == HITS_PER_RULE:
            continue
        reach[rule] = one.end
        count[rule] = count.get(rule, 0) + 1
        kept.append(one)
    return kept
