import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.text.components import splits
from moderator.text.folding import Folded
from moderator.text.joining import joined
from moderator.text.leet import key, masks, spells
from moderator.text.numerals import other_spellings
from moderator.text.pinyin import pinyin
from moderator.text.squeezing import runs, squeeze, squeezed


@given(st.text(st.sampled_from("aab六六.- ，\n🎲"), max_size=30))
def test_squeezed_text_keeps_its_origins(text: str) -> None:
    """Every squeezed character stands at its origin, origins in order and apart."""
    tight = squeezed(Folded.unchanged(text))
    assert tight.text == squeeze(text)
    assert all(text[start] == one for one, start in zip(tight.text, tight.starts, strict=True))
    assert list(tight.starts) == sorted(tight.starts)
    assert not any(left == right for left, right in zip(tight.text, tight.text[1:], strict=False))


@pytest.mark.parametrize(
    ("word", "tight", "counts"),
    [
        ("六合彩", "六合彩", (1, 1, 1)),
        ("妈妈桑", "妈桑", (2, 1)),
        ("fuck you", "fuckyou", (1,) * 7),
    ],
)
def test_squeezed_words(word: str, tight: str, counts: tuple[int, ...]) -> None:
    """A word's squeezed form, and how often each of its letters stands in the word."""
    assert (squeeze(word), runs(word)) == (tight, counts)


def test_joined_parts_keep_their_origins() -> None:
    """A joined character comes from all of its parts, the others from themselves."""
    whole = joined(Folded.unchanged("去贝者博"), [(1, 3, "赌")])
    assert whole.text == "去赌博"
    assert [whole.origin(at, at + 1) for at in range(3)] == [(0, 1), (1, 3), (3, 4)]


@pytest.mark.parametrize(
    ("parts", "whole"),
    [("女乃", "奶"), ("贝者", "赌"), ("言射", "谢"), ("尸米", "屎"), ("氵去", "法")],
)
def test_split_characters(parts: str, whole: str) -> None:
    """Common split characters are known, with the radical typed either way."""
    assert splits()[parts] == whole


def test_splits_are_many_and_make_one_character() -> None:
    """Over a thousand characters can be put together again."""
    assert all(len(whole) == 1 and whole not in parts for parts, whole in splits().items())
    assert len(set(splits().values())) > 1000


@pytest.mark.parametrize(
    ("word", "others"),
    [
        ("一夜情", {"1夜情", "壹夜情"}),
        ("六合彩", {"6合彩", "陆合彩"}),
        ("六四", set()),
        ("赌博", set()),
        ("3p", {"三p", "叁p"}),
    ],
)
def test_digits_written_otherwise(word: str, others: set[str]) -> None:
    """Words with digits are looked for in every writing, but a bare 64 is not 六四."""
    assert set(other_spellings(word)) == others


@pytest.mark.parametrize(
    ("run", "ways"),
    [
        ("liuhecai", [("liu", "he", "cai")]),
        ("xian", [("xian",), ("xi", "an")]),
        ("fangan", [("fang", "an"), ("fan", "gan")]),
        ("white", []),
        ("x" * 100, []),
    ],
)
def test_pinyin_segmentations(run: str, ways: list[tuple[str, ...]]) -> None:
    """Runs of letters are read as syllables in at most two ways, or not at all."""
    assert pinyin().segmentations(run) == ways


def test_pinyin_of_characters_of_the_same_sound() -> None:
    """Characters of one toneless syllable share its sign."""
    assert pinyin().sign("微") == pinyin().sign("威") != pinyin().sign("信")
    assert pinyin().sign("a") == "a"


@pytest.mark.parametrize(
    ("token", "word", "same"),
    [
        ("sh1t", "shit", True),
        ("5h!t", "shit", True),
        ("fu(k", "fuck", True),
        ("shot", "shit", False),
    ],
)
def test_leet(token: str, word: str, *, same: bool) -> None:
    """A token spells a word when every sign is, or stands for, the letter; keys agree then."""
    assert spells(token, word) is same
    assert not same or key(token) == key(word)


@pytest.mark.parametrize(
    ("token", "word", "same"),
    [
        ("f**k", "fuck", True),
        ("sh*t", "shit", True),
        ("****", "fuck", False),
        ("f***", "fuck", False),
    ],
)
def test_starred_letters(token: str, word: str, *, same: bool) -> None:
    """At most half of a word may be starred out, and never its first letter."""
    assert masks(token, word) is same
