"""The native first look never says that there is nothing where the matcher finds something."""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.rule import Company, Layer, Pattern, Rule, Word
from moderator.matching import glancing
from moderator.matching.glance import Glance, Kind
from moderator.matching.glancing import CODES, _kinds
from moderator.matching.screening import Screen
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.regressions import read_regressions
from moderator.text.characters import characters
from moderator.text.folding import canonical

RULES = Path(__file__).parents[2] / "rules"
Pair = tuple[Screen, Screen]  # with the native first look, and without

WORDS = (
    "六合彩",
    "赌博",
    "傻逼",
    "微信",
    "妈妈",
    "fuck",
    "kill yourself",
    "加微信",
    "笨蛋蛋",
    "a.b",
    "赢",
)
PIECES = (
    "六合彩", "六", "合", "彩", "赌", "賭", "博", "傻", "逼", "微", "信",
    "威信", "妈", "媽媽", "贝者", "赢", "加", "fuck", "f", "u", "c", "k",
    "fuсk", "kill", "yourself", "fuuuuck", "5h1t", "lhc", "du", "bo", "liu", "he",
    "cai", " ", "  ", "，", "。", ".", "-", "*", "_", "\n", "、", "！",
    "\u200b", "️", "🎲", "①", "1", "a", "ａ", "Ｆ", "İ", "密码",
    "password", ":", "：", "手机", "13800138000", "1380013 8000",
    "Ab3dE6gH9jK2mN5pQ8", "%20", "\\u516d", "&#", "ω", "ß", "ﬁ", "Σ", "\ud800",
    "𠀀", "\U000e0061", "ꓝ", "ƒ", "€", "ǒ", "\x00", "笨蛋", "笨。蛋蛋",
    "b",
)  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), min_size=60, max_size=120).map("".join),
    st.text(max_size=40),
)


def _pair(rules: list[Rule]) -> Pair:
    screen = Screen(rules)
    without: Screen = pickle.loads(pickle.dumps(screen))
    without._glance = None
    return screen, without


def _look(pair: Pair) -> Glance:
    looked = pair[0]._glance
    assert looked is not None
    return looked


@pytest.fixture(scope="module")
def few(rule: Callable[..., Rule]) -> Pair:
    """Words of every kind, and the shipped patterns."""
    company = Company(all_of=(("群", "你"),), within=8)
    words = [rule(*WORDS), rule("小姐", "大奖", rule_id="guarded", company=company)]
    return _pair([*words, *(one for one in load_rulebook(RULES).rules if one.patterns)])


@pytest.fixture(scope="module")
def shipped() -> Pair:
    return _pair(list(load_rulebook(RULES).rules))


def _known_texts() -> Iterator[str]:
    for rule in load_rulebook(RULES).rules:
        yield from (*rule.examples, *rule.counter_examples)
    for regression in read_regressions(RULES)[0]:
        yield regression.text


def test_every_example_and_regression_hits_as_without_it(shipped: Pair) -> None:
    """All texts that the shipped rules are tried on."""
    screen, without = shipped

    missed = [text for text in _known_texts() if screen.screen(text) != without.screen(text)]

    assert missed == []


def test_every_example_hits_as_without_it_in_disguise(shipped: Pair) -> None:
    """The same texts with something between their characters, long, or in upper case."""
    screen, without = shipped
    texts = [
        disguised
        for number, text in enumerate(_known_texts())
        if number % 5 == 0
        for disguised in (".".join(text), "\u200b".join(text), text.upper() + "，好的" * 99)
    ]

    assert [text for text in texts if screen.screen(text) != without.screen(text)] == []


@given(TEXTS)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_hits_as_without_it(few: Pair, text: str) -> None:
    """Texts made of words, of what disguises them, and of anything."""
    screen, without = few

    assert screen.screen(text) == without.screen(text)


def test_ordinary_texts_end_there(few: Pair) -> None:
    """It would be right, and no use, to call for a closer look at everything."""
    texts = [
        "今天的会议改到三点了，辛苦大家。",
        "ok, see you tomorrow at 3pm!",
        "好的👌🏻",
        "",
        "哈哈哈哈",
    ]

    assert [text for text in texts if _look(few).calls(text)] == []


def test_plain_words_call(few: Pair) -> None:
    """A word anywhere in a text of any length, of any width."""
    glance_of_few = _look(few)

    for text in ("赌博", "x" * 5000 + "赌博", "𝒳" + "赌博", "FUCK", "賭博", "密码：Ab3dE6gH9"):
        assert glance_of_few.calls(text)


def test_the_matcher_works_without_it(
    rule: Callable[..., Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where nothing could be compiled."""
    monkeypatch.setattr(glancing, "COMPILED", False)

    screen = Screen([rule("赌博")])

    assert screen._glance is None
    assert screen.screen("去赌博")
    assert not screen.screen("去吃饭")


def test_lone_surrogates_call(few: Pair) -> None:
    """Robots' JSON carries them; they are looked at as what replaces them."""
    assert _look(few).calls("好\ud83d的")


def test_a_pickle_answers_alike(few: Pair) -> None:
    """The tables are bytes and load as they are."""
    loaded = pickle.loads(pickle.dumps(_look(few)))

    assert [bool(loaded.calls(piece)) for piece in PIECES] == [
        bool(_look(few).calls(piece)) for piece in PIECES
    ]


def test_threads_may_share_it(few: Pair) -> None:
    """Also for long texts, at which it lets other threads run."""
    texts = ["好的" * 3000, "好的" * 3000 + "赌博", "ok", "赌博"] * 25

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(_look(few).calls, texts))

    assert [bool(answer) for answer in answers] == [False, True, False, True] * 25


def test_characters_stand_for_what_folding_makes_of_them() -> None:
    """But those that only folding whole texts tells."""
    table = characters()
    kinds = memoryview(_kinds()).cast("I")
    unknown = Kind.SPECIAL | Kind.UNSEEN | Kind.LOOKALIKE
    wrong = [
        hex(code)
        for code in range(CODES)
        if not kinds[code] & unknown
        and ord(canonical(chr(code), table).text) != kinds[code] & (CODES - 1)
    ]

    assert wrong == []


@pytest.mark.parametrize("size", [4_000, 64_000])
@pytest.mark.parametrize(
    "piece", ["六合", "fu", "。", "1 ", "lhc ", "六1", "%4", "liu", "六.", "\u200b"]
)
def test_long_texts_hit_as_without_it(few: Pair, piece: str, size: int) -> None:
    """Beginnings of words again and again."""
    text = (piece * size)[:size]

    assert few[0].screen(text) == few[1].screen(text)


@pytest.mark.parametrize("times", [63, 64, 65, 90])
@pytest.mark.parametrize("piece", ["13812345678 ", "00000001\ufffd ", "密码 ", "密码 13812345678 "])
def test_any_number_of_places_hits_as_without_it(few: Pair, piece: str, times: int) -> None:
    """More keywords or runs of digits than are kept, such as a column of numbers, are looked at."""
    text = (piece * times)[:1024]

    assert few[0].screen(text) == few[1].screen(text)


@pytest.mark.parametrize(
    "text", ["工资补贴请点击 https://gz-bt.top/a 领取", "打13812345678找我", "mmp！"]
)
def test_keywords_call_where_their_expressions_may_match(few: Pair, text: str) -> None:
    """Where the signs, digits and edges around them are there that every match has."""
    assert _look(few).calls(text)


@pytest.mark.parametrize(
    "text", ["工资涨了3000，我们都很高兴", "2008-11-13那天发的", "从来不说mmp，也讨厌别人说"]
)
def test_keywords_alone_do_not_call(few: Pair, text: str) -> None:
    """Nor do runs of digits that no expression can match."""
    assert not _look(few).calls(text)


def test_keywords_count_as_one_stretch_where_their_windows_meet(rule: Callable[..., Rule]) -> None:
    """A match may begin near one keyword and end near the next."""
    pattern = Pattern(expression=r"甲-[^\n]{0,30}7#", keywords=("甲", "乙"), before=0, after=16)
    looked = _look(_pair([replace(rule(), patterns=(pattern,))]))

    assert looked.calls("甲-" + "好" * 14 + "乙好好7#")
    assert not looked.calls("甲-" + "好" * 40 + "乙好好7#")


@pytest.mark.parametrize(
    "text",
    [
        "出了大麻烦",
        "女子篮球赛",
        "少女时代",
        "禁止赌博",
        "见 https://en.wikipedia.org/wiki/Aeta_people",
    ],
)
def test_what_looks_like_a_word_and_is_none_ends_in_the_first_look(
    rule: Callable[..., Rule], word: Callable[..., Word], text: str
) -> None:
    """Excused words, parts that make no word, words that count in disguise, addresses."""
    hemp = rule("大麻", "好色", "妙龄", allow=("大麻烦",))
    talk = rule(replace(word("赌博"), disguised=True), rule_id="talk")
    look = Screen([hemp, talk])._glance

    assert look is not None
    assert look.calls(text) == 0


SIGNS = st.text(alphabet="fuckilyorsehtb*#!@$+(1350 .-_'a ", max_size=28)


@given(SIGNS)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_token_hits_as_without_it(few: Pair, text: str) -> None:
    """Letters and the signs of leet, spelled out, starred, repeated, in phrases."""
    screen, without = few

    assert screen.screen(text) == without.screen(text)
    assert screen.screen(f"他说{text}吗") == without.screen(f"他说{text}吗")


@pytest.mark.parametrize(
    "text",
    [
        "k1ll yourself@",
        "ki11  yourself",
        "f.u.c.k",
        "他f u c k了",
        "f***",
        "fu!ck",
        "fuuuck you",
        "s&amp;赌博",
    ],
)
def test_words_in_latin_disguise_call(few: Pair, text: str) -> None:
    """Leet, stars, repeats and letters spelled out, of words that are there."""
    assert _look(few).calls(text)
    assert few[0].screen(text) == few[1].screen(text)


@pytest.mark.parametrize(
    "text",
    [
        "同学叫shannon(伦敦的)",
        "那个freee...",
        "W-o-w, U.S.A",
        "I'm a bit late",
        "oh my God，find out yourself",
        "M19和gl8",
        "六合适，彩虹",
        "微的信心",
    ],
)
def test_what_resembles_a_disguise_and_is_none_ends_in_the_first_look(few: Pair, text: str) -> None:
    """Tokens with marks, letters one by one, words of phrases without the others."""
    assert _look(few).calls(text) == 0


def test_parts_and_repeats_that_make_no_word_end_in_the_first_look(
    rule: Callable[..., Rule], word: Callable[..., Word]
) -> None:
    """Ordinary neighbours, repeats of a word that counts in disguise, a longer run of letters."""
    talk = rule(replace(word("打炮"), disguised=True), rule_id="talk")
    look = Screen([rule("奸细", "赌博", "黑人鬼"), talk])._glance

    assert look is not None
    assert [look.calls(one) for one in ("美少女 干瘦", "打打炮", "黑人&gt;白人")] == [0, 0, 0]
    assert look.calls("打。打-炮")


def test_sound_alikes_call_where_the_whole_word_follows(
    rule: Callable[..., Rule], word: Callable[..., Word]
) -> None:
    """Each of its characters, not only the first three."""
    swearing = replace(word("关你几把"), undo=word("关你几把").undo | {Layer.HOMOPHONE})
    look = Screen([rule(swearing)])._glance

    assert look is not None
    assert look.calls("管你鸡吧")
    assert not look.calls("管你几个")


def test_an_escape_within_a_word_calls_where_words_are_looked_at(few: Pair) -> None:
    """What stands in many copied texts calls for nothing by itself."""
    assert not _look(few).calls("R&amp;B和摇滚")
    assert few[0].screen("六&amp;合彩，賭城") == few[1].screen("六&amp;合彩，賭城")


def test_keywords_whose_expressions_match_nowhere_are_no_candidates(
    rule: Callable[..., Rule],
) -> None:
    """Few expressions are tried at once, without whatever else patterns are read with."""
    pattern = Pattern(expression=r"甲-[0-9]x", keywords=("甲",), before=0, after=8)
    screen = Screen([replace(rule(), patterns=(pattern,))])

    assert screen._asked("甲9x-好") == {}
    assert screen._asked("甲-9x")
    assert screen.screen("甲-9x")
