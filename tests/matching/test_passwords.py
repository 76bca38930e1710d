"""What a value that was made to be secret looks like."""

import pytest

from moderator.matching.passwords import is_loose_password, is_password, is_random
from moderator.matching.placeholders import is_placeholder


@pytest.mark.parametrize("value", ["super$ecret", "wang1234567890", "Sunny2024", "hunter2"])
def test_weak_values_are_passwords_where_one_is_named(value: str) -> None:
    """A mark inside letters or any digit is enough; runs of digits are in use."""
    assert is_password(value)
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "changePassword",
        "cms/sites/passwords#edit",
        "Your password is incorrect. Please try again.",
        "AES-256",
        "chacha20",
        "1password",
        ".$p[",
    ],
)
def test_names_in_programs_sentences_and_algorithms_are_none(value: str) -> None:
    """Not even where the place leaves little doubt."""
    assert not is_loose_password(value)


@pytest.mark.parametrize("value", ["fake_secret", "&lt;your-password&gt;", "1234567890abcdef"])
def test_what_stands_for_a_value_is_a_placeholder(value: str) -> None:
    """Escaped templates, what says that it is false, and long runs of the alphabet."""
    assert is_placeholder(value)


def test_a_key_may_happen_to_have_no_digit() -> None:
    """Capitals all over tell a drawn value from a name in a program."""
    assert is_random("gQpmJtWNuKlsYfMdGcJKwXzRbTnVkHdL")
    assert not is_random("UserProfileServiceConfiguration")
    assert not is_random("abstractsingletonproxyfactory")
