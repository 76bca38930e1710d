"""A secret in pieces: its name in one message and its value in the next, or a token cut in two."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from moderator.domain.finding import Hit

WINDOW = 60.0  # seconds
NOTE = "joined with the previous message"
# What may be a value or the rest of one: long, or a number, or letters with digits or marks; no
# times, versions or percentages, of which chat is full.
_RUN = re.compile("[!-~]{4}")
_VALUE = re.compile("[!-~]{16}|[0-9]{4}|(?=[!-~]{4})(?=[!-~]*[A-Za-z])[!-~]*?[0-9@#$%^&*_+=~]")
_LAST = re.compile(r"[A-Za-z0-9+/=_-]{4,}\Z")
_FIRST = re.compile(r"[A-Za-z0-9+/=_-]{2,}")


def may_complete(text: str) -> bool:
    """Whether anything in `text` could be the rest of a secret that began before it."""
    return _RUN.search(text) is not None and _VALUE.search(text) is not None


def joined(
    previous: Sequence[str],
    text: str,
    alone: Iterable[Hit],
    screen: Callable[[str], Iterable[Hit]],
) -> list[Hit]:
    """The masked hits that `text` has only together with the `previous` messages, oldest first.

    Their offsets are those of `text`; what stands in a previous message is left out.  `alone` are
    the hits in `text` by itself.
    """
    taken = [(hit.start, hit.end) for hit in alone if hit.masked]
    found: list[Hit] = []
    for before in _beginnings(previous, text):
        for hit in screen(before + text):
            start, end = max(0, hit.start - len(before)), hit.end - len(before)
            if hit.masked and end > 0 and not any(s < end and start < e for s, e in taken):
                taken.append((start, end))
                found.append(replace(hit, start=start, end=end, notes=(*hit.notes, NOTE)))
    return found


def _beginnings(previous: Sequence[str], text: str) -> list[str]:
    """What stands before `text`: line by line, and directly where a token may have been cut."""
    glue = ["" if _cut(left, right) else "\n" for left, right in pairwise((*previous, text))]
    lines = "".join(one + "\n" for one in previous)
    direct = "".join(one + between for one, between in zip(previous, glue, strict=True))
    return [lines] if direct == lines else [lines, direct]


def _cut(left: str, right: str) -> bool:
    """Whether one token may go on from `left` to `right`.

    Numbers sent in a row are no token, and a word with more after it begins a sentence.
    """
    last, first = _LAST.search(left), _FIRST.match(right)
    if last is None or first is None or (last[0] + first[0]).isdigit():
        return False
    return not (first[0].isalpha() and first.end() < len(right.rstrip()))
