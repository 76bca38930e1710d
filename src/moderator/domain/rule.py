"""What must not be said: rules as values."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How grave a hit is; ordered, written in lower case outside (`Severity.HIGH.label`)."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Severity":
        """The severity of that name; raises `KeyError` for any other word."""
        return cls[label.upper()]


class Layer(StrEnum):
    """A disguise that was undone to see a hit."""

    CASE = "case"
    WIDTH = "width"  # full-width, enclosed and mathematical letters
    INVISIBLE = "invisible"  # zero-width, bidi, tag characters, variation selectors
    TRADITIONAL = "traditional"
    LOOKALIKE = "lookalike"  # Cyrillic, Greek
    SEPARATORS = "separators"
    REPEATS = "repeats"
    DIGITS = "digits"  # Chinese and circled digits
    SPLIT = "split"  # 拆字
    NOISE = "noise"  # letters and digits between ideographs
    EMOJI = "emoji"  # standing for a character
    ENCODED = "encoded"  # HTML, backslash and percent escapes
    PINYIN = "pinyin"
    INITIALS = "initials"
    LEET = "leet"
    REVERSED = "reversed"
    HOMOPHONE = "homophone"
    SHAPE = "shape"


class Boundary(StrEnum):
    """Where a word may stand."""

    ANYWHERE = "anywhere"
    WHOLE = "whole"
    PREFIX = "prefix"


class Separators(StrEnum):
    """How much may stand between the characters of a word."""

    NONE = "none"
    FEW = "few"  # up to three marks, spaces or emoji in each gap
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One banned word and how it may be disguised."""

    text: str
    boundary: Boundary
    separators: Separators
    undo: frozenset[Layer]
    disguised: bool = False  # harmless where it stands plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Other words that must stand within `within` characters of a hit for it to count."""

    all_of: tuple[tuple[str, ...], ...]  # each group needs at least one of its words
    within: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A regular expression that is run only near one of its keywords.

    `keywords` are lower-case literals that go into the automaton; with none, the expression runs
    where the text holds a run of at least `digits` digits.  The expression runs over the original
    text from `before` characters before the keyword to `after` characters after it.  What counts
    is the group `secret` where there is one, else the whole match.
    """

    expression: str
    keywords: tuple[str, ...] = ()
    digits: int = 0
    before: int = 0
    after: int = 0
    checksum: str = ""  # a name in moderator.matching.checksums
    checksum_required: bool = (
        True  # False: a failed checksum is reported as unverified, not dropped
    )
    entropy: float = 0.0  # least Shannon entropy, bits per character
    stop: tuple[str, ...] = ()  # placeholders special to this rule, lower case
    context: tuple[str, ...] = ()  # lower-case words, one of which must stand in the window, too
    rewritten: bool = False  # only what is written otherwise than the expression reads it counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How much one sender may write in one chat within `within` seconds; anything beyond it hits.

    `messages` is the most of any content, `repeats` the most of the same or nearly the same; 0
    sets no limit.
    """

    within: float
    messages: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a pack, checked and complete.

    `version` is a hash of what the rule matches, so a violation can name exactly what hit.
    `masked` rules find values that must never be stored or shown (secrets, identity numbers).
    """

    id: str
    category: str
    severity: Severity
    description: str
    version: str
    words: tuple[Word, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    company: Company | None = None
    behaviour: Behaviour | None = None
    allow: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    masked: bool = False
    enabled: bool = True
    source: str = field(default="", compare=False)  # file:line, for messages to people
