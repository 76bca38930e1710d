"""With what the matches of an expression begin."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.rule import Rule
from moderator.matching.heads import heads
from moderator.matching.landmarks import MANY, Heads, Landmarks, same_length_lower


@pytest.mark.parametrize(
    ("expression", "begins"),
    [
        (r"ghp_\w{36}", ("ghp_",)),
        (r"(?i)(?<![a-z])(?:Acme|acme[_-]cloud)\d", ("acme",)),
        (r"(?:sk|pk)_(?:live|test)_\d{4}", ("pk_live_", "pk_test_", "sk_live_", "sk_test_")),
        (r"(?P<secret>密 ?码.{1,4})", ("密 码", "密码")),
        (r"(?:www\.)?acme", ("acme", "www.acme")),
        (r"\bx{3}y+z", ("xxxy",)),
        (r"(?>ab|cd)ef", ("abef", "cdef")),
        (r"[用拿]它\d", ("拿它", "用它")),
        (r"[用拿]\d", ()),
        (r"\d{4}-ab", ()),
        (r"[a-z]{0,9}key", ()),
        (r"[^\n]abc", ()),
        (r"a\d", ()),
        (r"aaaa\d", ()),
        (r"(?:11|abc)\d", ()),
        (r".abc", ()),
    ],
)
def test_heads_are_what_every_match_begins_with(expression: str, begins: tuple[str, ...]) -> None:
    """Literals in lower case; none where a match may begin with what stands all over a text."""
    assert heads(expression) == begins


@given(st.data())
def test_every_match_begins_with_a_head(data: st.DataObject) -> None:
    """Whatever an expression matches, in whatever case, one of the heads leads it."""
    expression = r"(?i)(?:(?:www\.)?ac[mn]e[_ -]?|又拍云?|key)(?:is|=)? ?\d{2,4}"
    match = data.draw(st.from_regex(expression, fullmatch=True).filter(str.isascii))

    assert same_length_lower(match).startswith(heads(expression))


def test_most_shipped_patterns_have_heads(shipped_rules: tuple[Rule, ...]) -> None:
    """Trying them only where they can begin is what keeps hostile texts cheap."""
    patterns = [pattern for rule in shipped_rules for pattern in rule.patterns]

    assert sum(bool(heads(one.expression)) for one in patterns) > 0.85 * len(patterns)


def test_starts_are_found_in_order_in_any_case() -> None:
    """Overlapping and repeated literals are all found, with the offsets of the text."""
    refs = {"key": ["both"], "acme": ["both"], "acme_": ["one"], "else": ["none"]}
    marks = Landmarks("İ Key=ACME_key, acme", Heads(dict.fromkeys(refs, 9), refs))

    assert marks.starts("both") == [2, 6, 11, 16]
    assert marks.starts("one") == [6]
    assert [marks.any_starts(ref) for ref in ("both", "one", "none")] == [True, True, False]


def test_of_many_starts_close_together_the_last_is_kept() -> None:
    """Beyond some hundreds, a literal counts only where a match has room before the next one."""
    text = "key " * 1000 + "key=value, then another key"
    starts = Landmarks(text, Heads({"key": 9}, {"key": ["one"]})).starts("one")

    assert len(starts) <= MANY + 2
    assert starts[-2:] == [4000, 4024]


def test_half_a_character_pair_does_no_harm() -> None:
    """A lone surrogate cannot be encoded; all else is found around it."""
    assert Heads({"key": 9}, {"key": ["one"]}).positions("\ud83d key") == {"key": [2]}


def test_lower_case_is_as_long_as_the_text() -> None:
    """The one letter whose lower case is two characters hides no keyword."""
    text = "İSTANBUL KEY"

    assert same_length_lower(text) == "istanbul key"
    assert re.search("key", same_length_lower(text))
