"""Latin words spelled out letter by letter: f u c k, s.h.i.t, n-m-s-l."""

import re
from itertools import pairwise

from moderator.text.folding import Folded
from moderator.text.rewritten import spliced

_GAP = r"(?:[\s._\-*/|~+^=&%<>`']|[^\w\x00-\x7f])"
_NEXT = rf"{_GAP}{{1,3}}+[a-z0-9@$!](?![a-z0-9])"
_RUN = re.compile(rf"(?<![a-z0-9])[a-z](?:{_NEXT}){{2,}}+")
_LETTER = re.compile(r"[a-z0-9@$!]")
_FEWEST = 3
_PLAIN_GAPS = frozenset("*/|~+^=&%<>`'")  # a*b*c is a formula


def spelled_out(text: str) -> bool:
    """Whether at least three single letters follow one another in a lower-case text."""
    return _RUN.search(text) is not None


def respelled(below: Folded) -> Folded:
    """The spelled-out runs of `below` as words; gaps wider than the narrowest part words."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for run in _RUN.finditer(below.text):
        places = [run.start() + letter.start() for letter in _LETTER.finditer(run.group())]
        if len(places) == _FEWEST and not _PLAIN_GAPS.isdisjoint(run.group()):
            continue
        steps = [right - left for left, right in pairwise(places)]
        narrowest = min(steps)
        for at, step in zip(places, [*steps, len(below.text)], strict=True):
            pieces.append(below.text[at])
            starts.append(at)
            ends.append(at + 1)
            if step > narrowest:
                pieces.append(" ")
                starts.append(at + 1)
                ends.append(at + 1)
    return Folded("".join(pieces), starts, ends, below)


def without(below: Folded, places: list[tuple[int, int]]) -> Folded:
    """`below` without what stands at the places, which are in order and apart."""
    return Folded(*spliced(below.text, [(start, end, "") for start, end in places]), below)
