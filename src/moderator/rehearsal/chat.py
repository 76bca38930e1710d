"""Generated office chat: what people write all day, and now and then what they must not.

Everything depends on the random source that is handed in, so a rehearsal can be repeated to the
letter.  Values that look like secrets are put together here, never written in the source.
"""

import random
import string
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moderator.rehearsal.vocabulary import CLOSERS, OPENERS, SENTENCES, VOCABULARY


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody writes; `category` is what it must be found under, empty for clean chat."""

    text: str
    category: str = ""


def clean(chance: random.Random) -> Utterance:
    """A line of ordinary office chat, about 25 characters long."""
    text = chance.choice(OPENERS) + _fill(chance, chance.choice(SENTENCES)) + chance.choice(CLOSERS)
    return Utterance(text)


def violation(chance: random.Random) -> Utterance:
    """A line that breaks a rule, one category as likely as the next."""
    category = chance.choice(tuple(_VIOLATIONS))
    text = chance.choice(_VIOLATIONS[category])(chance)
    return Utterance(chance.choice(OPENERS) + text, category)


def categories() -> frozenset[str]:
    """The categories that `violation` draws from."""
    return frozenset(_VIOLATIONS)


def identity_number(chance: random.Random) -> str:
    """A citizen's identity number whose check digit is right (GB 11643)."""
    born = f"{chance.randint(1965, 2003)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    body = chance.choice(("110105", "310115", "440306", "510107")) + born + _digits(chance, 3)
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[weighted % 11]


def bank_card(chance: random.Random) -> str:
    """A debit card number of 19 digits whose Luhn digit is right."""
    body = "62220" + _digits(chance, 13)
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return body + str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def access_key(chance: random.Random) -> str:
    """The shape of an AWS access key id."""
    return "AKIA" + _some(chance, string.ascii_uppercase + "234567", 16)


def github_token(chance: random.Random) -> str:
    """The shape of a GitHub token: 30 random characters and their CRC-32 in base 62."""
    body = _some(chance, string.ascii_letters + string.digits, 30)
    rest = zlib.crc32(body.encode())
    digits = ""
    while rest:
        rest, digit = divmod(rest, 62)
        digits = (string.digits + string.ascii_uppercase + string.ascii_lowercase)[digit] + digits
    return "ghp_" + body + digits.rjust(6, "0")


def _template(text: str, *words: str) -> Callable[[random.Random], str]:
    def write(chance: random.Random) -> str:
        return _fill(chance, text.replace("{word}", chance.choice(words) if words else ""))

    return write


def _leak(text: str, value: Callable[[random.Random], str]) -> Callable[[random.Random], str]:
    def write(chance: random.Random) -> str:
        return _fill(chance, text).replace("<value>", value(chance))

    return write


_VIOLATIONS: Mapping[str, tuple[Callable[[random.Random], str], ...]] = {
    "gambling": (
        _template("{day}{word}开奖，跟我买稳赚，上次赢了 {number}", "六合彩", "时时彩"),
        _template("{person}拉我进了个{word}群，充值就送 {number}", "网络赌博", "百家乐"),
    ),
    "pornography": (
        _template("群里谁要{word}，{day}发 {small} 部", "色情片", "黄色视频"),
        _template("{city}{word}，加我聊，{small} 分钟到", "裸聊", "援交"),
    ),
    "drugs": (_template("{day}{time}{place}交货，{word} {small} 克", "冰毒", "海洛因", "摇头丸"),),
    "advertising": (
        _template("{word}，{city}各行业都能开，{number} 起", "代开发票", "代开增值税发票"),
        _template("{word}，日结 {number} 元，{day}就能上手", "急招兼职", "诚招兼职"),
    ),
    "fraud": (
        _template("{word}，每单 {number} 元，{day}就能上手", "兼职刷单", "刷单返利"),
        _template("{word}，{city}已经有 {number} 人上车", "刷单赚佣金", "刷单赚钱"),
    ),
    "abuse": (_template("{person}你这个{word}，{paper}写成这样", "傻逼", "王八蛋", "狗杂种"),),
    "credential": (
        _leak("{work}连不上，先用我的 key：<value>", access_key),
        _leak("{project}仓库拉不下来？git token <value> 先借你用", github_token),
    ),
    "personal-data": (
        _leak("{person}的身份证号是 <value>，{day}订票用", identity_number),
        _leak("打到这张卡：<value>，{day}{time}前，银行卡户名{person}", bank_card),
    ),
}


def _fill(chance: random.Random, template: str) -> str:
    values = {name: chance.choice(words) for name, words in VOCABULARY.items()}
    return template.format(
        **values,
        small=chance.randint(2, 9),
        number=chance.randint(11, 999),
        percent=chance.randint(60, 95),
        version=f"{chance.randint(1, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 9)}",
    )


def _digits(chance: random.Random, count: int) -> str:
    return _some(chance, string.digits, count)


def _some(chance: random.Random, alphabet: str, count: int) -> str:
    return "".join(chance.choice(alphabet) for _ in range(count))
