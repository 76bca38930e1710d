"""Where in a text an expression is run, and what it finds there."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from moderator.domain.rule import Pattern, Rule
from moderator.matching.legible import Legible
from moderator.matching.runs import least_run
from moderator.matching.trial import Find, Refusal, try_value

FINDS_AT_MOST = 100  # of one pattern in one text; the rest of a longer list is one find
_DENSE = 16  # positions of one keyword from which on it pays to leave some out
_RUN = re.compile("[!-~]{4,}")
Window = tuple[int, int]


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

    @property
    def group(self) -> str | int:
        """What of a match counts."""
        return "secret" if "secret" in self.expression.groupindex else 0


@dataclass(frozen=True)
class Reading:
    """One text as all patterns see it: read once, whatever their number."""

    legible: Legible

    @classmethod
    def of(cls, text: str) -> "Reading":
        return cls(Legible.of(text))

    def trials(self, ref: PatternRef, positions: Iterable[int]) -> Iterator[Find | Refusal]:
        """What the pattern finds around these positions of the original text.

        The find after `FINDS_AT_MOST` of a masked rule covers all that is left, so that nothing of
        it is shown; rules that mask nothing end there.
        """
        windows = self._windows(ref.pattern, positions)
        left = FINDS_AT_MOST
        for trial in self._all_trials(ref, windows):
            left -= isinstance(trial, Find)
            if left >= 0:
                yield trial
                continue
            if isinstance(trial, Find) and trial.hit.masked:
                last = windows[-1][1]
                yield trial.stretched(self.legible.origin(last - 1, last)[1])
            return

    def _all_trials(self, ref: PatternRef, windows: Iterable[Window]) -> Iterator[Find | Refusal]:
        text, group = self.legible.text, ref.group
        for start, end in windows:
            if not self._worth(ref, start, end):
                continue
            for match in ref.expression.finditer(text, start, end):
                if match.end() == end < len(text):
                    continue  # cut by the window: longer than the format allows
                if match.end(group) > match.start(group):
                    span = match.span(group)
                    if self._counts(ref.rule, *span):
                        origin = self.legible.origin(*span)
                        yield try_value(ref.rule, ref.pattern, match.group(group), origin)

    @cached_property
    def _lowered(self) -> str:
        return same_length_lower(self.legible.text)

    @cached_property
    def _runs(self) -> list[Window]:
        return [run.span() for run in _RUN.finditer(self.legible.text)]

    def _windows(self, pattern: Pattern, positions: Iterable[int]) -> list[Window]:
        """The stretches to search: one around each position, overlapping ones joined."""
        windows: list[Window] = []
        for position in sorted(positions):
            at = self.legible.position(position)
            start, end = max(0, at - pattern.before), at + pattern.after
            if windows and start <= windows[-1][1]:
                windows[-1] = (windows[-1][0], end)
            else:
                windows.append((start, end))
        return [(start, min(end, len(self.legible.text))) for start, end in windows]

    def _worth(self, ref: PatternRef, start: int, end: int) -> bool:
        """Whether the window has a run as long as a match needs, and the context it asks for."""
        context = ref.pattern.context
        if context and not any(self._lowered.find(word, start, end) >= 0 for word in context):
            return False
        return ref.least_run < 4 or self._has_run(ref.least_run, start, end)

    def _has_run(self, least: int, start: int, end: int) -> bool:
        runs = self._runs
        for at in range(max(0, bisect_right(runs, (start, start)) - 1), len(runs)):
            left, right = runs[at]
            if left >= end:
                return False
            if min(right, end) - max(left, start) >= least:
                return True
        return False

    def _counts(self, rule: Rule, start: int, end: int) -> bool:
        """Whether no allow phrase spans the hit, and its company is near."""
        if rule.allow and any(self._spans(phrase.lower(), start, end) for phrase in rule.allow):
            return False
        if rule.company is None:
            return True
        within = rule.company.within
        around = self._lowered[max(0, start - within) : start] + self._lowered[end : end + within]
        return all(any(word.lower() in around for word in group) for group in rule.company.all_of)

    def _spans(self, phrase: str, start: int, end: int) -> bool:
        earliest, latest = max(0, end - len(phrase)), start + len(phrase)
        return end - start <= len(phrase) and self._lowered.find(phrase, earliest, latest) >= 0


def same_length_lower(text: str) -> str:
    """Lower case, but as it is where that would change the length (`İ`): offsets must hold."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


def thinned(positions: Sequence[int], reach: int) -> Sequence[int]:
    """Of ordered positions so many that windows of length `reach` still cover the same stretch."""
    if len(positions) < _DENSE:
        return positions
    kept, last = [positions[0]], positions[0]
    for position in positions:
        if position - kept[-1] > reach:
            kept.append(last if last != kept[-1] else position)
        last = position
    return [*kept, last]
