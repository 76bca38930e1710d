"""Any word, disguised at random, is found, and its span folded is the word."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.rule import Layer, Rule, Word
from moderator.matching.screening import Screen
from moderator.text.characters import characters
from moderator.text.components import splits
from moderator.text.folding import Folded, canonical
from moderator.text.joining import joined
from moderator.text.pinyin import pinyin
from moderator.text.squeezing import squeeze

WORDS = ("六合彩", "赌博网站", "传销骗局", "收购驾照")
TRADITIONAL = dict(zip("赌网传销骗购驾", "賭網傳銷騙購駕", strict=True))
PARTS = {whole: parts for parts, whole in splits().items()}
WAYS = ["plain", "traditional", "invisible", "marks", "repeats", "split"]
WAYS += ["noise", "emoji", "escape"]
EMOJI = {"彩": "🌈", "赌": "🎰"}
FILLING = st.text(st.sampled_from("今天我们吃饭，。哈 ok"), max_size=8)


@pytest.fixture(scope="module")
def screen(rule: Callable[..., Rule]) -> Screen:
    return Screen([rule(*WORDS)])


@st.composite
def disguised(draw: st.DrawFn) -> tuple[str, str]:
    word = draw(st.sampled_from(WORDS))
    way = draw(st.sampled_from(WAYS))
    return word, "".join(_dressed(draw, way, at, one) for at, one in enumerate(word))


def _dressed(draw: st.DrawFn, way: str, at: int, one: str) -> str:
    if way == "repeats":
        return one * draw(st.integers(1, 4))
    gap = {"invisible": "\u200b\u2060\ufe0f\u3164", "marks": ".-* 🎲_~", "noise": "1ax9"}.get(
        way, ""
    )
    longest = 2 if way == "noise" else 3
    before = draw(st.text(st.sampled_from(gap), max_size=longest)) if gap and at else ""
    return before + draw(st.sampled_from([one, *_otherwise(way, one)]))


def _otherwise(way: str, one: str) -> Sequence[str]:
    """The other ways to write the character."""
    code = ord(one)
    tables = {"traditional": TRADITIONAL, "split": PARTS, "emoji": EMOJI}
    if way in tables:
        return [tables[way].get(one, one)]
    return [f"&#{code};", f"&#x{code:X};", f"\\u{code:04x}"] if way == "escape" else []


@given(disguised(), FILLING, FILLING)
def test_disguised_words_are_found_where_they_are(
    screen: Screen, dressed: tuple[str, str], before: str, after: str
) -> None:
    """The span of the hit lies within the disguise; folded with its layers it is the word."""
    word, disguise = dressed
    text = f"{before}。{disguise}。{after}"
    (hit,) = (hit for hit in screen.screen(text) if hit.word == word)
    start = len(before) + 1
    assert start <= hit.start < hit.end <= start + len(disguise)
    assert undone(text[hit.start : hit.end], hit.layers) == word


def undone(span: str, layers: tuple[Layer, ...]) -> str:
    """The span with exactly these layers undone."""
    folds = {Layer.CASE, Layer.WIDTH, Layer.INVISIBLE, Layer.TRADITIONAL, Layer.ENCODED}
    if folds & set(layers):
        span = canonical(span, characters()).text
    if Layer.EMOJI in layers:
        for character, shown in EMOJI.items():
            span = span.replace(shown, character)
    if Layer.NOISE in layers:
        span = "".join(one for one in span if not one.isascii())
    if {Layer.SEPARATORS, Layer.REPEATS} & set(layers):
        span = squeeze(span)
    if Layer.SPLIT in layers:
        places = [
            (at, at + len(parts), whole)
            for parts, whole in splits().items()
            for at in range(len(span))
            if span.startswith(parts, at) and any(whole in word for word in WORDS)
        ]
        span = joined(Folded.unchanged(span), places).text
    return span


@given(st.sampled_from(WORDS), st.data())
def test_pinyin_of_a_word_is_found(screen: Screen, word: str, data: st.DataObject) -> None:
    """Any character typed as its syllable, the others kept: the word is found, exactly there."""
    typed = data.draw(st.lists(st.booleans(), min_size=len(word), max_size=len(word)))
    readings = pinyin().readings
    disguise = "".join(
        readings[one][0] if latin else one for one, latin in zip(word, typed, strict=True)
    )
    text = f"他说，{disguise}，是吧"
    (hit,) = screen.screen(text)
    assert text[hit.start : hit.end] == disguise
    assert hit.layers == ((Layer.PINYIN,) if any(typed) else ())


@pytest.mark.parametrize("text", ["替代 开发", "钢枪 支架", "刷，单子"])
def test_a_space_between_two_words_disguises_no_harmless_word(
    rule: Callable[..., Rule], word: Callable[..., Word], text: str
) -> None:
    """What counts only in disguise is not disguised by the space or mark that parts two words."""
    words = [replace(word(one), disguised=True) for one in ("代开", "枪支", "刷单")]
    screen = Screen([rule(*words)])
    assert not screen.screen(text)


@pytest.mark.parametrize("text", ["代 开", "找我 枪 支 便宜", "刷*单兼职"])
def test_a_gap_disguises_a_word_that_stands_alone(
    rule: Callable[..., Rule], word: Callable[..., Word], text: str
) -> None:
    """Where neither end is part of another word, or the mark is none of a sentence, it counts."""
    words = [replace(word(one), disguised=True) for one in ("代开", "枪支", "刷单")]
    screen = Screen([rule(*words)])
    assert screen.screen(text)
