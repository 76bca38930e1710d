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


def weigh(rule: Rule, pattern: Pattern, value: str) -> Verdict:
    """Weigh a value: placeholders, stop words, entropy, checksum, in the order of their cost."""
    if rule.masked and is_placeholder(value):
        return Verdict("placeholder")
    if pattern.stop and _holds(value.lower(), pattern.stop):
        return Verdict("stop word")
    entropy = shannon(value) if pattern.entropy else 0.0
    if entropy < pattern.entropy:
        return Verdict(f"entropy {entropy:.1f} is below {pattern.entropy:.1f}")
    return _check(pattern, value, (f"entropy:{entropy:.1f}",) if pattern.entropy else ())


def _holds(lowered: str, words: tuple[str, ...]) -> bool:
    return any(word in lowered for word in words)


def _check(pattern: Pattern, value: str, notes: tuple[str, ...]) -> Verdict:
    if not pattern.checksum:
        return Verdict(notes=notes)
    checksum = CHECKSUMS[pattern.checksum]
    passed = checksum.verify(value)
    if not passed and pattern.checksum_required:
        return Verdict(f"checksum {pattern.checksum} fails")
    if not checksum.proof:
        return Verdict(notes=notes)
    word = "passes" if passed else "fails"
    return Verdict(verified=passed, notes=(*notes, f"checksum:{pattern.checksum} {word}"))
