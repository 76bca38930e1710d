from collections.abc import Callable

import pytest

from moderator.domain.rule import Layer, Rule
from moderator.matching.screening import Screen

MakeRule = Callable[..., Rule]


@pytest.fixture
def screen(rule: MakeRule) -> Screen:
    return Screen([rule("口交", "六合彩", "赌博", "star", allow=("路口交通",))])


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("路口交通", "口交", "allow phrase 路口交通"),
        ("stars", "star", "goes on as a longer word"),
        ("costar", "star", "stands within a longer word"),
        ("六-合。彩", "六合彩", ""),
        ("赌。博", "赌博", ""),
    ],
)
def test_suppressed_finds_have_a_reason(screen: Screen, text: str, word: str, reason: str) -> None:
    """What was found and does not count says why; what was not found says nothing."""
    found = {one.word: one.reason for one in screen.explain(text).suppressed}
    assert found.get(word, "") == reason


def test_tells_the_allow_phrases_tried(screen: Screen) -> None:
    """A suppressed find names the phrases that were looked for."""
    (suppressed,) = screen.explain("路口交通").suppressed
    assert suppressed.tried == ("路口交通",)
    assert (suppressed.start, suppressed.end) == (1, 3)


def test_shows_hits_and_the_folded_text(screen: Screen) -> None:
    """The explanation holds the same hits as the screening, and how the text was read."""
    explanation = screen.explain("玩賭博")
    assert explanation.hits == screen.screen("玩賭博")
    assert explanation.hits[0].layers == (Layer.TRADITIONAL,)
    assert explanation.canonical == "玩赌博"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("流河采", "sounds the same; the word would need undo: [homophone]"),
        ("六只合页，彩色的", "its characters stand apart or in another order"),
        ("买合彩的", "all but one end of it stands in the text"),
    ],
)
def test_nearest_words_say_what_they_lack(screen: Screen, text: str, reason: str) -> None:
    """A text without hits shows which word came closest."""
    nearest = screen.explain(text).nearest
    assert (nearest[0].word, nearest[0].reason) == ("六合彩", reason)


def test_tells_what_differs_in_one_character(rule: MakeRule) -> None:
    """A word of which another character stands in the middle is near."""
    (near,) = Screen([rule("代开发票")]).explain("代办发票").nearest
    assert near.reason == "one of its characters is another"


def test_names_each_near_rule_once(rule: MakeRule) -> None:
    """With the closest of its words."""
    screen = Screen([rule("彩六合", "六合彩票", "六合采集", rule_id="lots")])
    (near,) = screen.explain("六河彩票").nearest
    assert near.word == "六合彩票"


@pytest.mark.parametrize("text", ["六合区政府", "六个人合租，院子里有彩旗", "路口交通"])
def test_words_and_what_is_already_told_are_not_near(screen: Screen, text: str) -> None:
    """A word of everyday life, characters far apart, and what was found are nothing to add."""
    assert screen.explain(text).nearest == ()


def test_nothing_is_near_an_ordinary_text(screen: Screen) -> None:
    """Ordinary text is near nothing."""
    explanation = screen.explain("今天下午三点开会")
    assert (explanation.hits, explanation.suppressed, explanation.nearest) == ((), (), ())
