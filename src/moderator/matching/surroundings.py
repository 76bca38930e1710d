"""What stands around places in a text, and what expressions need to stand there."""

from array import array
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache
from string import ascii_lowercase, digits, punctuation
from struct import Struct
from typing import Protocol, TypeAlias

from moderator.domain.rule import Pattern
from moderator.matching.automaton import Match
from moderator.matching.legible import Legible
from moderator.matching.needs import DIGIT, LETTER, Needs

try:
    from moderator.matching import glance
except ImportError:  # not compiled on this machine
    COMPILED = False
else:
    COMPILED = True

CODES = 0x20000
Window: TypeAlias = tuple[int, int]
_UNLIMITED, _MOST = 0xFFFF, 0xFF
_OPENING, _CLOSING = 1, 2
_SEEN, _DIGIT = 1 << 6, 1 << 7
_INEXACT = 63  # where characters are left out of the text, places in it shift
_NEED = Struct("=QQHHBBBB")
_ESCAPE = "\\"
_SIGNS = {
    sign: bit
    for bit, sign in enumerate(ascii_lowercase + "0" + punctuation.replace(_ESCAPE, ""), 1)
} | {LETTER: 61, DIGIT: 62}
_LETTERS = (1 << 27) - 2


def packed(needs: Needs, pattern: Pattern, least_run: int) -> bytes:
    """What a pattern needs around it, as it is read by what is compiled."""
    return _NEED.pack(
        _bits(sign for sign in needs.signs if sign in _SIGNS),
        _bits(needs.choice) if needs.choice <= _SIGNS.keys() else 0,
        min(pattern.before, _UNLIMITED),
        min(pattern.after, _UNLIMITED),
        min(least_run, _MOST),
        min(needs.digits, _MOST),
        needs.opening * _OPENING | needs.closing * _CLOSING,
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


class Surroundings(Protocol):
    """A text in which windows are asked for."""

    def windows(self, places: list[int], before: int, after: int, needed: bytes, /) -> list[Window]:
        """The stretches around places, which are in order, that an expression may match in.

        Overlapping ones are joined.
        """


def surroundings(text: str) -> Surroundings:
    """The text as it is asked, natively where that is compiled."""
    return glance.Surroundings(text, signs_of_characters()) if COMPILED else InPython(text)


def starts_of(known: Container[int], matches: Sequence[Match]) -> Mapping[int, list[int]]:
    """Where the matches with known numbers start, in order, by their numbers."""
    found: dict[int, list[int]] = defaultdict(list)
    if COMPILED and isinstance(matches, list):
        glance.put_starts(found, known, matches)
        return found
    for start, _, number in matches:
        if number in known:
            found[number].append(start)
    return found


class InPython:
    """The same in Python, where nothing is compiled."""

    def __init__(self, text: str) -> None:
        known = signs_of_characters()
        self._signs = bytes(
            known[code] | (_SEEN if 0x21 <= code <= 0x7E else 0) if code < CODES else 0
            for code in map(ord, text)
        )

    def windows(self, places: list[int], before: int, after: int, needed: bytes, /) -> list[Window]:
        """As `Surroundings` says."""
        joined = _joined(places, before, after)
        inside = ((max(0, start), min(end, len(self._signs))) for start, end in joined)
        return [window for window in inside if self._may_match(*window, needed)]

    def _may_match(self, start: int, end: int, needed: bytes) -> bool:
        signs, choice, _, _, run, digits_needed, edges, _ = _NEED.unpack(needed)
        if (edges & _OPENING and start) or (edges & _CLOSING and end < len(self._signs)):
            return False
        around = self._signs[start:end]
        there = sum(1 << bit for bit in {sign & _INEXACT for sign in around})
        if there >> _INEXACT:
            return True
        numbers = sum(sign >= _DIGIT for sign in around)
        there |= bool(there & _LETTERS) << _SIGNS[LETTER] | bool(numbers) << _SIGNS[DIGIT]
        return (
            not signs & ~there
            and (not choice or bool(choice & there))
            and digits_needed <= numbers
            and run <= _longest_run(around)
        )


def _joined(places: Sequence[int], before: int, after: int) -> list[Window]:
    windows: list[Window] = []
    for place in places:
        if windows and place - before <= windows[-1][1]:
            windows[-1] = windows[-1][0], place + after
        else:
            windows.append((place - before, place + after))
    return windows


def _longest_run(signs: bytes) -> int:
    longest = run = 0
    for sign in signs:
        run = run + 1 if sign & _SEEN else 0
        longest = max(longest, run)
    return longest
