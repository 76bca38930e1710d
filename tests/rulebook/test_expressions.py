"""Which regular expressions may run."""

import re
import time

import pytest

from moderator.rulebook.expressions import danger

SOUND = [
    r"(?P<secret>ghp_[A-Za-z0-9]{36})\b",
    r"(?:[A-Z][a-z]+)+",
    r"(?:\w+\s)+",
    r"(?:[\w-]+\.)+[a-z]{2,}",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"(?:\d{1,3}\.?){4}",
    r"(?:\d[ -]?){15,19}",
    r"(?:[A-Za-z0-9+/]{4})*x",
    r"[a-z]+(?:\.[a-z]+)*@x",
    r"(?:\"[^\"]*\"|\w)+",
    r"(?:\\.|[^\"\\])*\"",
    r"(?:%[0-9a-f]{2}|\w)+",
    r"(?:a+b)++",
    r"(?:\w++\s?+)+x",
    r"-----BEGIN[A-Z ]{0,20}-----[\s\S]{20,4000}?-----END",
    r"password\s*[:=]\s*[\"']?(?P<secret>\S{6,40})",
    r"(?:\s*,\s*\w+)+",
    r"(?:foo|far|bar)+",
    r"(?i:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?",
    r"(?<=a)b",
    r"[一-龥]{2,4}(?:先生|女士)",
    r"(?:[一-九]+[a-z])+",
]
DANGEROUS = [
    r"(a+)+b",
    r"(\w+\s?)+$",
    r"(?:[\w.-]+\.)+x",
    r"(?:\w|\d\d)+x",
    r"(?:\\.|[^\"])*\"",
    r"(?:%[0-9a-f]{2}|[^@\s])+@",
    r"(?:a?[ab])*c",
    r"(?:\s*\w+\s*)+x",
    r"(?:-?[a-z]-?)+x",
    r"(?:(?:ab)*)*c",
    r"\s*\s*\s*x",
    r".*.*.*=x",
    r"(?:[a-z]+\s?){8}x",
    r"(?:a|ab|abc|b)+?c",
    r"(x+x+)+y",
    r"(?=(a+)+b)a",
    r"(\w+)\1+x\w*\w*",
    r"(?i)(?:[a-m]+[A-Z]*)+9",
    r"(?>(?:a+)+b)",
    r"(?:(a)|b?(?(1)c|a))+d",
]


@pytest.mark.parametrize("expression", SOUND)
def test_an_expression_whose_repeats_are_separated_may_run(expression: str) -> None:
    """Rules are written freely as long as a text can be divided in few ways."""
    assert danger(expression, window=192) == ""


@pytest.mark.parametrize("expression", DANGEROUS)
def test_an_expression_that_can_be_made_to_crawl_is_refused(expression: str) -> None:
    """Whoever writes messages must not be able to stop the service."""
    assert "too long" in danger(expression, window=192)


@pytest.mark.parametrize("window", [50, 4000])
def test_the_window_decides_about_repeats_side_by_side(window: int) -> None:
    """Two unbounded repeats are harmless in a small window and not in a large one."""
    assert bool(danger(r"x\s*\s*=", window=window)) is (window == 4000)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(", "is not a regular expression"),
        (r"(?P<a>x)(?P<a>y)", "is not a regular expression"),
        (r"x(?:y(?<!a+)z)?", "is not a regular expression: look-behind"),
        (r"(?=a)", "can match the empty text"),
        ("a*", "can match the empty text"),
        ("[[a]x", "is ambiguous"),
        ("x{99999999999999999999}", "is not a regular expression"),
        ("(" * 5000 + ")" * 5000, "is not a regular expression"),
    ],
)
def test_what_is_wrong_is_said(expression: str, message: str) -> None:
    """An expression that does not compile, or means nothing, is refused with the reason."""
    assert danger(expression, window=192).startswith(message)


@pytest.mark.parametrize("expression", [e for e in SOUND if "BEGIN" not in e])
def test_what_may_run_is_fast_on_hostile_texts(expression: str) -> None:
    """The estimate is right: texts made to stall an expression do not stall these."""
    hostile = [
        "a" * 192,
        "1" * 192,
        "a." * 96,
        "a " * 96,
        "a-" * 96,
        '"a' * 96,
        "\\" * 192,
        "%41" * 64,
    ]
    compiled = re.compile(expression, re.ASCII)

    began = time.perf_counter()
    for text in hostile:
        compiled.search(text + "\x00")

    assert time.perf_counter() - began < 0.5
