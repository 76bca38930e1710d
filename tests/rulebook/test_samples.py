"""Examples of secrets, made at run time."""

import re

import pytest

from moderator.matching.checksums import CHECKSUMS
from moderator.rulebook.samples import ALPHABETS, UnknownPlaceholder, expand


@pytest.mark.parametrize("name", sorted(ALPHABETS))
def test_an_alphabet_gives_as_many_of_its_characters_as_asked(name: str) -> None:
    """`<hex:32>` stands for 32 characters of that alphabet."""
    made = expand(f"key=<{name}:64>;", seed="rule")

    value = made.removeprefix("key=").removesuffix(";")
    assert len(value) == 64
    assert set(value) <= set(ALPHABETS[name])
    assert len(set(value)) > 5


def test_a_checksum_gives_a_value_that_passes_it() -> None:
    """`<resident-id:…>` stands for a number with a right check digit."""
    made = expand("身份证 <resident-id:>", seed="rule").removeprefix("身份证 ")

    assert re.fullmatch(r"\d{17}[\dX]", made)
    assert CHECKSUMS["resident-id"].verify(made)


def test_the_same_rule_and_text_give_the_same_sample() -> None:
    """A check that failed once fails again; another rule or text gets another value."""
    made = expand("<alnum:36>", seed="rule")

    assert made == expand("<alnum:36>", seed="rule")
    assert made != expand("<alnum:36>", seed="other")
    assert made != expand("x<alnum:36>", seed="rule").removeprefix("x")


def test_two_placeholders_of_one_text_differ() -> None:
    """A key and its secret are not the same value."""
    first, second = expand("<hex:32> <hex:32>", seed="rule").split()

    assert first != second


@pytest.mark.parametrize(
    "text", ["<https://example.org>", "a < b: 3 > c", "<b>", "<alnum:x>", "<:3>"]
)
def test_what_only_looks_like_a_placeholder_stays(text: str) -> None:
    """Markup and links in angle brackets are left alone."""
    assert expand(text, seed="rule") == text


def test_a_misspelt_placeholder_is_an_error() -> None:
    """Else a counter-example would prove nothing."""
    with pytest.raises(UnknownPlaceholder, match="alnm"):
        expand("<alnm:36>", seed="rule")
