"""The shortest allow phrase that would have prevented a false alarm."""

from dataclasses import replace

import pytest

from moderator.domain.rule import Boundary, Layer, Rule, Separators, Severity, Word
from moderator.matching.screening import Screen
from moderator.policy.policy import Policy
from moderator.rulebook.allowing import (
    LONGEST,
    Span,
    candidates,
    objection,
    remedy_for,
    yaml_lines,
)
from moderator.rulebook.book import Rulebook
from moderator.rulebook.documents import parse


def rule(name: str, *words: str, masked: bool = False) -> Rule:
    return Rule(
        id=name,
        category="advertising",
        severity=Severity.MEDIUM,
        description=name,
        version="1",
        words=tuple(
            Word(
                text=word,
                boundary=Boundary.ANYWHERE,
                separators=Separators.FEW,
                undo=frozenset(Layer),
            )
            for word in words
        ),
        masked=masked,
    )


def book_of(*rules: Rule) -> Rulebook:
    return Rulebook(rules=rules, policy=Policy(ladders=()), screen=Screen(rules), hash="0" * 64)


def proposed(book: Rulebook, text: str, hit: str) -> str | None:
    start = text.index(hit)
    remedy = remedy_for(book, book.rules[0].id, text, Span(start, start + len(hit)))
    return remedy.phrase if remedy else None


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("去路口交通局办事", "口交通"),
        ("请走左边路口交", "路口交"),
        ("口交通", "口交通"),
        ("a\n口交\nb", None),  # nothing stands beside it in its line
        ("口交 ， 通", "口交 ， 通"),
    ],
)
def test_the_shortest_stretch_around_the_hit_is_proposed(text: str, phrase: str | None) -> None:
    """One character more than the word, where there is one; never across lines."""
    assert proposed(book_of(rule("vulgar", "口交")), text, "口交") == phrase


def test_a_phrase_that_is_itself_banned_is_not_proposed() -> None:
    """What some rule looks for as a whole would let through what is meant; longer is safe."""
    book = book_of(rule("part-time", "兼职"), rule("spam", "兼职日", "职兼职"))

    assert proposed(book, "求职兼职日结表", "兼职") == "兼职日结"


def test_another_word_of_the_rule_in_the_same_place_is_cleared_too() -> None:
    """The phrase has to end the hit, not to replace it by the next word that overlaps it."""
    book = book_of(rule("wages", "兼职日结", "日结工资"))

    assert proposed(book, "兼职日结工资的制度", "兼职日结") == "兼职日结工资"


def test_the_phrase_is_tried_with_the_matcher_itself() -> None:
    """What comes out clears this hit, and leaves the word alone everywhere else."""
    book = book_of(rule("vulgar", "口交"))
    remedy = remedy_for(book, "vulgar", "去路口交通局", Span(2, 4))

    assert remedy is not None
    assert remedy.clears("另一个路口交通灯", Span(4, 6))
    assert not remedy.clears("口交换", Span(0, 2))
    assert not remedy.clears("没有", Span(0, 2))


@pytest.mark.parametrize(
    "changed",
    [
        rule("vulgar", "别的"),
        replace(rule("vulgar", "口交"), enabled=False),
        rule("vulgar", "口交", masked=True),
        rule("other", "口交"),
    ],
)
def test_there_is_nothing_to_propose_where_the_rule_does_not_hit_any_more(changed: Rule) -> None:
    """Changed, switched off, gone, or of values that are kept nowhere."""
    assert remedy_for(book_of(changed), "vulgar", "路口交通", Span(1, 3)) is None


def test_candidates_grow_and_end() -> None:
    """Each is longer than the hit, none by more than the limit, and none twice."""
    found = list(candidates("哈" * 40 + "口交" + "哈" * 40, Span(40, 42)))

    assert [len(phrase) for phrase in found] == sorted(len(phrase) for phrase in found)
    assert {len(phrase) for phrase in found} == set(range(3, 3 + LONGEST))
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("phrase", "against"),
    [
        ("口交通", ""),
        ("天气很好", "finds nothing"),
        ("口交", "itself"),
    ],
)
def test_a_phrase_that_makes_no_sense_is_objected_to(phrase: str, against: str) -> None:
    """It has to hold what the rule finds, and more than that."""
    vulgar = rule("vulgar", "口交")
    told = objection(book_of(vulgar), vulgar, phrase)

    assert against in told
    assert bool(told) == bool(against)


@pytest.mark.parametrize("phrase", ["口交通", 'a "b" \\c', "no", "x: y", "#1", "007"])
def test_the_lines_to_paste_mean_the_phrase(phrase: str) -> None:
    """Whatever the phrase looks like, YAML reads it as this text."""
    document, faults = parse("rules:\n" + yaml_lines("vulgar", phrase), file="x")

    assert faults == ()
    assert document.value == {"rules": [{"id": "vulgar", "allow": [phrase]}]}
