"""Cyrillic, Greek and other letters that are drawn like Latin ones.

Only what a reader takes for the Latin letter at a glance; written for this project.
"""

import re
import unicodedata
from array import array
from collections.abc import Iterator
from string import ascii_letters

from moderator.text.rewriting import FOREIGN, LETTER, MARK, PLANE
from moderator.text.rewritten import foreign_runs

_MARKED = re.compile(
    "LATIN (?:SMALL|CAPITAL) LETTER (?:DOTLESS |SMALL CAPITAL )?([A-Z])(?: WITH .*| BAR)?"
)
_LATIN_BLOCKS = (
    (0x180, 0x2B0),
    (0x1D00, 0x1DC0),
    (0x1E00, 0x1F00),
    (0x2C60, 0x2C80),
    (0xA720, 0xA800),
)


def _with_strokes_and_hooks() -> Iterator[tuple[str, str]]:
    """Latin letters with more than an accent: ƈ, ŧ, ɱ."""
    for start, end in _LATIN_BLOCKS:
        for letter in map(chr, range(start, end)):
            named = _MARKED.fullmatch(unicodedata.name(letter, ""))
            if named and unicodedata.normalize("NFKD", letter) == letter:
                yield letter, named[1].lower()


LOOKALIKES = {
    **dict(_with_strokes_and_hooks()),
    **dict(zip("авсеһіјкмнорѕтухԁԛԝьзпгиԍ", "abcehijkmhopstyxdqwb3nrug", strict=True)),
    **dict(zip("αβγεηικνορτυχωϲϳ", "abyenikvoptuxwcj", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx", strict=True)),
    **dict(zip("АВСЕНІЈКМОРЅТУХԌԚԜ", "abcehijkmopstyxgqw", strict=True)),
    **dict(zip("աոսօցհ", "wnuogh", strict=True)),
    **dict(zip("ɑɡıɩοᴑᴠ", "agiioov", strict=True)),
    **dict(zip("ƖǀӀ", "lll", strict=True)),
    **dict(zip("đðøłħŧƒƀƅɓɖɗɠɦþɵʋƙƥƭƴʂʐґғǫμµƨ", "ddolhtfbbbddghpovkptyszrfquus", strict=True)),
    "ß": "b",
    **dict(zip("₣₤₦₱₲₳₴₭₮₩฿§¤₵₡₿₽₼©®", "flnpgasktwbsoccbpmcr", strict=True)),
    **dict(zip("ⲁⲃⲥⲉⲏⲓⲕⲙⲛⲟⲣⲧⲩⲭ", "abcehikmnoptyx", strict=True)),
    # Lisu, Canadian syllables, Cherokee.
    **dict(zip("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpdtgkjczfmnlsrvhwxyaeiou", strict=True)),
    **dict(zip("ᗩᗷᑕᗪᗴᖴᘜᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ᙭", "abcdefghjlmnprsuvwx", strict=True)),
    **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᎢᏢᎡᏚᏙᎳᏃ", "abcdeghijklmtprsvwz", strict=True)),
    **dict(zip("ꭺᏼꮯꭰꭼꮐꮋꭵꭻꮶꮮꮇꭲꮲꭱꮪꮩꮃꮓ", "abcdeghijklmtprsvwz", strict=True)),
}
_TRADEMARKS = "©®"  # letters only where one follows
# Written upside down, from right to left: ʞɔnɟ.
TURNED = {
    **dict(zip("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ", "acefghijkmrtvwy", strict=True)),
    **dict(zip("bdpqnu", "qpdbun", strict=True)),
}
_TURNED_ONLY = frozenset(one for one in TURNED if not one.isascii())
_FEWEST_TURNED = 2
LOOKALIKES |= {one: letter for one, letter in TURNED.items() if one in _TURNED_ONLY}
# Capitals that are drawn otherwise (Г, Π) are no look-alikes, nor is the ASCII one of ı.
LOOKALIKES |= {
    one.upper(): letter
    for one, letter in LOOKALIKES.items()
    if len(one.upper()) == 1
    and one.upper() not in LOOKALIKES
    and not one.upper().isascii()
    and one not in "γιυωϲϳзпгьаԍɾ"
}
_UPRIGHT, _LATIN = str.maketrans(TURNED), str.maketrans(LOOKALIKES)
_FOREIGN = "Ͱ-ϿЀ-ԯԱ-ֆ" + "".join(sorted(LOOKALIKES))
_ANY_FOREIGN = re.compile(f"[{_FOREIGN}]")
_ANY_TURNED = re.compile(f"[{''.join(sorted(_TURNED_ONLY))}]")
_MARKS = "¢€@$*"  # that may stand for a letter in such a word
_SHORTEST_ALL_FOREIGN = 3


def undo_lookalikes(text: str) -> str:
    """The text with look-alikes replaced, length kept, only in words that are not what they seem.

    Such a word mixes look-alikes with Latin letters, or is made wholly of them in a text without
    other letters of their script: of at least three, or of any number beside a mixed word.
    """
    foreign = set(_ANY_FOREIGN.findall(text))
    if not foreign:
        return text
    runs = foreign_runs(text, _KINDS)
    # A text may repeat one word thousands of times.
    words = {text[start:end] for start, end in runs}
    least = len(text) + 1
    if foreign <= LOOKALIKES.keys():
        least = 1 if any(map(_mixed, words)) else _SHORTEST_ALL_FOREIGN
    plain = {word: _replaced(word, least) for word in words}
    if all(word == plain[word] for word in words):
        return text
    pieces: list[str] = []
    done = 0
    for start, end in runs:
        pieces += text[done:start], plain[text[start:end]]
        done = end
    return "".join([*pieces, text[done:]])


def _kinds() -> bytes:
    """For each character of the first plane whether it is a letter, a look-alike or a mark."""
    kinds = array("B", bytes(PLANE))
    for code in map(ord, ascii_letters):
        kinds[code] = LETTER
    for character in _ANY_FOREIGN.findall("".join(map(chr, range(PLANE)))):
        kinds[ord(character)] = FOREIGN
    for character in _MARKS:
        kinds[ord(character)] = MARK
    return kinds.tobytes()


_KINDS = _kinds()


def _mixed(run: str) -> bool:
    return 0 < len(_ANY_FOREIGN.findall(run)) < len(run)


def _replaced(run: str, least: int) -> str:
    """The run in Latin letters where it is mixed, or has at least so many look-alikes only."""
    ending = run[len(run.rstrip(_TRADEMARKS)) :]
    return _without_ending(run.removesuffix(ending), least) + ending


def _without_ending(run: str, least: int) -> str:
    if len(_ANY_TURNED.findall(run)) >= _FEWEST_TURNED:
        return run.translate(_UPRIGHT)
    if _mixed(run) or least <= len(_ANY_FOREIGN.findall(run)):
        return run.translate(_LATIN)
    return run
