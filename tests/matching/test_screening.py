import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.finding import Hit
from moderator.domain.rule import Company, Layer, Pattern, Rule, Word
from moderator.matching.automaton import EngineName
from moderator.matching.screening import Screen
from moderator.matching.tally import HITS_PER_RULE

MakeRule = Callable[..., Rule]
MakeWord = Callable[..., Word]


def spans(screen: Screen, text: str) -> list[tuple[str, str]]:
    return [(hit.word, text[hit.start : hit.end]) for hit in screen.screen(text)]


def only(screen: Screen, text: str) -> Hit:
    (hit,) = screen.screen(text)
    return hit


@pytest.fixture(params=EngineName)
def gambling(request: pytest.FixtureRequest, rule: MakeRule) -> Screen:
    words = ("六合彩", "赌博", "一夜情", "傻逼", "妈妈桑", "fuck", "SM", "star")
    return Screen([rule(*words)], engine=request.param)


@pytest.mark.parametrize(
    ("text", "span", "layers"),
    [
        ("今天六合彩", "六合彩", ()),
        ("FUCK you", "FUCK", (Layer.CASE,)),
        ("ｆｕｃｋ you", "ｆｕｃｋ", (Layer.WIDTH,)),
        ("𝓯𝓾𝓬𝓴", "𝓯𝓾𝓬𝓴", (Layer.WIDTH,)),
        ("🅵🆄🅲🅺", "🅵🆄🅲🅺", (Layer.WIDTH,)),
        ("六\u200b合\u2060彩", "六\u200b合\u2060彩", (Layer.INVISIBLE,)),
        ("fu\u200bck", "fu\u200bck", (Layer.INVISIBLE,)),
        ("\U000e0066\U000e0075ck", "\U000e0066\U000e0075ck", (Layer.INVISIBLE,)),
        ("買賭博", "賭博", (Layer.TRADITIONAL,)),
        ("fuсk", "fuсk", (Layer.LOOKALIKE,)),
        ("f\u0336u\u0336c\u0336k\u0336", "f\u0336u\u0336c\u0336k", (Layer.INVISIBLE,)),
        ("六.合.彩", "六.合.彩", (Layer.SEPARATORS,)),
        ("六 合🎲彩", "六 合🎲彩", (Layer.SEPARATORS,)),
        ("六，合，彩", "六，合，彩", (Layer.SEPARATORS,)),
        ("傻❤️逼", "傻❤️逼", (Layer.INVISIBLE, Layer.SEPARATORS)),
        ("六合合合彩", "六合合合彩", (Layer.REPEATS,)),
        ("fuuuck", "fuuuck", (Layer.REPEATS,)),
        ("1夜情", "1夜情", (Layer.DIGITS,)),
        ("①夜情", "①夜情", (Layer.DIGITS,)),
        ("壹夜情", "壹夜情", (Layer.DIGITS,)),
        ("贝者博", "贝者博", (Layer.SPLIT,)),
        ("du博", "du博", (Layer.PINYIN,)),
        ("赌bo吧", "赌bo", (Layer.PINYIN,)),
        ("买liuhecai", "liuhecai", (Layer.PINYIN,)),
        ("liu he cai", "liu he cai", (Layer.SEPARATORS, Layer.PINYIN)),
        ("lhc开奖", "lhc", (Layer.INITIALS,)),
        ("fu(k", "fu(k", (Layer.LEET,)),
        ("fuu(k", "fuu(k", (Layer.LEET,)),
        ("f@ck", "f@ck", (Layer.LEET,)),
        ("f u c k", "f u c k", (Layer.SEPARATORS,)),
        ("F.U.C.K", "F.U.C.K", (Layer.CASE, Layer.SEPARATORS)),
        ("d u b o", "d u b o", (Layer.SEPARATORS, Layer.PINYIN)),
        ("六1合x彩", "六1合x彩", (Layer.NOISE,)),
        ("六合🌈", "六合🌈", (Layer.EMOJI,)),
        ("六h彩", "六h彩", (Layer.PINYIN,)),
        ("赌，博", "赌，博", (Layer.SEPARATORS,)),
        ("赌\n博", "赌\n博", (Layer.SEPARATORS,)),
        ("六\n合\n彩", "六\n合\n彩", (Layer.SEPARATORS,)),
        ("赌------博", "赌------博", (Layer.SEPARATORS,)),
        ("&#36172;博", "&#36172;博", (Layer.ENCODED,)),
        ("\\u8d4c\\u535a", "\\u8d4c\\u535a", (Layer.ENCODED,)),
        ("%E8%B5%8C%E5%8D%9A", "%E8%B5%8C%E5%8D%9A", (Layer.ENCODED,)),
        ("٦合彩", "٦合彩", (Layer.DIGITS,)),
        ("5tar", "5tar", (Layer.LEET,)),
        ("f**k you", "f**k", (Layer.LEET,)),
        ("fuuuck!!", "fuuuck", (Layer.REPEATS,)),
        ("有（lhc!）吗", "lhc", (Layer.INITIALS,)),
        ("去(dubo!", "dubo", (Layer.PINYIN,)),
        ("彩合六", "彩合六", (Layer.REVERSED,)),
        ("sm", "sm", (Layer.CASE,)),
        ("六\U000e0061合彩", "六\U000e0061合彩", (Layer.INVISIBLE,)),
        ("六…合…彩", "六…合…彩", (Layer.SEPARATORS,)),
    ],
)
def test_undoes_disguises(
    gambling: Screen, text: str, span: str, layers: tuple[Layer, ...]
) -> None:
    """Each disguise is seen through, named, and placed exactly in the original text."""
    hit = only(gambling, text)
    assert text[hit.start : hit.end] == span
    assert hit.layers == layers


@pytest.mark.parametrize(
    ("word_text", "disguise"),
    [
        ("包装征信", "包裝徵信"),
        ("躺着瘦", "躺著瘦"),
        ("不要干了", "不要乾了"),
        ("阅后即焚", "閱後即焚"),
        ("香烟批发", "香菸批發"),
        ("婊子", "女表子"),
        ("妓院", "女支院"),
        ("how to make a bomb", "hоw tо mаkе а bоmb"),
        ("银行卡四件套", "yinhangka四件套"),
        ("重庆时时彩", "cqssc群"),
        ("you stupid", "you stupppppid"),
        ("nigerian prince", "nigerian prinnnnce"),
        ("bet365", "bet36555"),
        ("你tmd", "你t___md"),
        ("大sb", "大s/b"),
        ("vpn出售", "v__pn出售"),
        ("assholes", "455h0l35"),
        ("shabi", "5h4b1"),
        ("kill yourself", "k1ll yourself"),
        ("kill yourself", "kill_yourself"),
        ("kill yourself", "kill     yourself"),
        ("shitty", "shiiittty"),
        ("shit", "sh11t"),
        ("fuck", "ʞɔnɟ"),
        ("fuck", "⠋⠥⠉⠅"),
        ("fuck", "ƒυ¢κ"),
        ("fuck", "ꓝꓴꓚꓗ"),
        ("婊子", "女 表 子"),
        ("赌博", "月者*博"),
        ("操你妈", "操n妈"),
        ("滚蛋", "滚🥚"),
    ],
)
def test_undoes_disguises_of_other_words(rule: MakeRule, word_text: str, disguise: str) -> None:
    """Variants, parts, second readings, repeats in phrases, gaps in mixed words, dense leet."""
    assert only(Screen([rule(word_text)]), f"说：{disguise}，好").word == word_text


def test_parts_that_are_alike_are_no_repeats(rule: MakeRule) -> None:
    """弓弓 is 弱, though doubled 弓 may also hide a word that has one."""
    assert only(Screen([rule("死弱智", "大弓弩")]), "死弓弓智").word == "死弱智"


@pytest.mark.parametrize("text", ["you idiot", "stupid prince", "you bold stupppid", "yoou idiots"])
def test_repeats_in_a_phrase_need_the_whole_phrase(rule: MakeRule, text: str) -> None:
    """Other words beside a repeated one, and words that go on, are no phrase."""
    assert Screen([rule("you stupid", "nigerian prince", "me idiot")]).screen(text) == ()


def test_a_word_without_company_may_still_be_a_keyword(rule: MakeRule) -> None:
    """What is banned in company only and tells of a secret too leads to the secret."""
    needs = rule("验证码", company=Company(within=10, all_of=(("转发",),)))
    pattern = Pattern(expression=r"验证码\D{0,3}(?P<secret>\d{6})", keywords=("验证码",), after=20)
    code = replace(rule(rule_id="code"), patterns=(pattern,))
    assert [hit.rule for hit in Screen([needs, code]).screen("验证码 982837")] == ["code"]


@pytest.mark.parametrize(
    "text",
    [
        "stars",
        "smile",
        "SMS",
        "sm_1",
        "73rd",
        "六合，彩票",
        "六合\n彩",
        "妈桑",
        "他妈妈",
        "сука",
        "bo学多才",
        "一夜深情",
        "The LHC",
        "六、合同 彩",
        "赌一把，博一下",
        "乱赌，博客",
        "赌分博",
        "六1a2合彩",
        "a*b*c",
        "g d b",
        "&#32;赌&nbsp;球",
        "六hao彩",
        "",
        "😀",
    ],
)
def test_leaves_ordinary_text_alone(gambling: Screen, text: str) -> None:
    """What only resembles a word is no hit."""
    assert gambling.screen(text) == ()


def test_hit_names_the_rule(rule: MakeRule) -> None:
    """A hit carries what the ledger must keep: rule, version, category, severity and the word."""
    hit = only(Screen([rule("赌博", rule_id="gambling")]), "去赌博")
    assert (hit.rule, hit.version, hit.category, hit.word) == ("gambling", "v1", "test", "赌博")
    assert (hit.start, hit.end) == (1, 3)


def test_longest_word_of_a_rule_wins(rule: MakeRule) -> None:
    """A shorter word inside a longer one of the same rule is not reported again."""
    assert spans(Screen([rule("六合", "六合彩")]), "六合彩") == [("六合彩", "六合彩")]


def test_rules_report_independently(rule: MakeRule) -> None:
    """Two rules that find overlapping words both say so."""
    screen = Screen([rule("六合", rule_id="a"), rule("六合彩", rule_id="b")])
    assert {hit.rule for hit in screen.screen("六合彩")} == {"a", "b"}


@pytest.mark.parametrize("text", ["路口交通", "大麻烦", "大 麻 烦", "大麻煩", "路口交通和大麻烦"])
def test_allow_phrase_excuses_the_hit_inside(rule: MakeRule, text: str) -> None:
    """The longest allow phrase that covers a hit excuses it, disguised or not."""
    assert Screen([rule("口交", "大麻", allow=("路口交通", "大麻烦"))]).screen(text) == ()


def test_allow_phrase_excuses_nothing_else(rule: MakeRule) -> None:
    """A second occurrence outside the phrase still counts, and so does a longer word."""
    screen = Screen([rule("口交", "口交视频", allow=("路口交通",))])
    assert spans(screen, "路口交通，口交视频") == [("口交视频", "口交视频")]


def test_company_must_be_near(rule: MakeRule) -> None:
    """A word that needs company counts only with one word of every group within reach."""
    company = Company(all_of=(("便宜", "低价"), ("加我",)), within=6)
    screen = Screen([rule("代充", company=company)])
    assert spans(screen, "低价代充加我") == [("代充", "代充")]
    assert screen.screen("低价代充") == ()
    assert screen.screen("代充" + "。" * 9 + "便宜加我") == ()


def test_boundary_prefix(rule: MakeRule, word: MakeWord) -> None:
    """A prefix must begin a word and may go on."""
    screen = Screen([rule(word("fuck", boundary="prefix"))])
    assert spans(screen, "fucking motherfucker") == [("fuck", "fuck")]


def test_separators_none(rule: MakeRule, word: MakeWord) -> None:
    """A word that tolerates nothing between its characters is found only as it is."""
    screen = Screen([rule(word("六合彩", separators="none"))])
    assert screen.screen("六.合.彩") == ()
    assert spans(screen, "六合彩") == [("六合彩", "六合彩")]


def test_separators_any(rule: MakeRule, word: MakeWord) -> None:
    """With `any`, sentence marks and long gaps are no obstacle."""
    screen = Screen([rule(word("六合彩", separators="any"))])
    assert spans(screen, "六，，，。。合彩") == [("六合彩", "六，，，。。合彩")]


def test_layer_not_undone_for_a_word(rule: MakeRule, word: MakeWord) -> None:
    """A word found only by a layer that it does not ask for is no hit."""
    screen = Screen([rule(word("赌博", undo=frozenset({Layer.CASE})))])
    assert screen.screen("賭博") == ()
    assert spans(screen, "赌博") == [("赌博", "赌博")]


def test_case_kept_for_a_word(rule: MakeRule, word: MakeWord) -> None:
    """A word that does not undo case is found in its own case only."""
    screen = Screen([rule(word("SM", undo=frozenset()))])
    assert screen.screen("sm") == ()
    assert spans(screen, "玩SM") == [("SM", "SM")]


def test_homophones_only_on_demand(rule: MakeRule, word: MakeWord) -> None:
    """Words of the same sound are found where the word asks for it, and everyday words spared."""
    undo = frozenset({Layer.HOMOPHONE})
    screen = Screen([rule(word("微信", undo=undo), "赌博")])
    assert only(screen, "加薇信").layers == (Layer.HOMOPHONE,)
    assert screen.screen("他有威信") == ()
    assert screen.screen("渡博") == ()


def test_shapes_only_on_demand(rule: MakeRule, word: MakeWord) -> None:
    """Characters of the same shape are found where the word asks for it."""
    screen = Screen([rule(word("赌博", undo=frozenset({Layer.SHAPE})))])
    assert only(screen, "睹博").layers == (Layer.SHAPE,)


def test_ambiguous_initials_stand_for_nothing(rule: MakeRule) -> None:
    """Initials that three words share are no disguise of any of them."""
    assert Screen([rule("六合彩", "老黄茶", "旅行车")]).screen("lhc来") != ()
    assert Screen([rule("六合彩", "老黄茶", "李海潮")]).screen("lhc来") == ()


def test_disabled_rules_find_nothing(rule: MakeRule) -> None:
    """A rule that is switched off is not there."""
    assert Screen([rule("赌博", enabled=False)]).screen("赌博") == ()


@pytest.mark.parametrize("text", ["\ud800六合彩", "İ六合彩", "İİ六\u0307合彩"])
def test_offsets_survive_odd_characters(gambling: Screen, text: str) -> None:
    """Lone surrogates and letters that grow in lower case do not shift a hit."""
    hit = only(gambling, text)
    assert (hit.start, hit.end) == (text.index("六"), len(text))


def test_hits_of_one_rule_are_capped(gambling: Screen) -> None:
    """A text made of one word is reported so often and no more."""
    assert len(gambling.screen("赌博" * 500)) == HITS_PER_RULE


def test_screen_survives_pickling(gambling: Screen) -> None:
    """A built screen can be kept on disk and finds the same."""
    text = "六.合.彩 du博 贝者博 fuuuck"
    assert pickle.loads(pickle.dumps(gambling)).screen(text) == gambling.screen(text)


def test_screen_is_safe_between_threads(gambling: Screen) -> None:
    """Many threads at once get what one gets."""
    texts = ["六.合.彩", "賭博", "clean", "du博", "lhc来了"] * 50
    expected = [gambling.screen(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(gambling.screen, texts)) == expected


@pytest.fixture(scope="module")
def both(rule: MakeRule) -> list[Screen]:
    rules = [rule("六合彩", "赌博", "一夜情", "妈妈桑", "fuck")]
    return [Screen(rules, engine=engine) for engine in EngineName]


ALPHABET = "六合彩赌博dubo.，* \u200b🎲六賭fuck一1①妈\n\ud800İ贝者"


@given(st.text(st.sampled_from(ALPHABET), max_size=40))
def test_engines_screen_alike(both: list[Screen], text: str) -> None:
    """Whatever the text, both engines lead to the same hits, inside the text."""
    found = [screen.screen(text) for screen in both]
    assert found[0] == found[1]
    assert all(0 <= hit.start < hit.end <= len(text) for hit in found[0])


@pytest.mark.parametrize("text", ["赌bo", "贝者博", "赌.博", "赌\u200b博", "&#36172;博"])
def test_a_word_that_is_harmless_by_itself_counts_in_disguise(
    rule: MakeRule, word: MakeWord, text: str
) -> None:
    """Who hides the word means it."""
    screen = Screen([rule(replace(word("赌博"), disguised=True))])

    assert only(screen, text).word == "赌博"


@pytest.mark.parametrize("text", ["禁止赌博", "禁止賭博", "dubo", "zhao.dubo 已加入"])
def test_a_word_that_only_counts_in_disguise_is_no_hit_as_it_is(
    rule: MakeRule, word: MakeWord, text: str
) -> None:
    """Traditional characters are no disguise, and syllables alone may be a name."""
    screen = Screen([rule(replace(word("赌博"), disguised=True))])

    assert screen.screen(text) == ()
