"""Whether a value that fits an expression is what its rule looks for."""

from typing import NamedTuple

from moderator.domain.finding import Hit
from moderator.domain.rule import Pattern, Rule
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.entropy import shannon
from moderator.matching.placeholders import is_placeholder


class Find(NamedTuple):
    """What may be a hit, and how specific it is: severity, proof, length, length of its keyword."""

    rank: tuple[int, bool, int, int, str]
    rule: Rule
    start: int
    end: int
    verified: bool | None
    notes: tuple[str, ...]

    @property
    def hit(self) -> Hit:
        """Made of few: most finds are of values that another rule has."""
        rule = self.rule
        return Hit(
            rule=rule.id,
            version=rule.version,
            category=rule.category,
            severity=rule.severity,
            start=self.start,
            end=self.end,
            verified=self.verified,
            masked=rule.masked,
            notes=self.notes,
        )

    def moved(self, start: int, end: int, note: str) -> "Find":
        """The same find, placed on the encoded run in which it was found."""
        return self._replace(start=start, end=end, notes=(*self.notes, note))

    def stretched(self, end: int) -> "Find":
        """The same find up to `end`, for what follows of a list too long to look at."""
        return self._replace(end=max(end, self.end))


class Refusal(NamedTuple):
    """A value that fitted the expression and was not taken; `reason` never quotes it."""

    rule: str
    start: int
    end: int
    reason: str


class Verdict(NamedTuple):
    """What a value came to: refused for a reason, or taken."""

    refused: str = ""
    verified: bool | None = None
    notes: tuple[str, ...] = ()


def placed(rule: Rule, keyword: int, verdict: Verdict, span: tuple[int, int]) -> Find | Refusal:
    """What the verdict on a value means where the value stands; `keyword` is the longest one."""
    refused, verified, notes = verdict
    if refused:
        return Refusal(rule.id, *span, refused)
    rank = (int(rule.severity), verified is True, span[1] - span[0], keyword, rule.id)
    return Find(rank, rule, *span, verified, notes)


class Scales:
    """Weighs what patterns find in one text; of a value that many find, each test is made once."""

    __slots__ = ("_entropy", "_fillers", "_passed")

    def __init__(self) -> None:
        self._fillers: dict[str, bool] = {}
        self._entropy: dict[str, float] = {}
        self._passed: dict[tuple[str, str], bool] = {}

    def weigh(self, rule: Rule, pattern: Pattern, value: str) -> Verdict:
        """Weigh a value: placeholders, stop words, entropy, checksum, in the order of cost."""
        if rule.masked and self._is_filler(value):
            return Verdict("placeholder")
        if pattern.stop and _holds(value.lower(), pattern.stop):
            return Verdict("stop word")
        if not pattern.entropy:
            return self._check(pattern, value, ())
        entropy = self._entropy_of(value)
        if entropy < pattern.entropy:
            return Verdict(f"entropy {entropy:.1f} is below {pattern.entropy:.1f}")
        return self._check(pattern, value, (f"entropy:{entropy:.1f}",))

    def _check(self, pattern: Pattern, value: str, notes: tuple[str, ...]) -> Verdict:
        if not pattern.checksum:
            return Verdict(notes=notes)
        passed = self._passes(pattern.checksum, value)
        if not passed and pattern.checksum_required:
            return Verdict(f"checksum {pattern.checksum} fails")
        if not CHECKSUMS[pattern.checksum].proof:
            return Verdict(notes=notes)
        word = "passes" if passed else "fails"
        return Verdict(verified=passed, notes=(*notes, f"checksum:{pattern.checksum} {word}"))

    def _is_filler(self, value: str) -> bool:
        if value not in self._fillers:
            self._fillers[value] = is_placeholder(value)
        return self._fillers[value]

    def _entropy_of(self, value: str) -> float:
        if value not in self._entropy:
            self._entropy[value] = shannon(value)
        return self._entropy[value]

    def _passes(self, checksum: str, value: str) -> bool:
        if (checksum, value) not in self._passed:
            self._passed[checksum, value] = CHECKSUMS[checksum].verify(value)
        return self._passed[checksum, value]


def _holds(lowered: str, words: tuple[str, ...]) -> bool:
    return any(word in lowered for word in words)
