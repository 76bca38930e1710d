"""Texts and words for the matcher's benchmarks."""

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from string import ascii_letters, digits
from urllib.parse import quote

from moderator.domain.rule import Boundary, Layer, Rule, Separators, Severity, Word
from moderator.rulebook.loader import load_rulebook

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "clean_comments.jsonl"
DEFAULT_LAYERS = frozenset(set(Layer) - {Layer.HOMOPHONE, Layer.SHAPE})
OPENINGS = """
今天 明天上午 下周 刚才 麻烦 请问 大家 老板说 客户那边 我们组 我觉得 听说
"""
MIDDLES = """
会议 合同 报价 接口 发票 周报 需求 排期 快递 食堂 地铁 天气 空调 打印机 培训
体检
"""
ENDINGS = """
改到三点了 还没有确认 已经发给你了 有点问题，看一下 不错哈哈 辛苦了！ 记得更新
ok吗？
"""


def clean_texts() -> tuple[str, list[str]]:
    """The corpus of ordinary comments where it is present, else generated chat; and which."""
    if CORPUS.exists():
        lines = CORPUS.read_text(encoding="utf-8").splitlines()
        return "clean_comments", [json.loads(line)["text"] for line in lines]
    return "generated", generated_chat(6000)


def generated_chat(count: int) -> list[str]:
    random = Random(7)
    openings, middles, endings = OPENINGS.split(), MIDDLES.split(), ENDINGS.split()

    def sentence() -> str:
        return "".join(map(random.choice, (openings, middles, endings)))

    return ["，".join(sentence() for _ in range(random.randint(1, 4))) for _ in range(count)]


def generated_words(count: int, texts: Sequence[str]) -> list[str]:
    """Words of two to four characters that the texts use, drawn at random."""
    random = Random(1)
    letters = sorted({letter for text in texts for letter in text if "一" <= letter <= "鿿"})
    words: set[str] = set()
    while len(words) < count:
        words.add("".join(random.choices(letters, k=random.choice((2, 3, 3, 4)))))
    return sorted(words)


def rule_of(words: Sequence[str], rule_id: str = "generated") -> Rule:
    return Rule(
        id=rule_id,
        category="benchmark",
        severity=Severity.LOW,
        description="",
        version="",
        words=tuple(map(_word, words)),
    )


def _word(text: str) -> Word:
    return Word(
        text=text,
        boundary=Boundary.ANYWHERE,
        separators=Separators.FEW,
        undo=DEFAULT_LAYERS,
    )


@cache
def shipped_rules() -> tuple[Rule, ...]:
    return load_rulebook(Path(__file__).resolve().parents[1] / "rules").rules


def with_hits(texts: Sequence[str], words: Sequence[str], share: float) -> list[str]:
    """The texts, a share of them with a word put in."""
    random = Random(3)
    return [
        _put_in(text, random.choice(words), random) if random.random() < share else text
        for text in texts
    ]


def _put_in(text: str, word: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + word + text[at:]


def adversarial(word: str, size: int) -> dict[str, str]:
    """Texts of `size` characters that are made to be expensive."""

    def filled(piece: str) -> str:
        return (piece * (size // len(piece) + 1))[:size]

    return {
        "the word itself": filled(word),
        "repeated beginnings": filled(word[:-1]),
        "one character": filled(word[0]),
        "separated": filled(".".join(word) + "."),
        "gaps too long": filled("。。。。".join(word)),
        "separators only": filled(".-* 🎲"),
        "characters to fold": filled("賭博買賣體國"),
        "invisible": filled("\u200b\u200d\u2060"),
        "word with invisible": filled("\u200b".join(word)),
        "letters": filled("a"),
        "pinyin": filled("liuhecai"),
        "pinyin apart": filled("liu he "),
        "single syllables": filled("六he彩"),
        "initials": filled("lhc "),
        "leet": filled("5h1t! "),
        "digits": filled("1"),
        "digits apart": filled("1 "),
        "look-alikes": filled("fuсk "),
        "letters, then a look-alike": filled("a" * 63 + "с"),
        "base64": filled("QUJD"),
        "split characters": filled("贝者博"),
        "doubled": filled(word[0] * 2 + word[1] * 2),
        "keywords": filled("password: "),
        "brackets": filled("(((["),
        "percent": filled("%41"),
        "quotes": filled("key='"),
        "random": "".join(
            Random(5).choices("六合彩赌博dubo.，* \u200b🎲賭fuck一1①妈@:=/贝者", k=size)
        ),
    }


def attacks(rules: Sequence[Rule], size: int) -> dict[str, str]:
    """Texts of `size` characters by somebody who has read the rules for values."""
    random = Random(11)

    def of(pieces: Sequence[str]) -> str:
        return filled(pieces, size)

    keywords = sorted({word for rule in rules for p in rule.patterns for word in p.keywords})
    random.shuffle(keywords)
    cut = [one[: len(one) * 3 // 4] for rule in rules if rule.patterns for one in rule.examples]
    tokens = ["".join(random.choices(ascii_letters + digits, k=40)) for _ in range(97)]
    letters = [encoded("".join(random.choices(ascii_letters, k=30))) for _ in range(97)]
    numbers = [f"{random.randrange(10**17, 10**18)}" for _ in range(997)]
    words = ["password", "secret", "token", "key"]
    return {
        "every keyword": of([f"{word} " for word in keywords]),
        "every keyword, with a token": of(
            [f"{word} {token} " for word, token in zip(keywords, cycle(tokens), strict=False)]
        ),
        "every keyword, tokens now and then": of(
            [f"{word} " + f"{tokens[n % 97]} " * (n % 12 == 0) for n, word in enumerate(keywords)]
        ),
        "every keyword, encoded": of([encoded(" ".join(keywords)[:6000]) + " "]),
        "every keyword, in percent": of([quote(f"{word} = ") for word in keywords]),
        "every example, cut short": of([f"{one} " for one in cut]),
        "values to refuse": of([f"password: {n:05d}xxxx\n" for n in range(9_999)]),
        "values to refuse, short": of([f"pw={word}{n}\n" for n in range(999) for word in words]),
        "passwords": of([f"密码：{token[:9]}\n" for token in tokens]),
        "one word in Chinese": of(["密码"]),
        "values before words": of([f"{token[:6]} 密码 " for token in tokens]),
        "numbers like identities": of([f"{number} " for number in numbers]),
        "numbers without an end": of(numbers),
        "numbers with dashes": of([f"{number[:4]}-" for number in numbers]),
        "mail": of(["a@a."]),
        "mail without an end": of(["a.b@"]),
        "addresses": of(["http://a.b/"]),
        "dots and slashes": of(["a./"]),
        "dots": of(["."]),
        "key blocks": of(["-----BEGIN PRIVATE KEY-----\n"]),
        "token heads": of(["ghp_", "eyJ", "AKIA", "sk-", "xoxb-", "glpat-"]),
        "one token": of(tokens),
        "tokens": of([f"{token} " for token in tokens]),
        "base64 of base64": of([f"{encoded(one)}\n" for one in letters]),
        "percent of percent": of(["%25%34%31"]),
        "percent, words": of(["a%20b "]),
        "keywords with an escape": of(["password%20"]),
        "backslashes": of(['\\\\"']),
        "escapes": of(["\\u0041"]),
        "hexadecimal pairs": of(["4a "]),
        "newlines": of(["\n"]),
        "braces": of(["{"]),
        "upper and lower": of(["pAsSwOrD="]),
        "mixed scripts": of(["пароль密码パスワード비밀번호"]),
        "full width": of(["ｐａｓｓｗｏｒｄ："]),
        "unseen within": of(["pass\u200bword: "]),
        "look-alike brands": of(["http://www.a1ipay."]),
    }


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


def filled(pieces: Sequence[str], size: int) -> str:
    text = "".join(pieces)
    return (text * (size // len(text) + 1))[:size]
