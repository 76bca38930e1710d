"""What each disguised character stands for, derived once from Unicode and OpenCC."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import opencc

from moderator.domain.rule import Layer
from moderator.text.enclosed import BRACKETS, enclosed_digits, enclosed_letters, foreign_digits
from moderator.text.lookalikes import LOOKALIKES
from moderator.text.rewritten import Translation

IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x2A6E0))
VARIANTS = dict(zip("妳祂牠姊喫吿裡後於菸鍊暱夥", "你他它姐吃告里后于烟链昵伙", strict=True))
# Traditional characters that simplified text uses too (乾隆, 著名): undone word by word.
SHARED_VARIANTS = dict(zip("干着征", "乾著徵", strict=True))
TAGS = range(0xE0020, 0xE007F)
_UNSEEN = (
    range(0x300, 0x370),  # combining marks, as in struck-through letters
    range(0x115F, 0x1161),  # Hangul fillers
    range(0x180B, 0x180F),
    range(0x1AB0, 0x1B00),
    range(0x1DC0, 0x1E00),
    range(0x20D0, 0x2100),  # enclosing marks: keycaps
    range(0x483, 0x48A),  # marks of other scripts, put over Latin letters and ideographs
    range(0x591, 0x5BE),
    range(0x64B, 0x660),
    range(0x900, 0x904),
    range(0x17B4, 0x17B6),
    range(0x2DE0, 0x2E00),
    range(0x302A, 0x3030),
    range(0xA66F, 0xA673),
    range(0x3164, 0x3165),
    range(0xFE00, 0xFE10),  # variation selectors
    range(0xFE20, 0xFE30),
    range(0xFFA0, 0xFFA1),
    range(0xE0000, 0xE0020),
    range(0xE007F, 0xE0080),
    range(0xE0100, 0xE01F0),
)
UMLAUTS = "üǖǘǚǜ"  # typed as v in pinyin
_MARKS_IN_WORDS = frozenset("./@_-+%&=$#*")
# Strokes, kana and the like between letters, as in nicknames: 法丶轮の功.
_ORNAMENTS = "丶乀卍卐乄のゞゝヽヾㄟㄥ〆ㄨ"
_NUMERALS = dict(zip("ⅡⅢⅣⅥⅦⅧⅨⅱⅲⅳⅵⅶⅷⅸ", "23467892346789", strict=True))  # Ⅰ, Ⅴ and Ⅹ are letters
_TOO_FAR = 0x1F200  # nothing beyond is folded but tags and selectors


@dataclass(frozen=True, slots=True)
class Characters:
    """`folds` maps a code point to what it stands for ("" when nobody sees it), `layers` says why.

    No key is a common character of simplified Chinese or ASCII, so a text without any key is
    already in canonical form but for its case.  `translation` replaces them.  `unseen` holds those
    of which nothing is left whatever stands around them, but for the Hangul fillers, which Unicode
    calls letters and few write by accident; `disguised` all keys and look-alikes.
    """

    folds: Mapping[int, str]
    layers: Mapping[str, Layer]
    translation: Translation
    unseen: frozenset[str]
    disguised: frozenset[str]

    @property
    def triggers(self) -> frozenset[str]:
        """The characters, in lower case, that call for folding; one at a time."""
        seen = {chr(code).lower() for code in self.folds} | set(LOOKALIKES)
        return frozenset(one for one in seen if len(one) == 1 and not one.isascii())


@cache
def characters() -> Characters:
    """The table; a constant that takes about 0.2 s to derive."""
    folds: dict[int, str] = {}
    layers: dict[str, Layer] = {}
    for character, plain, layer in _entries():
        folds[ord(character)] = plain
        layers[character] = layer
    folds = {
        code: folds.get(ord(plain), plain) if len(plain) == 1 else plain
        for code, plain in folds.items()
    }
    layers |= dict.fromkeys(LOOKALIKES, Layer.LOOKALIKE)
    tags = set(map(chr, TAGS))  # these may spell a word by themselves
    left_out = {chr(code) for code, plain in folds.items() if not plain}
    unseen = frozenset(one for one in left_out - tags if not one.isalnum())
    return Characters(folds, layers, Translation(folds), unseen, frozenset(layers))


def _entries() -> Iterator[tuple[str, str, Layer]]:
    yield from _compatibility()
    yield from _accented()
    yield from _invisible()
    yield from _traditional()
    for character, letter in enclosed_letters():
        yield character, letter, Layer.WIDTH
    for character, digits in enclosed_digits():
        yield character, digits, Layer.DIGITS
    for character, digit in (*foreign_digits(), *_NUMERALS.items()):
        yield character, digit, Layer.DIGITS
    for character in _ORNAMENTS:
        yield character, "·", Layer.SEPARATORS


def _compatibility() -> Iterator[tuple[str, str, Layer]]:
    for code in range(0xA1, _TOO_FAR + 0x100):
        character = chr(code)
        if character in LOOKALIKES or _unfolded(code):
            continue
        plain = unicodedata.normalize("NFKC", character)
        if plain != character and (kept := _without_brackets(plain)):
            yield character, kept, _compatibility_layer(character, kept)
    for code in (*range(0x1D400, 0x1D800), *range(0xF900, 0xFB00), *range(0x2F800, 0x2FA20)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            yield chr(code), plain.lower(), _compatibility_layer(chr(code), plain)


def _unfolded(code: int) -> bool:
    """Surrogates, Hangul syllables, and punctuation for vertical writing."""
    return 0xD800 <= code < 0xE000 or 0xAC00 <= code < 0xD7B0 or 0xFE30 <= code < 0xFE50


def _without_brackets(plain: str) -> str:
    """What stands in brackets or before a full stop; "" where only punctuation was rewritten."""
    kept = "".join(part for part in plain.lower() if part not in BRACKETS) or plain
    rewritten = kept.startswith("..") or not all(map(_in_words, kept))
    return "" if rewritten else kept


def _in_words(character: str) -> bool:
    return character.isalnum() or character in _MARKS_IN_WORDS


def _compatibility_layer(character: str, plain: str) -> Layer:
    if any(ord(part) >= 0x3400 for part in plain) and 0x2E80 <= ord(character) < 0x2FE0:
        return Layer.TRADITIONAL
    if 0xF900 <= ord(character) < 0xFB00 or ord(character) >= 0x2F800:
        return Layer.TRADITIONAL
    enclosed = unicodedata.category(character) == "No"
    return Layer.DIGITS if enclosed and plain.isdigit() else Layer.WIDTH


def _accented() -> Iterator[tuple[str, str, Layer]]:
    """Latin letters with marks: fück, dǔbó."""
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if base.isascii() and base.isalpha():
            yield chr(code), "v" if chr(code).lower() in UMLAUTS else base, Layer.LOOKALIKE


def _invisible() -> Iterator[tuple[str, str, Layer]]:
    for code in range(0x80, 0x10000):
        if unicodedata.category(chr(code)) == "Cf":
            yield chr(code), "", Layer.INVISIBLE
    for span in _UNSEEN:
        for code in span:
            yield chr(code), "", Layer.INVISIBLE
    for code in TAGS:
        yield chr(code), "", Layer.INVISIBLE


def _traditional() -> Iterator[tuple[str, str, Layer]]:
    """Traditional and variant characters, but none that simplified text uses (GB 2312)."""
    rare = [chr(code) for span in IDEOGRAPHS for code in span if not is_simplified(chr(code))]
    simplified = _converted("t2s", rare)
    for chain in (("tw2s",), ("hk2s",), ("jp2t", "t2s")):
        other = rare
        for step in chain:
            other = _converted(step, other)
        pairs = zip(rare, simplified, other, strict=True)
        simplified = [one if one != own else alt for own, one, alt in pairs]
    for own, plain in zip(rare, simplified, strict=True):
        if plain != own and len(plain) == 1:
            yield own, plain, Layer.TRADITIONAL
    for own, plain in VARIANTS.items():
        yield own, plain, Layer.TRADITIONAL


def is_simplified(character: str) -> bool:
    """Whether ordinary simplified text uses the character (GB 2312)."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def in_taiwan(term: str) -> str:
    """The term that is used in Taiwan, in simplified characters: 网路 for 网络."""
    written: str = _converter("s2twp").convert(term)
    plain: str = _converter("t2s").convert(written)
    return plain


@cache
def _converter(scheme: str) -> opencc.OpenCC:
    return opencc.OpenCC(scheme)


def _converted(scheme: str, single: list[str]) -> list[str]:
    """Each character converted by itself: line breaks keep OpenCC from seeing phrases."""
    converted: str = _converter(scheme).convert("\n".join(single))
    return converted.split("\n")
