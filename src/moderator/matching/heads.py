"""With what the matches of an expression begin, told without running it."""

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

# The standard library's own parser: there is no public one, and a copy of it would drift.
_parse = import_module("re._parser").parse
_MOST = 256  # beginnings of one expression; where there are more, they are told shorter
_LONG_ENOUGH = 16
_WIDEST = 12  # characters of a class that are told one by one
_MOST_REPEATS = 4
_FEW_DIGITS = 4


class _Begun(NamedTuple):
    """The texts that a piece can begin with, and whether they are all of it."""

    texts: frozenset[str]
    whole: bool


_EMPTY = _Begun(frozenset([""]), whole=True)
_UNKNOWN = _Begun(frozenset([""]), whole=False)


def heads(expression: str) -> tuple[str, ...]:
    """Lower-case literals with one of which every match begins, whatever its case; may be none.

    There are none where a match can begin with nearly anything, or with what stands all over some
    texts: a single character, a letter repeated, two digits.
    """
    texts = _sequence(_parse(expression, re.ASCII)).texts
    shortened = {min((t for t in texts if text.startswith(t)), key=len) for text in texts}
    return tuple(sorted(shortened)) if all(map(_telling, texts)) else ()


def _telling(text: str) -> bool:
    few = len(set(text)) < 2 or (text.isdecimal() and len(text) < _FEW_DIGITS)
    return len(text) > 1 and not (text.isascii() and few)


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Begun:
    begun = _EMPTY
    for operator, argument in items:
        further = _piece(str(operator), argument)
        texts = frozenset(left + right for left in begun.texts for right in further.texts)
        if len(texts) > _MOST:
            return begun._replace(whole=False)
        begun = _Begun(texts, further.whole)
        if not begun.whole or min(map(len, texts)) >= _LONG_ENOUGH:
            return begun._replace(whole=False)
    return begun


def _piece(operator: str, argument: Any) -> _Begun:
    begun = _UNKNOWN
    match operator:
        case "LITERAL":
            begun = _Begun(frozenset([_lower(argument)]), whole=True)
        case "IN":
            begun = _class([(str(kind), member) for kind, member in argument])
        case "AT" | "ASSERT" | "ASSERT_NOT":
            begun = _EMPTY
        case "SUBPATTERN":
            begun = _sequence(argument[3])
        case "ATOMIC_GROUP":
            begun = _sequence(argument)
        case "BRANCH":
            begun = _either(map(_sequence, argument[1]))
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            begun = _repeated(*argument)
    return begun


def _either(options: Iterable[_Begun]) -> _Begun:
    begun = tuple(options)
    texts = frozenset().union(*(one.texts for one in begun))
    return _Begun(texts, all(one.whole for one in begun))


def _class(members: list[tuple[str, Any]]) -> _Begun:
    codes: set[int] = set()
    for kind, member in members:
        if kind == "LITERAL":
            codes.add(member)
        elif kind == "RANGE" and member[1] - member[0] < _WIDEST:
            codes.update(range(member[0], member[1] + 1))
        else:
            return _UNKNOWN
    if len(codes) > _WIDEST:
        return _UNKNOWN
    return _Begun(frozenset(map(_lower, codes)), whole=True)


def _lower(code: int) -> str:
    return chr(code).lower()[0]  # `İ` alone becomes two characters


def _repeated(least: int, most: int, body: Any) -> _Begun:
    if least == 0 and most == 1:
        return _either([_EMPTY, _sequence(body)])
    if least == 0:
        return _UNKNOWN
    begun = _sequence(list(body) * min(least, _MOST_REPEATS))
    return begun._replace(whole=begun.whole and least == most <= _MOST_REPEATS)
