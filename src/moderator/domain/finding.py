"""What was found in a message."""

from dataclasses import dataclass

from moderator.domain.rule import Layer, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One place where a rule matched.

    `start` and `end` are code points of the original text of `field`, end exclusive.  `word` is the
    entry of the rule that was found, in its own spelling; empty for patterns.  `verified` is the
    checksum's verdict, or None where the format has none.  `notes` explains in short technical
    words what else was weighed (entropy, decoding chain), never with any part of a masked value.
    """

    rule: str
    version: str
    category: str
    severity: Severity
    start: int
    end: int
    word: str = ""
    layers: tuple[Layer, ...] = ()
    verified: bool | None = None
    masked: bool = False
    notes: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """All hits in one message, gravest first; never empty."""

    hits: tuple[Hit, ...]

    @property
    def gravest(self) -> Hit:
        return self.hits[0]

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(hit.rule for hit in self.hits)

    @classmethod
    def of(cls, hits: list[Hit]) -> "Finding":
        return cls(tuple(sorted(hits, key=lambda hit: (-hit.severity, hit.field, hit.start))))
