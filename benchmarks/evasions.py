"""Banned words written so that a plain search misses them, one way of evasion at a time."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from random import Random
from urllib.parse import quote

import opencc
from pypinyin import lazy_pinyin

from moderator.domain.rule import Layer, Separators, Word
from moderator.text.components import splits
from moderator.text.emoji import other_writings
from moderator.text.pinyin import abbreviated

Evade = Callable[[str, Random], str]

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ALL_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_CYRILLIC = str.maketrans("aceopxyABCEHKMOPTX", "асеорхуАВСЕНКМОРТХ")
_LEET = str.maketrans("aeios", "43105")
_NUMERALS = str.maketrans("0123456789", "零一二三四五六七八九")
_CIRCLED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_ENCLOSED = {ord("a") + n: 0x24D0 + n for n in range(26)} | {
    ord("A") + n: 0x24B6 + n for n in range(26)
}
_MATHEMATICAL = {ord("a") + n: 0x1D41A + n for n in range(26)} | {
    ord("A") + n: 0x1D400 + n for n in range(26)
}


def evasions(word: Word) -> Mapping[str, tuple[Layer | None, Evade]]:
    """The ways that apply to this word: those whose layer it undoes, by name."""
    return {
        name: (layer, evade)
        for name, (layer, evade) in EVASIONS.items()
        if layer is None or (layer in word.undo and (evade is _spelled_out or _open(word, layer)))
    }


def _open(word: Word, layer: Layer) -> bool:
    """What the rule format says beyond `undo`: separators may be off, short words stay."""
    match layer:
        case Layer.SEPARATORS:
            return word.separators is not Separators.NONE and len(word.text) > 1
        case Layer.INITIALS | Layer.REVERSED:
            least = 4 if word.text.isascii() and layer is Layer.REVERSED else 3
            return len(word.text) >= least
        case Layer.PINYIN:
            return len(word.text) >= 2
        case _:
            return True


def _same(text: str, _: Random) -> str:
    return text


def _joined(mark: str) -> Evade:
    return lambda text, _: mark.join(text)


def _one_gap(text: str, chance: Random) -> str:
    at = chance.randrange(1, len(text))
    return text[:at] + chance.choice("/-_~|+#☆♥") * chance.randint(1, 3) + text[at:]


def _translated(table: Mapping[int, int | str]) -> Evade:
    return lambda text, _: text.translate(table)


def _one_repeated(text: str, chance: Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at] * chance.randint(2, 4) + text[at:]


def _all_repeated(text: str, _: Random) -> str:
    return "".join(letter * 3 for letter in text)


def _one_pinyin(text: str, chance: Random) -> str:
    places = [found.start() for found in _CHINESE.finditer(text)]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + lazy_pinyin(text)[_syllable(text, at)] + text[at + 1 :]


def _syllable(text: str, at: int) -> int:
    """Which entry of `lazy_pinyin` is the character at that place; runs of others are one entry."""
    return len(lazy_pinyin(text[:at]))


def _all_pinyin(mark: str) -> Evade:
    def write(text: str, _: Random) -> str:
        return mark.join(lazy_pinyin(text)) if _ALL_CHINESE.fullmatch(text) else text

    return write


def _noise(text: str, chance: Random) -> str:
    if not _ALL_CHINESE.fullmatch(text) or len(text) < 2:
        return text
    at = chance.randrange(1, len(text))
    return text[:at] + chance.choice("1x6q") + text[at:]


def _emoji(text: str, chance: Random) -> str:
    return chance.choice([*other_writings(text), text])


def _one_initial(text: str, chance: Random) -> str:
    return chance.choice([*abbreviated(text), text])


def _spelled_out(text: str, _: Random) -> str:
    return " ".join(text) if text.isascii() and text.isalpha() and len(text) > 3 else text


def _initials(text: str, _: Random) -> str:
    if not _ALL_CHINESE.fullmatch(text):
        return text
    return "".join(syllable[0] for syllable in lazy_pinyin(text))


def _traditional(variant: str) -> Evade:
    return lambda text, _: str(_converter(variant).convert(text))


@cache
def _converter(variant: str) -> opencc.OpenCC:
    return opencc.OpenCC(variant)


def _split(text: str, chance: Random) -> str:
    places = [at for at, letter in enumerate(text) if letter in _parts()]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + _parts()[text[at]] + text[at + 1 :]


@cache
def _parts() -> dict[str, str]:
    """How people take characters apart; of several ways the first in the table."""
    found: dict[str, str] = {}
    for parts, whole in splits().items():
        found.setdefault(whole, parts)
    return found


def _lookalike(text: str, _: Random) -> str:
    if not re.search("[A-Za-z]{2}", text):
        return text
    disguised = text.translate(_CYRILLIC)
    return disguised if re.search("[A-Za-z]", disguised) else text


def _leet(text: str, _: Random) -> str:
    return text.translate(_LEET) if text.isalpha() and text.isascii() else text


def _reversed(text: str, _: Random) -> str:
    return text[::-1]


def _homophone(text: str, chance: Random) -> str:
    places = [at for at, letter in enumerate(text) if _sounding_like(letter)]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + chance.choice(_sounding_like(text[at])) + text[at + 1 :]


def _sounding_like(letter: str) -> str:
    sound = lazy_pinyin(letter)[0]
    return "".join(one for one in _sounds().get(sound, "") if one != letter)


@cache
def _sounds() -> dict[str, str]:
    """The frequent characters (GB 2312, level 1) by their toneless reading."""
    found: dict[str, str] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            if row == 0xD7 and cell > 0xF9:
                break
            letter = bytes((row, cell)).decode("gb2312")
            sound = lazy_pinyin(letter)[0]
            found[sound] = found.get(sound, "") + letter
    return found


# What it is called: the layer that must undo it, and how it is done.  A way that leaves a word as
# it was does not apply to that word.
EVASIONS: Mapping[str, tuple[Layer | None, Evade]] = {
    "none": (None, _same),
    "upper case": (Layer.CASE, lambda text, _: text.upper()),
    "full width": (Layer.WIDTH, _translated(_FULL_WIDTH)),
    "enclosed letters": (Layer.WIDTH, _translated(_ENCLOSED)),
    "mathematical letters": (Layer.WIDTH, _translated(_MATHEMATICAL)),
    "zero-width space": (Layer.INVISIBLE, _joined("\u200b")),
    "bidi mark": (Layer.INVISIBLE, _joined("\u202d")),
    "tag character": (Layer.INVISIBLE, _joined("\U000e0061")),
    "variation selector": (Layer.INVISIBLE, _joined("\ufe0f")),
    "traditional": (Layer.TRADITIONAL, _traditional("s2t")),
    "traditional (Taiwan)": (Layer.TRADITIONAL, _traditional("s2tw")),
    "traditional (Hong Kong)": (Layer.TRADITIONAL, _traditional("s2hk")),
    "Cyrillic letters": (Layer.LOOKALIKE, _lookalike),
    "spaces": (Layer.SEPARATORS, _joined(" ")),
    "dots": (Layer.SEPARATORS, _joined(".")),
    "stars": (Layer.SEPARATORS, _joined("*")),
    "middle dots": (Layer.SEPARATORS, _joined("·")),
    "emoji": (Layer.SEPARATORS, _joined("🔥")),
    "one gap": (Layer.SEPARATORS, _one_gap),
    "commas": (Layer.SEPARATORS, _joined("，")),
    "ellipsis": (Layer.SEPARATORS, _joined("…")),
    "one repeated": (Layer.REPEATS, _one_repeated),
    "all repeated": (Layer.REPEATS, _all_repeated),
    "Chinese digits": (Layer.DIGITS, _translated(_NUMERALS)),
    "circled digits": (Layer.DIGITS, _translated(_CIRCLED)),
    "split character": (Layer.SPLIT, _split),
    "one in pinyin": (Layer.PINYIN, _one_pinyin),
    "all in pinyin": (Layer.PINYIN, _all_pinyin("")),
    "pinyin with spaces": (Layer.PINYIN, _all_pinyin(" ")),
    "noise": (Layer.NOISE, _noise),
    "emoji for a character": (Layer.EMOJI, _emoji),
    "one initial": (Layer.PINYIN, _one_initial),
    "HTML escapes": (Layer.ENCODED, lambda text, _: "".join(f"&#{ord(one)};" for one in text)),
    "percent escapes": (Layer.ENCODED, lambda text, _: quote(text)),
    "one under the other": (Layer.SEPARATORS, _joined("\n")),
    "spelled out": (Layer.SEPARATORS, _spelled_out),
    "initials": (Layer.INITIALS, _initials),
    "leet": (Layer.LEET, _leet),
    "reversed": (Layer.REVERSED, _reversed),
    "homophone": (Layer.HOMOPHONE, _homophone),
}
