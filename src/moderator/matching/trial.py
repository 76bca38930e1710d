"""Whether a value that fits an expression is what its rule looks for."""

from dataclasses import dataclass, replace

from moderator.domain.finding import Hit
from moderator.domain.rule import Pattern, Rule
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.entropy import shannon
from moderator.matching.placeholders import is_placeholder


@dataclass(frozen=True, slots=True)
class Find:
    """A hit and how specific it is: severity, proof, length, length of its keyword."""

    hit: Hit
    rank: tuple[int, bool, int, int, str]

    def moved(self, start: int, end: int, note: str) -> "Find":
        """The same find, placed on the encoded run in which it was found."""
        hit = replace(self.hit, start=start, end=end, notes=(*self.hit.notes, note))
        return Find(hit, self.rank)

    def stretched(self, end: int) -> "Find":
        """The same find up to `end`, for what follows of a list too long to look at."""
        return Find(replace(self.hit, end=max(end, self.hit.end)), self.rank)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that fitted the expression and was not taken; `reason` never quotes it."""

    rule: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a value came to: refused for a reason, or taken."""

    refused: str = ""
    verified: bool | None = None
    notes: tuple[str, ...] = ()


def placed(rule: Rule, pattern: Pattern, verdict: Verdict, span: tuple[int, int]) -> Find | Refusal:
    """What the verdict on a value means where the value stands."""
    if verdict.refused:
        return Refusal(rule.id, *span, verdict.refused)
    hit = Hit(
        rule=rule.id,
        version=rule.version,
        category=rule.category,
        severity=rule.severity,
        start=span[0],
        end=span[1],
        verified=verdict.verified,
        masked=rule.masked,
        notes=verdict.notes,
    )
    keyword = max(map(len, pattern.keywords), default=0)
    rank = (int(rule.severity), verdict.verified is True, span[1] - span[0], keyword, rule.id)
    return Find(hit, rank)


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
