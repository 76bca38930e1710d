r"""Regular expressions, each run only near one of its keywords.

Expressions are compiled with `re.ASCII`: in Chinese text `\b` then stands between a character and
a letter (`密钥是ghp_…`), which it does not when 是 counts as a letter.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from moderator.domain.finding import Hit
from moderator.domain.rule import Rule
from moderator.matching.automaton import DEFAULT, build
from moderator.matching.crowding import raise_for_crowds
from moderator.matching.decoding import Decoded, decodings
from moderator.matching.landmarks import Heads, same_length_lower
from moderator.matching.legible import Legible
from moderator.matching.settling import settle
from moderator.matching.trial import Find, Refusal
from moderator.matching.windows import PatternRef, Places, Reading, thinned

Candidates = Mapping[PatternRef, Sequence[int]]
__all__ = ["Candidates", "PatternMatcher", "PatternRef"]


class PatternMatcher:
    """The patterns of all rules.  Immutable, without I/O; building it compiles every expression.

    `keywords` maps each lower-case literal to the patterns that are to be tried where it stands,
    `digit_patterns` are tried where a run of at least `pattern.digits` digits begins.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        refs = tuple(
            PatternRef.of(rule, pattern)
            for rule in rules
            if rule.enabled
            for pattern in rule.patterns
        )
        self.keywords: Mapping[str, tuple[PatternRef, ...]] = _by_keyword(refs)
        self.digit_patterns = tuple(ref for ref in refs if not ref.pattern.keywords)
        self._heads = Heads(_shortest(refs), _by_head(refs))
        self._hidden = _Hidden(self.keywords)
        least = min((ref.pattern.digits for ref in self.digit_patterns), default=1)
        self._digit_run = re.compile(f"[0-9](?:[ -]?[0-9]){{{max(0, least - 1)},}}")

    def candidates(self, text: str) -> Candidates:
        """What an automaton over `keywords` would find; for texts that none has seen."""
        legible = Legible.of(text)
        found: dict[PatternRef, list[int]] = defaultdict(list)
        for ref, position in (
            *_keyword_candidates(self.keywords, legible.text),
            *self._digit_candidates(legible.text),
        ):
            found[ref].append(legible.origin(position, position + 1)[0])
        return found

    def match(self, text: str, candidates: Candidates, *, encoded: bool = True) -> list[Hit]:
        """The hits of the candidates, one for each value, in text order.

        Candidates are patterns and the positions of their keywords (or digit runs) in `text`.
        Encoded runs of `text` are decoded and searched too, whatever the candidates are, unless
        the caller knows (`encoded=False`) that there are none but single percent escapes.
        """
        places = Places(len(text))
        trials = self._trials(text, candidates, places)
        finds = [trial for trial in trials if isinstance(trial, Find)]
        decoded = self._decoded(text, places) if encoded or "%" in text else ()
        finds += decoded
        return raise_for_crowds(text, settle(finds)) if finds else []

    def refusals(self, text: str, candidates: Candidates) -> list[Refusal]:
        """The places where an expression fitted and the value was refused, and why."""
        trials = self._trials(text, candidates, Places(len(text)))
        return [trial for trial in trials if isinstance(trial, Refusal)]

    def _trials(
        self, text: str, candidates: Candidates, places: Places
    ) -> Iterator[Find | Refusal]:
        if candidates:
            reading = Reading(text, self._heads, places)
            for ref, positions in candidates.items():
                yield from reading.trials(ref, positions)

    def _digit_candidates(self, text: str) -> Iterator[tuple[PatternRef, int]]:
        if not self.digit_patterns:
            return
        for run in self._digit_run.finditer(text):
            digits = sum(map(str.isdigit, run.group()))
            for ref in self.digit_patterns:
                if digits >= ref.pattern.digits:
                    yield ref, run.start()

    def _decoded(self, text: str, places: Places) -> Iterator[Find]:
        known: dict[str, list[Find]] = {}  # a text may hold one run again and again
        for decoded in decodings(text):
            if decoded.text not in known:
                candidates = self._hidden.candidates(decoded.text)
                trials = self._trials(decoded.text, candidates, places)
                known[decoded.text] = [trial for trial in trials if isinstance(trial, Find)]
            for find in known[decoded.text]:
                yield find.moved(decoded.start, decoded.end, _chain(decoded))


class _Hidden:
    """Finds the keywords of masked rules in decoded texts, however many those are."""

    def __init__(self, keywords: Mapping[str, tuple[PatternRef, ...]]) -> None:
        masked = {
            keyword: refs
            for keyword, found in keywords.items()
            if (refs := tuple(ref for ref in found if ref.rule.masked))
        }
        self._refs = tuple(masked.values())
        self._automaton = build(list(masked), DEFAULT) if masked else None

    def candidates(self, text: str) -> Candidates:
        """Over decoded text, which is valid UTF-8."""
        if self._automaton is None:
            return {}
        legible = Legible.of(text)
        positions: dict[int, list[int]] = defaultdict(list)
        for start, end, number in self._automaton.find(same_length_lower(legible.text)):
            positions[number].append(legible.origin(start, end)[0])
        return gathered((found, self._refs[number]) for number, found in positions.items())


def gathered(found: Iterable[tuple[list[int], Iterable[PatternRef]]]) -> Candidates:
    """The candidates that keywords at these ordered positions make of their patterns."""
    positions: dict[PatternRef, list[int]] = defaultdict(list)
    for places, refs in found:
        for ref in refs:
            positions[ref] += thinned(places, ref.pattern.before + ref.pattern.after)
    return positions


def _chain(decoded: Decoded) -> str:
    return "decoded:" + ">".join(decoded.chain)


def _shortest(refs: Iterable[PatternRef]) -> dict[str, int]:
    """The heads of all patterns, and the least length of a match with each."""
    shortest: dict[str, int] = {}
    for ref in refs:
        for head in ref.heads:
            shortest[head] = min(ref.shortest, shortest.get(head, ref.shortest))
    return shortest


def _by_head(refs: Iterable[PatternRef]) -> dict[str, list[PatternRef]]:
    found: dict[str, list[PatternRef]] = defaultdict(list)
    for ref in refs:
        for head in ref.heads:
            found[head].append(ref)
    return dict(found)


def _by_keyword(refs: Iterable[PatternRef]) -> dict[str, tuple[PatternRef, ...]]:
    found: dict[str, list[PatternRef]] = defaultdict(list)
    for ref in refs:
        for keyword in ref.pattern.keywords:
            # Screens look for keywords in the text as written, where `pass：` is as common.
            for written in {keyword, keyword.replace(":", "：")}:
                found[written].append(ref)
    return {keyword: tuple(patterns) for keyword, patterns in found.items()}


def _keyword_candidates(
    keywords: Mapping[str, tuple[PatternRef, ...]], text: str
) -> Iterator[tuple[PatternRef, int]]:
    lowered = same_length_lower(text)
    for keyword, refs in keywords.items():
        at = lowered.find(keyword)
        while at >= 0:
            for ref in refs:
                yield ref, at
            at = lowered.find(keyword, at + 1)
