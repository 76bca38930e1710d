"""What every match of an expression has, told without running it: digits, signs, its edges."""

import re
from collections.abc import Iterable
from functools import reduce
from importlib import import_module
from string import digits
from typing import Any, NamedTuple

# The standard library's own parser: there is no public one, and a copy of it would drift.
_parse = import_module("re._parser").parse
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_AHEAD = 1
_VISIBLE = range(0x21, 0x7F)


class Needs(NamedTuple):
    """What the stretch in which an expression is searched must have for it to match there.

    At least so many ASCII `digits`, all of `signs` (visible ASCII characters, letters in lower
    case; `LETTER` and `DIGIT` are any of them), and of `choice` one, unless it is empty.  Where it
    is `opening` or `closing`, the text must begin or end there too.
    """

    digits: int = 0
    signs: frozenset[str] = frozenset()
    choice: frozenset[str] = frozenset()
    opening: bool = False
    closing: bool = False


LETTER, DIGIT = "letter", "digit"
_NOTHING = Needs()
_ANY_DIGIT = Needs(1, frozenset({DIGIT}), frozenset({DIGIT}))
_ANY_LETTER = Needs(0, frozenset({LETTER}), frozenset({LETTER}))
_COMMON = 8  # a letter or a digit tells as little as so many other signs


def needs(expression: str) -> Needs:
    r"""Without look-behinds: those see what stands before the stretch."""
    items = [(str(operator), argument) for operator, argument in _parse(expression, re.ASCII)]
    pieces = [_piece(*item) for item in items]
    choices = (piece.choice for piece in pieces if len(piece.choice) > 1)  # others are signs
    choice = min(choices, key=_likelihood, default=frozenset[str]())
    found = reduce(_then, pieces, _NOTHING)._replace(choice=choice)
    if items and items[0][0] == "AT":
        found = found._replace(opening=str(items[0][1]) == "AT_BEGINNING_STRING")
    if items and items[-1][0] == "AT":
        found = found._replace(closing=str(items[-1][1]) == "AT_END_STRING")
    return found


def _sequence(items: Iterable[tuple[Any, Any]]) -> Needs:
    return reduce(
        _then, (_piece(str(operator), argument) for operator, argument in items), _NOTHING
    )


def _then(left: Needs, right: Needs) -> Needs:
    choice = min(left.choice or right.choice, right.choice or left.choice, key=_likelihood)
    return Needs(left.digits + right.digits, left.signs | right.signs, choice)


def _either(left: Needs, right: Needs) -> Needs:
    choice = left.choice | right.choice if left.choice and right.choice else frozenset()
    return Needs(min(left.digits, right.digits), left.signs & right.signs, choice)


def _likelihood(choice: frozenset[str]) -> int:
    """How likely any text has one of them."""
    return sum(_COMMON if sign.isalnum() else 1 for sign in choice)


def _piece(operator: str, argument: Any) -> Needs:
    if operator in _REPEATS:
        least, _, body = argument
        once = _sequence(body)
        return once._replace(digits=least * once.digits) if least else _NOTHING
    found = _NOTHING
    match operator:
        case "SUBPATTERN":
            found = _sequence(argument[3])
        case "ATOMIC_GROUP":
            found = _sequence(argument)
        case "BRANCH":
            found = reduce(_either, map(_sequence, argument[1]))
        case "ASSERT" if argument[0] == _AHEAD:  # what comes is matched again
            found = _sequence(argument[1])._replace(digits=0)
        case "LITERAL":
            found = _character(argument)
        case "IN":
            found = _class([(str(kind), member) for kind, member in argument])
    return found


def _character(code: int) -> Needs:
    if code not in _VISIBLE:
        return _NOTHING
    character = chr(code).lower()
    signs = frozenset({character})
    if character in digits:
        return Needs(1, signs | {DIGIT}, signs)
    return Needs(0, signs | {LETTER} if character.isalpha() else signs, signs)


def _class(members: list[tuple[str, Any]]) -> Needs:
    if all(_is_digit(kind, member) for kind, member in members):
        return _ANY_DIGIT
    if all(kind == "RANGE" and _is_letter(member) for kind, member in members):
        return _ANY_LETTER
    if all(kind == "LITERAL" for kind, _ in members):
        return reduce(_either, (_character(code) for _, code in members))
    return _NOTHING


def _is_letter(span: tuple[int, int]) -> bool:
    ends = chr(span[0]) + chr(span[1])
    return ends.isascii() and ends.isalpha() and (ends.islower() or ends.isupper())


def _is_digit(kind: str, member: Any) -> bool:
    if kind == "RANGE":
        return chr(member[0]) in digits and chr(member[1]) in digits
    if kind == "CATEGORY":
        return str(member) == "CATEGORY_DIGIT"
    return kind == "LITERAL" and chr(member) in digits
