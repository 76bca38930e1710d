"""What in a text calls for the pattern stage."""

import re
from collections.abc import Iterator, Sequence

from moderator.matching.automaton import Match
from moderator.matching.literals import Literals
from moderator.matching.patterns import PatternMatcher, PatternRef
from moderator.matching.runs import longest_run
from moderator.text.folding import Folded

# Runs that may be encoded: base64 and hex, percent escapes, backslash escapes.
_ENCODED = r"[0-9a-z+/_-]{20}|(?:%[0-9a-f]{2}[^%\s]{0,8}){3}|\\[ux][0-9a-f]{2}"
_HINT = re.compile(r"[0-9a-f]{8}|[0-9a-z+/_-]{12}|[%\\]")  # stands in every encoded run
_NEVER = "(?!)"


class PatternTriggers:
    """Finds the candidates of patterns: their keywords and runs of digits."""

    __slots__ = ("_digit_patterns", "_digits", "_encoded", "_open", "_refs")

    def __init__(self, patterns: PatternMatcher, literals: Literals) -> None:
        self._refs = {
            number: refs
            for number, name in enumerate(literals.names[: literals.telling])
            if (refs := patterns.keywords.get(name))
        }
        self._open = frozenset(
            number for number, refs in self._refs.items() if not all(ref.least_run for ref in refs)
        )
        self._digit_patterns = patterns.digit_patterns
        least = min((ref.pattern.digits for ref in patterns.digit_patterns), default=0)
        digits = r"[0-9](?:[ -]?[0-9]){%d,}" % (least - 1) if least else _NEVER
        self._digits = re.compile(digits)
        self._encoded = re.compile(_ENCODED if patterns.keywords else _NEVER)

    def calls(self, text: str) -> bool:
        """Whether a lower-case text has a run of digits or an encoded run, keywords aside."""
        return self._digits.search(text) is not None or self.encoded(text)

    def encoded(self, text: str) -> bool:
        """Whether a lower-case text has a run that may be encoded."""
        return _HINT.search(text) is not None and self._encoded.search(text) is not None

    def open(self, matches: Sequence[Match]) -> bool:
        """Whether a keyword stands for a pattern that needs neither letter nor digit."""
        return any(number in self._open for _, _, number in matches)

    def candidates(self, view: Folded, matches: Sequence[Match]) -> list[tuple[PatternRef, int]]:
        """Patterns and the positions, in the original text, where they are to be tried."""
        found = [
            (ref, start, end)
            for start, end, number in matches
            for ref in self._refs.get(number, ())
        ]
        longest = longest_run(view.text) if found else 0
        placed = [
            (ref, view.origin(start, end)[0])
            for ref, start, end in found
            if ref.least_run <= longest
        ]
        return [*placed, *self._digit_candidates(view)] if self._digit_patterns else placed

    def _digit_candidates(self, view: Folded) -> Iterator[tuple[PatternRef, int]]:
        for run in self._digits.finditer(view.text):
            digits = sum(map(str.isdigit, run.group()))
            position = view.origin(*run.span())[0]
            for ref in self._digit_patterns:
                if digits >= ref.pattern.digits:
                    yield ref, position
