"""Content hashes of rules and books."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from moderator.domain.decision import ActionKind
from moderator.domain.rule import (
    Behaviour,
    Boundary,
    Company,
    Layer,
    Pattern,
    Rule,
    Separators,
    Severity,
    Word,
)
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.rulebook.identity import book_hash, version_of

WORD = Word(
    text="六合彩",
    boundary=Boundary.ANYWHERE,
    separators=Separators.FEW,
    undo=frozenset({Layer.CASE, Layer.PINYIN}),
)
OTHER = replace(WORD, text="时时彩")
PATTERN = Pattern(expression="ghp_", keywords=("ghp_",))
RULE = Rule(id="a", category="own", severity=Severity.LOW, description="x", version="1" * 16)
LADDER = Ladder(
    id="l", window=timedelta(days=1), rungs=(Rung(at=1, actions=(ActionKind.WARN_SENDER,)),)
)
POLICY = Policy(ladders=(LADDER,))


def test_the_order_of_words_does_not_change_a_version() -> None:
    """Sorting a list of words changes nothing that is matched."""
    assert version_of([WORD, OTHER], [], None, []) == version_of([OTHER, WORD], [], None, [])


@pytest.mark.parametrize(
    "changed",
    [
        ([OTHER], [PATTERN], None, ["x"]),
        ([replace(WORD, boundary=Boundary.WHOLE)], [PATTERN], None, ["x"]),
        ([replace(WORD, undo=frozenset({Layer.CASE}))], [PATTERN], None, ["x"]),
        ([WORD], [replace(PATTERN, entropy=3.0)], None, ["x"]),
        ([WORD], [PATTERN], Company(all_of=(("a",),), within=3), ["x"]),
        ([WORD], [PATTERN], None, ["y"]),
        ([WORD], [PATTERN], None, ["x"], Behaviour(within=60, repeats=4)),
    ],
)
def test_whatever_is_matched_changes_the_version(changed: Any) -> None:
    """A violation names exactly what hit it."""
    assert version_of(*changed) != version_of([WORD], [PATTERN], None, ["x"])


def test_a_book_is_the_same_whatever_order_its_rules_come_in() -> None:
    """Renaming or splitting files keeps the hash."""
    other = replace(RULE, id="b", source="elsewhere.yaml:3")

    assert book_hash([RULE, other], POLICY) == book_hash([other, RULE], POLICY)
    assert book_hash([RULE], POLICY) == book_hash([replace(RULE, source="x.yaml:9")], POLICY)


@pytest.mark.parametrize(
    ("rule", "policy"),
    [
        (replace(RULE, severity=Severity.HIGH), POLICY),
        (replace(RULE, enabled=False), POLICY),
        (replace(RULE, version="2" * 16), POLICY),
        (replace(RULE, clauses=("c",)), POLICY),
        (replace(RULE, masked=True), POLICY),
        (RULE, replace(POLICY, record_only=True)),
        (RULE, replace(POLICY, ladders=(replace(LADDER, window=timedelta(days=2)),))),
        (RULE, replace(POLICY, caps={ActionKind.WARN_SENDER: 1})),
    ],
)
def test_whatever_decides_changes_the_hash_of_the_book(rule: Rule, policy: Policy) -> None:
    """Two books with one hash find and decide the same."""
    assert book_hash([rule], policy) != book_hash([RULE], POLICY)
