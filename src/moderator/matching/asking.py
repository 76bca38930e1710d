"""What the native first look asks of the text around keywords, as it reads it."""

from array import array
from collections.abc import Iterable
from functools import cache
from string import ascii_lowercase, digits, punctuation
from struct import Struct

from moderator.matching.legible import Legible
from moderator.matching.needs import DIGIT, LETTER, needs
from moderator.matching.windows import PatternRef

CODES = 0x20000
_UNLIMITED, _MOST = 0xFFFF, 0xFF
_OPENING, _CLOSING = 1, 2
_DIGIT = 1 << 7
_INEXACT = 63  # where characters are left out of the text, places in it shift
_NEED = Struct("=QQHHBBBB")
_ESCAPE = "\\"
_SIGNS = {
    sign: bit
    for bit, sign in enumerate(ascii_lowercase + "0" + punctuation.replace(_ESCAPE, ""), 1)
} | {LETTER: 61, DIGIT: 62}


class Asking:
    """Collects what expressions need, each combination once."""

    def __init__(self) -> None:
        self._groups: dict[tuple[bytes, ...], int] = {}
        self._packed: list[bytes] = []

    def asked(self, refs: Iterable[PatternRef]) -> int:
        """Where the needs of these patterns are and, in the lowest 16 bits, how many."""
        group = tuple(dict.fromkeys(map(_packed, refs)))
        if group not in self._groups:
            self._groups[group] = len(self._packed)
            self._packed += group
        return self._groups[group] << 16 | len(group)

    def table(self) -> bytes:
        return b"".join(self._packed)


def _packed(ref: PatternRef) -> bytes:
    pattern, found = ref.pattern, needs(ref.expression.pattern)
    return _NEED.pack(
        _bits(sign for sign in found.signs if sign in _SIGNS),
        _bits(found.choice) if found.choice <= _SIGNS.keys() else 0,
        min(pattern.before, _UNLIMITED),
        min(pattern.after, _UNLIMITED),
        min(ref.least_run, _MOST),
        min(found.digits, _MOST),
        found.opening * _OPENING | found.closing * _CLOSING,
        0 if pattern.keywords else min(pattern.digits, _MOST),
    )


def _bits(signs: Iterable[str]) -> int:
    return sum(1 << _SIGNS[sign] for sign in signs)


@cache
def signs_of_characters() -> bytes:
    """For each character as it is written the bit of what patterns read, and whether a digit.

    A constant.
    """
    legible = Legible.of("".join(map(chr, range(CODES))))
    found = array("B", [_INEXACT]) * CODES
    offsets = legible.offsets or range(CODES)
    for code, character in zip(offsets, legible.text, strict=True):
        found[code] = _SIGNS.get(character.lower(), 0) | (_DIGIT if character in digits else 0)
    found[ord(_ESCAPE)] = _INEXACT  # patterns read escapes as what they stand for
    return found.tobytes()
