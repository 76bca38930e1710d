"""Which stretches of long texts are looked at for disguises."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from moderator.domain.rule import Rule
from moderator.matching.screening import Screen
from moderator.matching.stretches import LENGTH, WHOLE, most, stretches, within

ORDINARY = "今天的会议改到下午三点，大家记得更新周报。"


@pytest.fixture(scope="module")
def screen(rule: Callable[..., Rule]) -> Screen:
    return Screen([rule("六合彩", "赌博", "fuck", allow=("六合彩票",))])


def found(screen: Screen, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in screen.screen(text)]


@pytest.mark.parametrize("length", [WHOLE + 1, 3 * LENGTH, 64_000])
def test_stretches_cover_the_text_and_overlap(length: int) -> None:
    """Every character is in a stretch, and what stands at the end of one is whole in the next."""
    spans = sorted(stretches(length))

    assert (spans[0][0], spans[-1][1]) == (0, length)
    assert all(right[0] < left[1] - 32 for left, right in pairwise(spans))


def test_the_ends_of_a_text_come_first() -> None:
    """The first stretch is the beginning, the second the end, and so inwards."""
    first, second, third, *_ = stretches(64_000)

    assert (first[0], second[1]) == (0, 64_000)
    assert first[0] < third[0] < first[1]


def test_what_a_cut_may_have_changed_does_not_count() -> None:
    """Near a cut a word may go on; at the ends of the text it cannot."""
    assert not within((1022, 1024), (0, 1024), 4_000)
    assert within((0, 3), (0, 1024), 4_000)
    assert within((3_997, 4_000), (2_976, 4_000), 4_000)


@pytest.mark.parametrize("word", ["六he彩", "六.合.彩", "f u c k", "fuuuuck", "du博"])
@pytest.mark.parametrize("before", [0, 1_000, 20_000, 40_000])
def test_disguised_words_are_found_anywhere_in_an_ordinary_long_text(
    screen: Screen, word: str, before: int
) -> None:
    """Length alone hides nothing: stretches without anything to undo cost no attention."""
    ordinary = ORDINARY * 2_000
    text = f"{ordinary[:before]}，{word}，{ordinary[before:40_000]}"

    assert word in found(screen, text)


@pytest.mark.parametrize("word", ["六合彩", "賭博", "ＦＵＣＫ", "六\u200b合彩"])
def test_words_as_written_are_found_anywhere_in_a_hostile_text(screen: Screen, word: str) -> None:
    """Case, width, script and unseen characters are undone everywhere, whatever else there is."""
    hostile = "5h1t! f.u. 六.合. " * 2_000

    assert word in found(screen, f"{hostile[:16_000]} {word} {hostile[16_000:]}")


@pytest.mark.parametrize("side", ["before", "after"])
def test_padding_on_one_side_hides_no_disguise(screen: Screen, side: str) -> None:
    """However much stands before a disguised word or after it, the ends are looked at."""
    padding = "fu5k! 六.六.合. " * 3_000
    text = f"{padding}，六he彩" if side == "before" else f"六he彩，{padding}"

    assert "六he彩" in found(screen, text)


def test_allow_phrases_hold_across_stretches(screen: Screen) -> None:
    """A phrase that is cut by the end of a stretch still excuses its word."""
    text = "".join(f"{ORDINARY}六合彩票{'。' * (number % 7)}" for number in range(500))

    assert found(screen, text) == []


def test_what_was_not_read_is_told(screen: Screen) -> None:
    """The explanation of a hostile text names the stretches that were passed over."""
    text = "六he彩 f.u.c. " * 4_000

    unread = screen.explain(text).unread

    assert len(unread) >= len(list(stretches(len(text)))) - most(len(text))
    assert all(0 < start < end < len(text) for start, end in unread)


def test_messages_are_read_whole(screen: Screen) -> None:
    """No text that WeCom delivers is too long: nothing is passed over."""
    assert screen.explain(("六.合. f.u.c. " * 200)[:WHOLE]).unread == ()
