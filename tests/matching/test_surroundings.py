"""Which windows have what an expression needs, in Python and natively."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.rule import Pattern
from moderator.matching.needs import needs
from moderator.matching.runs import least_run
from moderator.matching.surroundings import (
    COMPILED,
    InPython,
    Surroundings,
    packed,
    signs_of_characters,
    surroundings,
)

EXPRESSIONS = (
    r"(?i)(?:pw|key)=[a-z]{2}\d{2}",
    r"[0-9]{4}-[0-9]{2}",
    r"\Akey[:=]\S{3}",
    r"[!-~]{6}\Z",
    r"密码[:：]\d",
)
PIECES = st.sampled_from(
    [
        "key",
        "pw=",
        "=",
        "ab12",
        "1234-56",
        " ",
        "密码",
        "：1",
        "\n",
        "\\",
        "\u200b",
        "\U0001f3b2",
        "A",
    ]
)


def needed(expression: str) -> bytes:
    pattern = Pattern(expression=expression, keywords=("key",))
    return packed(needs(expression), pattern, least_run(expression))


@pytest.mark.parametrize("made", [InPython, surroundings])
def test_only_windows_with_what_is_needed_are_left(made: type[InPython]) -> None:
    """Around the first `key` there are no digits, and the windows overlap nowhere."""
    text = "key=word and nothing else, but then key=ab12"

    assert made(text).windows([0, 36], 0, 8, needed(EXPRESSIONS[0])) == [(36, 44)]


@pytest.mark.parametrize("made", [InPython, surroundings])
def test_overlapping_windows_are_one(made: type[InPython]) -> None:
    """What stands between two places near each other is searched once."""
    assert made("key 1234-56 key").windows([0, 12], 6, 6, needed(EXPRESSIONS[1])) == [(0, 15)]


@given(st.lists(PIECES, max_size=12), st.sampled_from(EXPRESSIONS), st.data())
def test_no_match_stands_outside_the_windows(
    pieces: list[str], expression: str, data: st.DataObject
) -> None:
    """Wherever the expression matches within reach of a place, natively too, a window is left."""
    text = "".join(pieces)
    places = sorted(data.draw(st.sets(st.integers(0, max(0, len(text) - 1)), min_size=1)))
    reach = data.draw(st.integers(0, 12))
    found = InPython(text).windows(places, reach, reach, needed(expression))

    for match in re.compile(expression, re.ASCII).finditer(text):
        for place in places:
            if place - reach <= match.start() and match.end() <= place + reach:
                assert any(a <= match.start() and match.end() <= b for a, b in found)
    native: Surroundings = surroundings(text)
    assert native.windows(places, reach, reach, needed(expression)) == found


def test_every_character_has_a_sign() -> None:
    """The table is as long as the native module takes for granted."""
    assert len(signs_of_characters()) == 0x20000
    assert COMPILED
