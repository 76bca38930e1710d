"""What an expression needs of a text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.matching.runs import least_run, longest_run


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        (r"ghp_\w{36}", 40),
        (r"密码(?P<secret>[a-z0-9]{6,20})", 6),
        (r"密码(?P<secret>\S{6,20})", 0),
        (r"地址.{0,20}\d{1,5}号", 1),
        (r"(?:abcdef|[0-9]{3})", 3),
        (r"ab-?cd", 4),
        (r"ab ?cd", 2),
        (r"(?:abc ){2}de", 3),
        (r"(?:ab){3}", 6),
        (r"(?:密码)?", 0),
        (r"(?<![a-z])abc(?=密)", 3),
        (r"(?>ab[0-9]{2})c", 5),
    ],
)
def test_the_least_run_is_what_every_match_has(expression: str, length: int) -> None:
    """The longest stretch of visible ASCII that no match can do without."""
    assert least_run(expression) == length


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("密码 abc1 好", 4), ("ＡＢＣ", 3), ("a\u200bb", 3)]
)
def test_disguised_characters_belong_to_a_run(text: str, length: int) -> None:
    """Full-width letters count, and what nobody sees does not end a run."""
    assert longest_run(text) == length


@given(st.from_regex(r"密码(?:是|:) ?[a-z0-9]{4,8}(?:\.|-[a-z]{2})?", fullmatch=True))
def test_no_match_has_a_shorter_run(match: str) -> None:
    """A text that matches always passes the gate."""
    expression = r"密码(?:是|:) ?[a-z0-9]{4,8}(?:\.|-[a-z]{2})?"

    assert re.fullmatch(expression, match)
    assert longest_run(match) >= least_run(expression)
