"""What every match of an expression has."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.matching.needs import DIGIT, LETTER, needs


@pytest.mark.parametrize(
    ("expression", "digits", "signs"),
    [
        (r"0\d{2}-[2-8]\d{6}", 10, {"0", "-", DIGIT}),
        (r"(?:https?://|www\.)[a-z]{2}", 0, {LETTER}),
        (r"(?i)AB?@\.x", 0, {"a", "@", ".", "x", LETTER}),
        (r"密码(?=[!-~]{0,40}?\d)\S{6}", 0, {DIGIT}),
        (r"(?<![a-z])密码(?![0-9])", 0, set()),
        (r"(?:\d{4}|[0-9a-f]{8})", 0, set()),
    ],
)
def test_digits_and_signs_are_those_of_every_match(
    expression: str, digits: int, signs: set[str]
) -> None:
    """What stands in one branch only, or behind, is not needed."""
    found = needs(expression)

    assert (found.digits, set(found.signs)) == (digits, signs)


def test_of_branches_one_sign_is_needed() -> None:
    """The choice is the set of which any text has one most seldom."""
    assert needs(r"工资.{0,9}(?:https?://|www\.)").choice == {":", "."}
    assert not needs(r"工资.{0,9}(?:https?://|网址)").choice


def test_expressions_of_whole_texts_are_told() -> None:
    """They begin and end with the text."""
    assert needs(r"\Asb\Z")[-2:] == (True, True)
    assert needs(r"sb$")[-2:] == (False, False)


@given(st.text(alphabet="a0-/密:", max_size=12))
def test_a_match_has_what_is_needed(text: str) -> None:
    """Of any text that an expression matches."""
    expression = r"(?:a\d|[-/]0{2})密?(?::|/)"
    match = re.search(expression, text)
    found = needs(expression)

    if match:
        assert sum(map(str.isdigit, match.group())) >= found.digits
        assert found.signs - {DIGIT, LETTER} <= set(match.group())
        assert found.choice & set(match.group())
