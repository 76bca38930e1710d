"""Texts by somebody who has read the rules: work grows no faster than length.

Work is the number of calls, counted by the interpreter, so that a busy machine changes nothing.
What happens inside a call is timed: here by its growth, by `benchmarks/matching.py` in full.
"""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.rule import Rule
from moderator.matching.patterns import PatternMatcher
from moderator.matching.windows import ASSURED, PLACES, SHARES, TOO_MUCH, Places
from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.samples import expand

RULES = Path(__file__).parents[2] / "rules"
SHORT, LONG = 4_000, 32_000
PIECES = [
    "password: ",
    "pAsSwOrD=",
    "pw=1 ",
    "密码",
    "密码：a1b2c3 ",
    "a1b2c3 密码 ",
    "key='",
    "1",
    "1 ",
    "13912345678 ",
    "11010119900307",
    "a@a.",
    "http://a.b/",
    "http://www.a1ipay.",
    "./",
    "{",
    '\\\\"',
    "\n",
    "%41",
    "%25%34%31",
    "password%20",
    "\\u0041",
    "4a ",
    "a",
    "A",
    "ghp_eyJAKIAsk-xoxb-",
    "-----BEGIN PRIVATE KEY-----\n",
    "<a href=https://www.a-a.",
    "姓名尚·1",
    "核验扫码",
    "ｐａｓｓｗｏｒｄ：",
    "pass\u200bword: ",
    b64encode(b"password: " * 20).decode() + " ",
    quote("password = ") * 30 + " ",
    "密码 ",
    "--pwd%20",
    "pwd: a1 ",
    "key=",
    "://u:",
    "1.com ",
    "登录 a/b1 ",
    "用a1!b2c3 登",
]

WORDS = [
    "傻逼",
    "傻.逼.",
    "傻\u200b逼\u200b",
    "傻。。。。",
    "操n妈",
    "sha bi ",
    "女子女支",
    "賭博買賣",
    "5h1t! ",
    "fuсk ",
    "fuuuck ",
    "a" * 63 + "с",
    "f u c k, ",
    "(((",
    "缺德 代充 ",
    "1一①",
    "&#20667;",
    "🎲.-*",
]


def filled(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


Calls = Callable[[Callable[[], object]], int]
Work = Callable[[str], int]


@pytest.fixture(scope="module")
def work(shipped: PatternMatcher, calls: Calls) -> Work:
    """Count what the patterns cost on a text."""

    def counted(text: str) -> int:
        candidates = shipped.candidates(text)
        return calls(lambda: shipped.match(text, candidates))

    return counted


@pytest.fixture(scope="module")
def keywords(shipped_rules: tuple[Rule, ...]) -> list[str]:
    return sorted({word for rule in shipped_rules for p in rule.patterns for word in p.keywords})


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(RULES)


@pytest.fixture(scope="module")
def examples(shipped_rules: tuple[Rule, ...]) -> list[str]:
    return [expand(text, seed="hostile") for rule in shipped_rules for text in rule.examples]


@pytest.mark.parametrize("piece", PIECES)
def test_eight_times_the_text_is_no_more_than_eight_times_the_work(work: Work, piece: str) -> None:
    """Whatever is repeated, the calls grow with the text at most, but for a fixed number."""
    short, long = (work(filled(piece, size)) for size in (SHORT, LONG))

    assert long <= LONG / SHORT * (short + 500)


@pytest.mark.parametrize("piece", [*PIECES, *WORDS, "all keywords", "all words"])
def test_the_whole_matcher_takes_no_more_than_its_share_of_a_longer_text(
    book: Rulebook, keywords: list[str], calls: Calls, piece: str
) -> None:
    """Every stage on eight times the text makes about eight times the calls, with all rules."""
    banned = (word.text for rule in book.rules for word in rule.words)
    mixtures = {"all keywords": " ".join(keywords), "all words": " ".join(banned)}
    short, long = (filled(mixtures.get(piece, piece), size) for size in (SHORT, LONG))

    soon = calls(lambda: book.screen.screen(short))
    late = calls(lambda: book.screen.screen(long))

    assert late <= 3 * LONG / SHORT * (soon + 500)


def test_the_company_of_a_word_is_looked_for_once(book: Rulebook, calls: Calls) -> None:
    """A word that lacks its company costs no search of the whole text wherever it stands."""
    short, long = (filled("六\u200b合\u200b彩\u200b", size) for size in (SHORT, LONG))

    soon = calls(lambda: book.screen.screen(short))
    late = calls(lambda: book.screen.screen(long))

    assert late < 3 * soon


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_work_stays_within_bounds_for_any_mixture(
    work: Work, keywords: list[str], examples: list[str], data: st.DataObject
) -> None:
    """Keywords, pieces of what the rules look for and tokens in any order cost a few calls each."""
    cut = st.builds(lambda text, at: text[:at], st.sampled_from(examples), st.integers(1, 60))
    piece = st.sampled_from(keywords) | cut | st.sampled_from(PIECES)
    pieces = data.draw(st.lists(piece, min_size=5, max_size=60))
    text = filled(data.draw(st.sampled_from(["", " ", "\n", "="])).join(pieces), 16_000)

    assert work(text) < 12 * len(text)


def test_every_keyword_in_one_text_is_bounded(work: Work, keywords: list[str]) -> None:
    """All patterns at once cost a few calls for each character."""
    assert work(filled(" ".join(keywords) + " ", LONG)) < 6 * LONG


def test_the_keywords_of_most_patterns_are_bounded(work: Work) -> None:
    """No pattern can be asked for more often than there are places to try in a text."""
    assert work(filled("pw= password: 密码 token ", LONG)) < 6 * LONG


def test_what_is_not_looked_at_is_told(shipped: PatternMatcher) -> None:
    """When the places to try run out, the explanation names the rules that were cut short."""
    text = filled("pw=aaaa password: xxxx ", LONG)

    reasons = {one.reason for one in shipped.refusals(text, shipped.candidates(text))}

    assert TOO_MUCH in reasons


def test_ordinary_long_texts_are_looked_at_whole(
    shipped: PatternMatcher, examples: list[str]
) -> None:
    """Pages with dozens of secrets in them do not use up the places to try."""
    text = "\n今天的会议改到下午三点，大家记得更新周报。\n".join(examples[::32])

    refusals = shipped.refusals(text, shipped.candidates(text))

    assert TOO_MUCH not in {one.reason for one in refusals}


def test_a_secret_behind_many_names_is_found(shipped: PatternMatcher) -> None:
    """Places that stand too close together to matter are left out, not the last of them."""
    secret = "k7#" + "mQ2x" + "!vR"
    text = "password " * 400 + f"password: {secret} "

    hits = shipped.match(text, shipped.candidates(text))

    assert secret in {text[hit.start : hit.end] for hit in hits}


def test_places_are_granted_until_there_are_none() -> None:
    """A message has a fixed number of places to try; what it denies is counted."""
    places = Places(0)
    places.begin()

    assert places.granted(PLACES + 1) == PLACES
    assert places.granted(7) == 0
    assert places.denied == 8


def test_no_pattern_takes_the_places_of_the_others() -> None:
    """In a long text each has a share, and a few places when there are none left."""
    places = Places(LONG)
    granted = []
    for _ in range(SHARES + 2):
        places.begin()
        granted.append(len(places.nearest(range(LONG))))
        places.granted(LONG)

    assert granted[0] < LONG // SHARES
    assert granted[-1] == ASSURED


def test_both_ends_of_a_long_text_are_looked_at() -> None:
    """Of more positions than may be looked at, those in the middle are left out."""
    places = Places(LONG)
    places.begin()

    near = places.nearest(range(LONG))

    assert (near[0], near[-1]) == (0, LONG - 1)
    assert len(near) < LONG
