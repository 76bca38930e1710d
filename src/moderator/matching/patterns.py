"""Regular expressions, each run only near one of its keywords.

Expressions are compiled with `re.ASCII`: in Chinese text `\\b` then stands between a character and
a letter (`密钥是ghp_…`), which it does not when 是 counts as a letter.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from moderator.domain.finding import Hit
from moderator.domain.rule import Pattern, Rule
from moderator.matching.crowding import raise_for_crowds
from moderator.matching.decoding import Decoded, decodings
from moderator.matching.legible import Legible
from moderator.matching.runs import least_run, longest_run
from moderator.matching.trial import Find, Refusal, try_value

DIGIT_RUN = "[0-9](?:[ -]?[0-9]){%d,}"


@dataclass(frozen=True, slots=True, eq=False)
class PatternRef:
    """One pattern of one rule, compiled; compared by identity.

    No match is possible in a text whose longest run of visible ASCII characters is shorter than
    `least_run`: what makes ordinary Chinese messages with a vendor's name in them cheap.
    """

    rule: Rule
    pattern: Pattern
    expression: re.Pattern[str]
    least_run: int

    @classmethod
    def of(cls, rule: Rule, pattern: Pattern) -> "PatternRef":
        expression = re.compile(pattern.expression, re.ASCII)
        return cls(rule, pattern, expression, least_run(pattern.expression))



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
        self.keywords: Mapping[str, tuple[PatternRef, ...]] = MappingProxyType(_by_keyword(refs))
        self.digit_patterns = tuple(ref for ref in refs if not ref.pattern.keywords)
        self._decisive = {
            keyword: decisive
            for keyword, found in self.keywords.items()
            if (decisive := tuple(ref for ref in found if ref.rule.masked))
        }
        least = min((ref.pattern.digits for ref in self.digit_patterns), default=0)
        self._digit_run = re.compile(DIGIT_RUN % max(0, least - 1)) if least else None

    def candidates(self, text: str) -> list[tuple[PatternRef, int]]:
        """What an automaton over `keywords` would find; for texts that none has seen."""
        legible = Legible.of(text)
        found = [
            *_keyword_candidates(self.keywords, legible.text),
            *self._digit_candidates(legible.text),
        ]
        return [(ref, legible.origin(position, position + 1)[0]) for ref, position in found]

    def match(
        self, text: str, candidates: Iterable[tuple[PatternRef, int]], *, encoded: bool = True
    ) -> list[Hit]:
        """The hits of the candidates, best first decided where they overlap, in text order.

        A candidate is a pattern and the position of its keyword (or digit run) in `text`.  Encoded
        runs of `text` are decoded and searched too, whatever the candidates are, unless the caller
        knows (`encoded=False`) that there are none.
        """
        finds = [trial for trial in self._trials(text, candidates) if isinstance(trial, Find)]
        decoded = self._decoded(text) if encoded else ()
        return raise_for_crowds(text, _settle([*finds, *decoded]))

    def refusals(self, text: str, candidates: Iterable[tuple[PatternRef, int]]) -> list[Refusal]:
        """The places where an expression fitted and the value was refused, and why."""
        return [trial for trial in self._trials(text, candidates) if isinstance(trial, Refusal)]

    def _trials(
        self, text: str, candidates: Iterable[tuple[PatternRef, int]]
    ) -> Iterator[Find | Refusal]:
        longest = longest_run(text)
        positions: dict[PatternRef, list[int]] = defaultdict(list)
        for ref, position in candidates:
            if ref.least_run <= longest:
                positions[ref].append(position)
        if positions:
            legible = Legible.of(text)
            for ref, found in positions.items():
                yield from _try_near(ref, legible, found)

    def _digit_candidates(self, text: str) -> Iterator[tuple[PatternRef, int]]:
        if self._digit_run is None:
            return
        for run in self._digit_run.finditer(text):
            digits = sum(map(str.isdigit, run.group()))
            for ref in self.digit_patterns:
                if digits >= ref.pattern.digits:
                    yield ref, run.start()

    def _decoded(self, text: str) -> Iterator[Find]:
        for decoded in decodings(text):
            candidates = _keyword_candidates(self._decisive, decoded.text)
            for trial in self._trials(decoded.text, candidates):
                if isinstance(trial, Find):
                    yield trial.moved(decoded.start, decoded.end, _chain(decoded))


def _chain(decoded: Decoded) -> str:
    return "decoded:" + ">".join(decoded.chain)


def _by_keyword(refs: Iterable[PatternRef]) -> dict[str, tuple[PatternRef, ...]]:
    found: dict[str, list[PatternRef]] = defaultdict(list)
    for ref in refs:
        for keyword in ref.pattern.keywords:
            found[keyword].append(ref)
    return {keyword: tuple(patterns) for keyword, patterns in found.items()}


def _keyword_candidates(
    keywords: Mapping[str, tuple[PatternRef, ...]], text: str
) -> Iterator[tuple[PatternRef, int]]:
    lowered = text.lower() if len(text.lower()) == len(text) else text
    for keyword, refs in keywords.items():
        at = lowered.find(keyword)
        while at >= 0:
            for ref in refs:
                yield ref, at
            at = lowered.find(keyword, at + 1)


def _try_near(ref: PatternRef, legible: Legible, found: list[int]) -> Iterator[Find | Refusal]:
    for start, end in _windows(ref.pattern, legible, found):
        for match in ref.expression.finditer(legible.text, start, end):
            if match.end() == end < len(legible.text):
                continue  # cut by the window: longer than the format allows
            group = "secret" if "secret" in ref.expression.groupindex else 0
            if match.end(group) > match.start(group):
                span = legible.origin(*match.span(group))
                yield try_value(ref.rule, ref.pattern, match.group(group), span)


def _windows(pattern: Pattern, legible: Legible, found: list[int]) -> list[tuple[int, int]]:
    """The stretches of `legible` to search: one around each position, overlapping ones joined."""
    windows: list[tuple[int, int]] = []
    for position in sorted(found):
        at = legible.position(position)
        start, end = max(0, at - pattern.before), min(len(legible.text), at + pattern.after)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(windows[-1][1], end))
        else:
            windows.append((start, end))
    return windows


def _settle(finds: Iterable[Find]) -> list[Hit]:
    """One hit for each value: the most specific rule wins.  Rules that mask nothing stand apart."""
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    chosen: list[Hit] = []
    for find in sorted(finds, key=lambda find: find.rank, reverse=True):
        hit = find.hit
        if _take(taken["" if hit.masked else hit.rule], (hit.start, hit.end)):
            chosen.append(hit)
    return sorted(chosen, key=lambda hit: (hit.start, hit.end, hit.rule))


def _take(spans: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Put `span` into the ordered, disjoint `spans` unless it overlaps one of them."""
    at = bisect_left(spans, span)
    if at and spans[at - 1][1] > span[0]:
        return False
    if at < len(spans) and spans[at][0] < span[1]:
        return False
    spans.insert(at, span)
    return True
