import pytest

from moderator.text.emoji import other_writings
from moderator.text.folding import Folded
from moderator.text.pinyin import abbreviated
from moderator.text.spelling import respelled, spelled_out, without


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("oh f u c k", "fuck"),
        ("f.u.c.k!", "fuck"),
        ("k i l l  y o u", "kill you"),
        ("s-h-1-t", "sh1t"),
        ("n m s l", "nmsl"),
    ],
)
def test_letters_one_by_one_are_words(text: str, words: str) -> None:
    """Single letters make a word, wider gaps part words, and each letter knows where it stood."""
    found = respelled(Folded.unchanged(text))
    assert spelled_out(text)
    assert found.text == words + " "
    letters = [at for at, one in enumerate(found.text) if one != " "]
    assert all(text[slice(*found.origin(at, at + 1))] == found.text[at] for at in letters)


@pytest.mark.parametrize("text", ["a.b", "it is a b", "1.2.3", "ab cd ef", "一 二 三"])
def test_other_texts_are_not_spelled_out(text: str) -> None:
    """Two letters, numbers and whole words are no spelling."""
    assert not spelled_out(text)


@pytest.mark.parametrize("text", ["a*b*c", "x/y/z"])
def test_three_letters_of_a_formula_are_no_word(text: str) -> None:
    """Products and ratios of three variables make no word."""
    assert respelled(Folded.unchanged(text)).text == ""


def test_what_is_left_out_is_skipped_over() -> None:
    """A text without some places knows where the rest stood."""
    rest = without(Folded.unchanged("傻1逼x了"), [(1, 2), (3, 4)])
    assert rest.text == "傻逼了"
    assert [rest.origin(at, at + 1) for at in range(3)] == [(0, 1), (2, 3), (4, 5)]


def test_emoji_for_characters() -> None:
    """A word is looked for with emoji for some of its characters, never for all."""
    assert "滚🥚" in set(other_writings("滚蛋"))
    assert all(any(map(str.isalnum, way)) for way in other_writings("鸡蛋"))
    assert not list(other_writings("的了"))


def test_one_initial() -> None:
    """One character of three or more may be its initial."""
    assert list(abbreviated("操你妈")) == ["c你妈", "操n妈", "操你m"]
    assert not list(abbreviated("傻逼"))
    assert not list(abbreviated("你tmd"))
