"""Targets on texts: folding, and the matcher with all shipped rules."""

import time
from collections.abc import Callable
from typing import TypeVar

from fuzz.target import Target, require
from moderator.matching.screening import Screen
from moderator.rulebook.loader import load_screen
from moderator.shipped import rules_directory
from moderator.text.characters import characters
from moderator.text.folding import canonical

# CPU seconds: what one text may cost at most, and each further character of it.
_ONCE, _EACH = 0.15, 0.0002
_PUMPED = 6000  # characters of a text that was repeated to see how time grows
_WORDS = tuple(
    map(str.encode, ("六合彩", "代开发票", "AKIA", "ghp_", "-----BEGIN", "\\u516d", "%E5%85%AD"))
)

Result = TypeVar("Result")


def targets() -> list[Target]:
    matcher = _Matcher()
    return [
        Target(name="folding", check=_fold, share=12, tokens=_WORDS),
        Target(
            name="matcher",
            check=matcher.check,
            share=12,
            prepare=matcher.prepare,
            tokens=_WORDS,
            longest=2048,
        ),
    ]


def _fold(data: bytes) -> None:
    text = _readable(data)
    folded = canonical(text, characters())
    length = len(folded.text)
    require(len(folded.starts) == len(folded.ends) == length, "every character has an origin")
    spans = zip(folded.starts, folded.ends, strict=True)
    require(
        all(0 <= start < end <= len(text) for start, end in spans), "an origin lies in the text"
    )
    require(list(folded.starts) == sorted(folded.starts), "origins come in the text's order")


class _Matcher:
    """Hits lie in the text, explanations agree with them, and time grows with length at most."""

    _screen: Screen

    def __init__(self) -> None:
        self._seen = 0

    def prepare(self) -> None:
        self._screen, _ = load_screen(rules_directory())

    def check(self, data: bytes) -> None:
        text, screen = _readable(data), self._screen
        hits = _timed(screen.screen, text)
        require(all(0 <= hit.start < hit.end <= len(text) for hit in hits), "hits lie in the text")
        require(list(hits) == sorted(hits, key=lambda hit: (hit.start, hit.end)), "hits in order")
        self._seen += 1
        if self._seen % 8 == 0:
            explained = _timed(screen.explain, text, slower=20)
            require(explained.hits == hits, "an explanation tells of the same hits")
        if self._seen % 64 == 0 and text:
            _timed(screen.screen, (text * (_PUMPED // len(text) + 1))[:_PUMPED])


def _timed(work: Callable[[str], Result], text: str, *, slower: int = 1) -> Result:
    began = time.process_time()
    result = work(text)
    spent = time.process_time() - began
    allowed = slower * (_ONCE + _EACH * len(text))
    require(spent < allowed, f"{len(text)} characters took {spent:.3f} s of {allowed:.3f}")
    return result


def _readable(data: bytes) -> str:
    """What was sent as a text; JSON may hold half of a pair, which no UTF-8 does."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
