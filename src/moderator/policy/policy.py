"""The company's policy as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from moderator.domain.decision import ActionKind, Clause
from moderator.domain.rule import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What the `at`-th offence (and every later one, up to the next rung) calls for."""

    at: int
    actions: tuple[ActionKind, ...]
    approval: bool | None = None  # None: destructive actions need it, others do not
    clauses: tuple[str, ...] = ()  # ids, beside those of the rule itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs for some categories and severities; the first ladder that fits applies.

    Empty `categories` or `severities` fit any.  Offences count when they lie within `window` and
    their category and severity fit the same ladder.
    """

    id: str
    rungs: tuple[Rung, ...]
    window: timedelta
    categories: frozenset[str] = frozenset()
    severities: frozenset[Severity] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that decides what follows from a finding.

    `caps` bounds how often a kind of action may be set in motion in one day (UTC) by the machine
    alone; what exceeds it becomes a proposal.  `record_only` is the kill switch: violations are
    written, nothing is done.
    """

    ladders: tuple[Ladder, ...]
    clauses: Mapping[str, Clause] = field(default_factory=dict)
    rule_clauses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    caps: Mapping[ActionKind, int] = field(default_factory=dict)
    record_only: bool = False
