import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.rule import Layer
from moderator.text.characters import characters
from moderator.text.folding import canonical, layers_within

TABLE = characters()


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ＦＵＣＫ", "fuck"),
        ("𝓯𝓾𝓬𝓴", "fuck"),
        ("🅵🅤🅲🇰", "fuck"),
        ("ᶠᵘᶜᵏ", "fuck"),
        ("⒡⒰⒞⒦", "fuck"),
        ("①⑵⒊❹➄⓿", "123450"),
        ("㈤㊄", "五五"),
        ("⑩", "10"),
        ("1️⃣", "1"),
        ("賭博裏面", "赌博里面"),
        ("沢", "泽"),
        ("⼀⽅", "一方"),
        ("\uf9ff\uf92f", "刺劳"),
        ("傻\u200b\u2060\ufeff逼", "傻逼"),
        ("\U000e0066\U000e0055", "fu"),
        ("出\U000e0061售", "出售"),
        ("出\U000e0066\U000e0055售", "出售"),
        ("閱後香菸資金鍊關於", "阅后香烟资金链关于"),
        ("hоw tо mаkе а bоmb", "how to make a bomb"),
        ("f̶u̶c̶k̶", "fuck"),
        ("fuсk", "fuck"),
        ("dǔbó", "dubo"),
        ("lǜ", "lv"),
        ("İ", "i"),
        ("㎏", "kg"),
        ("t．me", "t.me"),
        ("fück lǚ", "fuck lv"),
        ("f҉u҉c҉k҉", "fuck"),
        ("ɓaɲaɲa ȻƚɄƀ", "banana club"),
        ("ꮯꭺsꭵɴo", "casino"),
        ("fu©k Viagra® ©", "fuck viagra® ©"),
        ("pk⒑ Ⅷ", "pk10 8"),
        ("法丶轮の功", "法·轮·功"),
        ("法§轮", "法§轮"),
    ],
)
def test_canonical_form(written: str, plain: str) -> None:
    """Every way of dressing up a letter is undone."""
    assert canonical(written, TABLE).text == plain


@pytest.mark.parametrize(
    "text",
    ["сука блядь", "乾坤著名瞭望", "，！？（）：；～…“”", "α版", "한국어", "ありがとう", "ok 123"],
)
def test_leaves_other_text_as_it_is(text: str) -> None:
    """Real Cyrillic words, ordinary simplified characters and punctuation are not folded."""
    assert canonical(text, TABLE).text == text


@given(st.text(st.sampled_from("aｂ六賭\u200b㎏⑩İК😀1️⃣é中"), max_size=30))
def test_every_folded_character_comes_from_its_own(text: str) -> None:
    """Folding a character's origin alone gives that character, look-alikes aside."""
    folded = canonical(text, TABLE)
    for at, character in enumerate(folded.text):
        start, end = folded.origin(at, at + 1)
        assert end == start + 1
        assert character in canonical(text[start:end], TABLE).text + "k"


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    """A canonical text is its own canonical form."""
    once = canonical(text, TABLE).text
    assert canonical(once, TABLE).text.lower() == once.lower()


def test_origins_run_from_left_to_right() -> None:
    """The map never goes back, whatever is left out or grows."""
    folded = canonical("a\u200b㎏\U000e0066⑩賭", TABLE)
    assert folded.text == "akg10赌"
    assert [folded.origin(at, at + 1)[0] for at in range(6)] == [0, 2, 2, 4, 4, 5]


@pytest.mark.parametrize(
    ("span", "layers"),
    [
        ("六合彩", set()),
        ("Fu", {Layer.CASE}),
        ("ｆ", {Layer.WIDTH}),
        ("①", {Layer.DIGITS}),
        ("賭", {Layer.TRADITIONAL}),
        ("а", {Layer.LOOKALIKE}),
        ("\u200b", {Layer.INVISIBLE}),
    ],
)
def test_layers_of_a_span(span: str, layers: set[Layer]) -> None:
    """Each character tells which layer undoes it."""
    assert layers_within(span, TABLE) == layers


def test_no_trigger_is_ordinary_text() -> None:
    """What calls for folding stands in no ordinary simplified or ASCII text."""
    assert all(not trigger.isascii() for trigger in TABLE.triggers)
    assert TABLE.triggers.isdisjoint(
        "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会"
    )


def test_triggers_cover_compatibility_letters() -> None:
    """Every character that NFKC makes a Latin letter or digit of is folded."""
    missed = [
        chr(code)
        for code in range(0xA1, 0x1D800)
        if not 0xD800 <= code < 0xE000
        and (plain := unicodedata.normalize("NFKC", chr(code))) != chr(code)
        and len(plain) == 1
        and plain.isascii()
        and plain.isalnum()
        and canonical(chr(code), TABLE).text != plain.lower()
    ]
    assert missed == []
