"""Words and rules as the loader would make them, and the shipped rules for patterns."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from moderator.domain.rule import Boundary, Company, Layer, Rule, Separators, Severity, Word
from moderator.matching.patterns import PatternMatcher
from moderator.rulebook.assembly import UNDONE_BY_DEFAULT
from moderator.rulebook.reading import read_directory

RULES = Path(__file__).parents[2] / "rules"
PATTERNED = ("credential", "personal-data", "malicious-link")


def _word(
    text: str,
    *,
    boundary: str | None = None,
    separators: str | None = None,
    undo: frozenset[Layer] = UNDONE_BY_DEFAULT,
) -> Word:
    latin = text.isascii() and text.isalnum()
    return Word(
        text=text,
        boundary=Boundary(boundary or ("whole" if latin else "anywhere")),
        separators=Separators(separators or ("none" if text.isascii() else "few")),
        undo=undo,
    )


def _rule(
    *words: str | Word,
    rule_id: str = "rule",
    company: Company | None = None,
    allow: tuple[str, ...] = (),
    enabled: bool = True,
) -> Rule:
    return Rule(
        id=rule_id,
        category="test",
        severity=Severity.MEDIUM,
        description="",
        version="v1",
        words=tuple(word if isinstance(word, Word) else _word(word) for word in words),
        company=company,
        allow=allow,
        enabled=enabled,
    )


@pytest.fixture(scope="session")
def word() -> Callable[..., Word]:
    """Make a word with the loader's defaults, but for what is said."""
    return _word


@pytest.fixture(scope="session")
def rule() -> Callable[..., Rule]:
    """Make a rule of words (texts or `Word`s) in the category `test`."""
    return _rule


@pytest.fixture(scope="session")
def shipped_rules() -> tuple[Rule, ...]:
    """The enabled rules for secrets, personal data and links."""
    packed = read_directory(RULES).rules
    return tuple(one.rule for one in packed if one.rule.category in PATTERNED)


@pytest.fixture(scope="session")
def shipped(shipped_rules: tuple[Rule, ...]) -> PatternMatcher:
    """All of them in one matcher, as they serve."""
    return PatternMatcher(shipped_rules)


@pytest.fixture(scope="session")
def calls() -> Callable[[Callable[[], object]], int]:
    """Count the functions, of Python's and of C's, that running one calls; no clock is asked."""
    return _calls


def _calls(function: Callable[[], object]) -> int:
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event.endswith("call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
