"""Texts rewritten with a map back: translated, spliced, squeezed.

Each has a native twin in rewrite.pyx; rewritten.py says which is used.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import chain, repeat

Places = Sequence[int]
Splice = tuple[int, int, str]
PLANE = 0x10000
LETTER, FOREIGN, MARK = 1, 2, 4
_PIECE = re.compile(r"([^\W_])(?:[\W_]*+\1)*+")
_WORD = re.compile("[\x01\x02](?:(?:\x04{1,2}+(?=[\x01\x02]))?[\x01\x02])*+")


class Translation:
    """What characters become, by their code points: any number of others."""

    def __init__(self, table: Mapping[int, str]) -> None:
        self._table = table
        self._lengths = {chr(code): len(plain) for code, plain in table.items() if len(plain) != 1}

    def of(self, text: str) -> tuple[str, Places | None]:
        """The text translated; where each of its characters stood, None where nothing moved."""
        translated = text.translate(self._table)
        if self._lengths.keys().isdisjoint(text):
            return translated, None
        lengths = map(self._lengths.get, text, repeat(1))
        return translated, array("I", chain.from_iterable(map(repeat, range(len(text)), lengths)))


def after(starts: Places) -> Places:
    """The place after each."""
    return array("I", (start + 1 for start in starts))


def picked(places_of: Places, at: Places) -> Places:
    """Those that stand `at` these."""
    return array("I", map(places_of.__getitem__, at))


def standing(starts: Places, originals: Sequence[int]) -> list[int]:
    """Where these, or the next that were kept, stand in the rewritten text; both are in order."""
    return [bisect_left(starts, original) for original in originals]


def spliced(text: str, splices: Sequence[Splice]) -> tuple[str, Places, Places]:
    """The text with `splices` (start, end, what stands there instead) in it, in order and apart.

    With it where each of its characters begins and ends in `text`.
    """
    pieces: list[str] = []
    starts, ends, done = array("I"), array("I"), 0
    for start, end, other in (*splices, (len(text), len(text), "")):
        pieces += text[done:start], other
        starts.extend((*range(done, start), *[start] * len(other)))
        ends.extend((*range(done + 1, start + 1), *[end] * len(other)))
        done = end
    return "".join(pieces), starts, ends


def squeezed(text: str) -> tuple[str, Places, Places]:
    """Its letters, digits and ideographs, repeats once; where each begins and its repeats end."""
    pieces = list(_PIECE.finditer(text))
    starts = array("I", (piece.start() for piece in pieces))
    return "".join(piece[1] for piece in pieces), starts, array("I", map(re.Match.end, pieces))


def squeeze(text: str) -> str:
    """The same without the places."""
    return "".join(_PIECE.findall(text))


def foreign_runs(text: str, kinds: bytes) -> list[tuple[int, int]]:
    """Where the words stand that have a letter which is `FOREIGN`.

    `kinds` tells for each character of the first plane whether it is that, a `LETTER`, or a `MARK`,
    of which two may stand between letters.
    """
    read = bytes(kinds[code] if code < PLANE else 0 for code in map(ord, text)).decode("latin-1")
    return [run.span() for run in _WORD.finditer(read) if "\x02" in run.group()]
