"""What in a text calls for the pattern stage."""

import re
from collections.abc import Iterator, Mapping, Sequence

from moderator.matching.automaton import Match
from moderator.matching.literals import Literals
from moderator.matching.patterns import Candidates, PatternMatcher, PatternRef, gathered
from moderator.matching.runs import longest_run
from moderator.matching.surroundings import starts_of
from moderator.text.folding import Folded

# Runs that may be encoded: base64 and hex, percent escapes, backslash escapes.
_ENCODED = r"[0-9a-z+/_-]{20}|(?:%[0-9a-f]{2}[^%\s]{0,8}){3}|\\[ux][0-9a-f]{2}"
_HEX_PAIRS = r"|[0-9a-f]{2}(?:[ :][0-9a-f]{2}){9}"
# Stands in every encoded run; begins with a plain class, which `re` searches for fast.
_HINT = re.compile(r"[0-9a-z+/_%\\-](?:[0-9a-z+/_%\\-]{7}|[0-9a-f][ :][0-9a-f]{2}[ :])")
_SHORTEST_PART = 6  # characters of the longest token in an encoded run without escapes
_FEWEST_PAIRS = 10  # bytes of hexadecimal digits with spaces between
_ALPHANUMERIC = re.compile("[0-9a-z]")
_NEVER = "(?!)"


class PatternTriggers:
    """Finds the candidates of patterns: their keywords and runs of digits."""

    __slots__ = ("_digit_patterns", "_digits", "_encoded", "_least", "_refs", "digits")

    def __init__(self, patterns: PatternMatcher, literals: Literals) -> None:
        self._refs = {
            number: refs
            for number, name in enumerate(literals.names[: literals.bounds.telling])
            if (refs := patterns.keywords.get(name))
        }
        self._least = {
            number: min(ref.least_run for ref in refs) for number, refs in self._refs.items()
        }
        self._digit_patterns = patterns.digit_patterns
        least = min((ref.pattern.digits for ref in patterns.digit_patterns), default=0)
        self.digits = least  # of the shortest run that calls for a pattern; 0 where none does
        digits = f"[0-9](?:[ -]?[0-9]){{{least - 1},}}" if least else _NEVER
        self._digits = re.compile(digits)
        self._encoded = re.compile(_ENCODED + _HEX_PAIRS if patterns.keywords else _NEVER)

    @property
    def refs(self) -> Mapping[int, Sequence[PatternRef]]:
        """The patterns of each keyword, by its number."""
        return self._refs

    @property
    def digit_patterns(self) -> Sequence[PatternRef]:
        """Those that runs of digits call for."""
        return self._digit_patterns

    def calls(self, text: str, tokens: Sequence[str]) -> bool:
        """Whether a lower-case text has a run of digits or an encoded run, keywords aside."""
        longest = max(map(len, tokens))
        if (longest > 1 or len(tokens) > 2) and self._digits.search(text) is not None:
            return True
        parts = longest >= _SHORTEST_PART or len(tokens) >= _FEWEST_PAIRS
        return (parts or "%" in text or "\\" in text) and self.encoded(text)

    def encoded(self, text: str) -> bool:
        """Whether a lower-case text has a run that may be encoded."""
        return _HINT.search(text) is not None and self._encoded.search(text) is not None

    def fits(self, text: str, matches: Sequence[Match], *, latin: bool) -> bool:
        """Whether a keyword stands for a pattern that a text with such runs can match."""
        known = self._least
        needed = [known[number] for _, _, number in matches if number in known]
        if not needed or not latin:
            return 0 in needed
        return min(needed) <= longest_run(text)

    def candidates(self, view: Folded, matches: Sequence[Match]) -> Candidates:
        """Patterns and the positions, in the original text, where they are to be tried."""
        positions = starts_of(self._refs, matches)
        longest = longest_run(view.text) if positions and _ALPHANUMERIC.search(view.text) else 0
        starts = view.starts  # the canonical view is the lowest: its sources are the original
        moved = not isinstance(starts, range)
        return gathered(
            (
                *(
                    (
                        [starts[position] for position in found] if moved else found,
                        [ref for ref in self._refs[number] if ref.least_run <= longest],
                    )
                    for number, found in positions.items()
                ),
                *self._digit_candidates(view),
            )
        )

    def _digit_candidates(self, view: Folded) -> Iterator[tuple[list[int], list[PatternRef]]]:
        for run in self._digits.finditer(view.text):
            digits = sum(map(str.isdigit, run.group()))
            position = view.origin(*run.span())[0]
            yield (
                [position],
                [ref for ref in self._digit_patterns if digits >= ref.pattern.digits],
            )
