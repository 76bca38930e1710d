"""Texts and words for the matcher's benchmarks."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

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


def adversarial(word: str, size: int) -> Mapping[str, str]:
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
