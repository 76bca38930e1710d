"""Words hidden as users of other systems hide them, and what only looks like it."""

from collections.abc import Callable

import pytest

from moderator.domain.rule import Rule
from moderator.matching.screening import Screen

MakeRule = Callable[..., Rule]


@pytest.fixture(scope="module")
def screen(rule: MakeRule) -> Screen:
    return Screen([rule("法轮船", "赌博", "casino", "fuck", "ass", "网络赌场", "八九七六")])


@pytest.mark.parametrize(
    ("disguise", "word"),
    [
        ("f❤u❤c❤k", "fuck"),
        ("c–a–s–i–n–o", "casino"),
        ("c+a+s+i+n+o", "casino"),
        ("c&a&s&i&n&o", "casino"),
        ("cas-ino", "casino"),
        ("c_sino", "casino"),
        ("fvck", "fuck"),
        ("phuck", "fuck"),
        ("a$$", "ass"),
        ("ca$ıno", "casino"),
        ("法丶轮丶船", "法轮船"),
        ("法§轮§船", "法轮船"),
        ("法!@#$轮%^&*船", "法轮船"),
        ("法\t轮\t船", "法轮船"),
        ("fa*lun*chuan", "法轮船"),
        ("f.l.c", "法轮船"),
        ("網路賭場", "网络赌场"),
        ("%63%61%73%69%6e%6f", "casino"),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "今天说说 {} 的事", "hello，{}，world"])
def test_hidden_words_are_found(screen: Screen, frame: str, disguise: str, word: str) -> None:
    """Wherever they stand; the span is the disguise."""
    text = frame.format(disguise)
    assert [(hit.word, text[hit.start : hit.end]) for hit in screen.screen(text)] == [
        (word, disguise)
    ]


@pytest.mark.parametrize("text", ["flc", " FLC ", "du bo", "Du-Bo"])
def test_initials_and_two_syllables_count_alone(screen: Screen, text: str) -> None:
    """Where they are all that somebody wrote; among English words they may be anything."""
    (hit,) = screen.screen(text)
    assert text[hit.start : hit.end] == text.strip()
    assert not screen.screen(f"please see {text.strip()} there")


@pytest.mark.parametrize(
    "text",
    [
        "看一下flc.log",
        "目录在/opt/flc/bin",
        "字段is_del_flc改了",
        "尺码有 F L C 三种",
        "class pass glass",
        "co$ino",
        "a*s*s=0",
        "a s",
        "50%63折",
        "赌\t局\t博客",
    ],
)
def test_names_and_formulas_are_not_hidden_words(screen: Screen, text: str) -> None:
    """Parts of names of files, sizes, formulas and cells of tables are what they are."""
    assert not screen.screen(text)
