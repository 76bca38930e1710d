"""Generated chat."""

import random

import pytest

from moderator.rehearsal import chat


def _clean(count: int, seed: int = 1) -> list[str]:
    return [chat.clean(random.Random(f"{seed}/{number}")).text for number in range(count)]


def test_same_seed_same_chat() -> None:
    """The same random source says the same."""
    assert _clean(50) == _clean(50)
    assert _clean(50) != _clean(50, seed=2)


def test_clean_lines_differ() -> None:
    """Of ten thousand clean lines nearly all are different."""
    assert len(set(_clean(10_000))) > 9_500


def test_clean_lines_are_of_chat_length() -> None:
    """No line is empty or longer than people write in chat."""
    lengths = [len(line) for line in _clean(2_000)]

    assert min(lengths) >= 8
    assert max(lengths) <= 80
    assert 20 <= sum(lengths) / len(lengths) <= 40


def test_no_hole_is_left_in_a_sentence() -> None:
    """Every placeholder of a template is filled."""
    chance = random.Random(1)
    lines = _clean(2_000) + [chat.violation(chance).text for _ in range(2_000)]

    assert not [line for line in lines if set("{}<>") & set(line)]


def test_every_category_is_used() -> None:
    """Violations of all categories come up."""
    chance = random.Random(1)
    used = {chat.violation(chance).category for _ in range(500)}

    assert used == chat.categories()


def test_clean_lines_have_no_category() -> None:
    """Clean chat expects nothing."""
    assert chat.clean(random.Random(1)).category == ""


@pytest.mark.parametrize("seed", range(20))
def test_identity_numbers_are_valid(seed: int) -> None:
    """The weighted sum of all 18 digits is 1 modulo 11 (GB 11643)."""
    number = chat.identity_number(random.Random(seed))
    values = [10 if digit == "X" else int(digit) for digit in number]
    weighted = sum(value * pow(2, 17 - place) for place, value in enumerate(values))

    assert len(number) == 18
    assert weighted % 11 == 1


@pytest.mark.parametrize("seed", range(20))
def test_bank_cards_are_valid(seed: int) -> None:
    """The Luhn sum of the 19 digits is a multiple of ten."""
    number = chat.bank_card(random.Random(seed))
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * 2 if place % 2 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled

    assert len(number) == 19
    assert total % 10 == 0


def test_tokens_have_their_shapes() -> None:
    """An AWS key id has 20 characters, a GitHub token 40 with its prefix."""
    chance = random.Random(1)

    assert len(chat.access_key(chance)) == 20
    assert chat.github_token(chance).startswith("ghp_")
    assert len(chat.github_token(chance)) == 40
