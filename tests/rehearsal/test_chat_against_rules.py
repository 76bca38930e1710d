"""The generated chat and the shipped rules agree on what is a violation."""

import random

import pytest

from moderator.domain.finding import Finding
from moderator.rehearsal import chat
from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.shipped import rules_directory


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(rules_directory())


def test_every_violation_is_found_under_its_category(book: Rulebook) -> None:
    """A rehearsal that reports nothing lost has found every category that it sent."""
    chance = random.Random(1)
    wrong: dict[str, str] = {}
    for _ in range(1_000):
        says = chat.violation(chance)
        hits = book.screen.screen(says.text)
        found = Finding.of(list(hits)).gravest.category if hits else "nothing"
        if found != says.category:
            wrong.setdefault(f"{says.category} as {found}", says.text)

    assert not wrong


def test_clean_chat_has_no_hit(book: Rulebook) -> None:
    """Ten thousand clean lines give no hit: a hit would be a false alarm of the shipped rules."""
    chance = random.Random(2)
    lines = [chat.clean(chance).text for _ in range(10_000)]

    assert not {hit.rule: line for line in lines for hit in book.screen.screen(line)}
