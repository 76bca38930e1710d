"""What an expression needs of a text, told without running it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any

# The standard library's own parser: there is no public one, and a copy of it would drift.
_parse = import_module("re._parser").parse
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_VISIBLE = range(0x21, 0x7F)
# What a run may be made of before widths are undone, with the marks that nobody sees.
_RUN = re.compile(
    "[!-~\u00ad\u200b-\u200f\u2060-\u2064\ufe0f\ufeff\u2460-\u24ea\uff01-\uff5e\U0001d400-\U0001d7ff]{1,}"
)


def longest_run(text: str) -> int:
    """The length of the longest run of visible ASCII characters (or their disguises) in `text`."""
    return max(map(len, _RUN.findall(text)), default=0)


def least_run(expression: str) -> int:
    """The least length that the longest run of visible ASCII characters in a match has."""
    return _sequence(_parse(expression, re.ASCII)).best


def shortest(expression: str) -> int:
    """The length that no match falls below."""
    return int(_parse(expression, re.ASCII).getwidth()[0])


@dataclass(frozen=True, slots=True)
class _Run:
    """Runs that every match of a piece has: at its beginning, anywhere, at its end.

    A `solid` piece matches nothing but visible ASCII characters, so runs go on through it.
    """

    lead: int
    best: int
    tail: int
    solid: bool

    def then(self, other: "_Run") -> "_Run":
        return _Run(
            self.lead + (other.lead if self.solid else 0),
            max(self.best, other.best, self.tail + other.lead),
            other.tail + (self.tail if other.solid else 0),
            self.solid and other.solid,
        )

    def either(self, other: "_Run") -> "_Run":
        return _Run(
            min(self.lead, other.lead),
            min(self.best, other.best),
            min(self.tail, other.tail),
            self.solid and other.solid,
        )


_NOTHING = _Run(0, 0, 0, solid=True)
_ANYTHING = _Run(0, 0, 0, solid=False)
_ONE = _Run(1, 1, 1, solid=True)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Run:
    return reduce(
        _Run.then, (_piece(str(operator), argument) for operator, argument in items), _NOTHING
    )


def _piece(operator: str, argument: Any) -> _Run:
    if operator in _REPEATS:
        return _repeated(*argument)
    if operator == "SUBPATTERN":
        return _sequence(argument[3])
    if operator == "ATOMIC_GROUP":
        return _sequence(argument)
    if operator == "BRANCH":
        return reduce(_Run.either, map(_sequence, argument[1]))
    if operator in {"AT", "ASSERT", "ASSERT_NOT"}:
        return _NOTHING
    return _ONE if _visible(operator, argument) else _ANYTHING


def _repeated(least: int, _most: int, body: Any) -> _Run:
    once = _sequence(body)
    if once.solid:
        width = once.best * least
        return _Run(width, width, width, solid=True)
    return once if least else _ANYTHING


def _visible(operator: str, argument: Any) -> bool:
    """Whether a single-character piece matches nothing but visible ASCII characters."""
    if operator == "LITERAL":
        return argument in _VISIBLE
    if operator == "RANGE":
        return argument[0] in _VISIBLE and argument[1] in _VISIBLE
    if operator == "CATEGORY":
        return str(argument) in {"CATEGORY_DIGIT", "CATEGORY_WORD"}
    return operator == "IN" and all(_visible(str(kind), member) for kind, member in argument)
