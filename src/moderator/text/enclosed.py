"""Letters, digits and ideographs in boxes and circles that Unicode normalisation leaves alone.

NFKC (Unicode 14) keeps negative circled and squared letters, regional indicators and the dingbat
digits as they are, and gives brackets to the parenthesised ones.
"""

import sys
import unicodedata
from collections.abc import Iterator
from string import ascii_lowercase

SMALL_CAPITALS = dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True))
BRAILLE = dict(zip("⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚⠅⠇⠍⠝⠕⠏⠟⠗⠎⠞⠥⠧⠺⠭⠽⠵", ascii_lowercase, strict=True))
LETTER_ROWS = (0x1F110, 0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
DIGIT_ROWS = {0x2776: 1, 0x2780: 1, 0x278A: 1, 0x24F5: 1, 0x24EB: 11}
BRACKETS = "()（）〔〕[]."


def enclosed_letters() -> Iterator[tuple[str, str]]:
    """Each such letter and the plain lower-case one."""
    for row in LETTER_ROWS:
        for offset, letter in enumerate(ascii_lowercase):
            yield chr(row + offset), letter
    yield from SMALL_CAPITALS.items()
    yield from BRAILLE.items()


def enclosed_digits() -> Iterator[tuple[str, str]]:
    """Each such number and its ASCII digits."""
    yield "⓿", "0"
    for row, first in DIGIT_ROWS.items():
        for offset in range(10):
            yield chr(row + offset), str(first + offset)


def foreign_digits() -> Iterator[tuple[str, str]]:
    """Decimal digits of other scripts, as in ٦合彩, that normalisation leaves alone."""
    for character in map(chr, range(0x600, sys.maxunicode)):
        decimal = unicodedata.category(character) == "Nd"
        if decimal and unicodedata.normalize("NFKC", character) == character:
            yield character, str(unicodedata.digit(character))
