from collections.abc import Callable
from functools import partial

import pytest

from moderator.domain.rule import Company, Rule
from moderator.matching.screening import Screen
from moderator.matching.tally import HITS_PER_RULE

PIECES = [
    "六合彩",
    "六合",
    "六.合.彩.",
    "六。。。。合。。。。",
    ".-* 🎲",
    "賭博買賣",
    "\u200b\u2060",
    "a",
    "liu he ",
    "六he",
    "lhc ",
    "5h1t! ",
    "1 ",
    "fuсk ",
    "贝者博",
    "六六合合",
    "代充",
]


@pytest.fixture(scope="module")
def screen(rule: Callable[..., Rule]) -> Screen:
    company = Company(all_of=(("便宜", "低价"),), within=10)
    words = rule("六合彩", "赌博", "fuck", "shit", "star", allow=("六合彩票",))
    return Screen([words, rule("代充", company=company, rule_id="company")])


@pytest.mark.parametrize("piece", PIECES)
def test_work_grows_no_faster_than_the_text(
    screen: Screen, calls: Callable[[Callable[[], object]], int], piece: str
) -> None:
    """Eight times the text takes about eight times the calls, whatever it is made of."""
    short, long = ((piece * 4000)[:size] for size in (4_000, 32_000))

    soon, late = (calls(partial(screen.screen, text)) for text in (short, long))

    assert late < 3 * 8 * (soon + 200)  # quadratic would give 64 times as many


@pytest.mark.parametrize("piece", PIECES)
def test_number_of_hits_is_bounded(screen: Screen, piece: str) -> None:
    """However often a word stands in a text, each rule reports so many places and no more."""
    hits = screen.screen((piece * 16_000)[:16_000])
    for rule_id in {hit.rule for hit in hits}:
        assert sum(hit.rule == rule_id for hit in hits) <= HITS_PER_RULE


def test_a_word_is_found_behind_many_that_do_not_count(screen: Screen) -> None:
    """Dozens of places that are excused do not hide the one that is not."""
    text = "六合彩票，" * 40 + "买六合彩"
    (hit,) = screen.screen(text)
    assert text[hit.start : hit.end] == "六合彩"
