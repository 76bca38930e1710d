"""Which characters a part of a parsed regular expression can match, as bit masks.

The parts are those of CPython's `re._parser`: pairs of an operation and its argument.
"""

from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any

_FAR = "éЖα中，０Ａ　🙂"  # one of each kind that classes in rules tell apart


def _bits(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


_DIGIT = _bits(48, 57)
_UPPER, _LOWER = _bits(65, 90), _bits(97, 122)
_WORD = _DIGIT | _UPPER | _LOWER | 1 << 95
_SPACE = _bits(9, 13) | 1 << 32
_CATEGORIES = {
    "CATEGORY_DIGIT": _DIGIT,
    "CATEGORY_SPACE": _SPACE,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_DIGIT": ~_DIGIT,
    "CATEGORY_NOT_SPACE": ~_SPACE,
    "CATEGORY_NOT_WORD": ~_WORD,
}


class Alphabet:
    """The characters by which the parts of one expression (`re.ASCII`) are told apart.

    Bit n of a mask is the ASCII character n; the bits beyond are characters of `_FAR` and those
    that the expression itself names.
    """

    def __init__(self, parsed: Any) -> None:
        far = sorted({*map(ord, _FAR), *(code for code in _codes(parsed) if code > 127)})
        self._far = {code: 1 << 128 + index for index, code in enumerate(far)}
        self.all = (1 << 128 + len(far)) - 1

    def of(self, operation: str, argument: Any, *, ignore_case: bool) -> int | None:
        """The mask of a part that matches exactly one character; None for any other part."""
        mask = self._single(operation, argument)
        if mask is None or not ignore_case:
            return mask
        return mask | (mask & _UPPER) << 32 | (mask & _LOWER) >> 32

    def _single(self, operation: str, argument: Any) -> int | None:
        match operation:
            case "LITERAL":
                return self._bit(argument)
            case "NOT_LITERAL":
                return self.all & ~self._bit(argument)
            case "ANY":
                return self.all & ~self._bit(10)
            case "IN":
                return self._class([(str(kind), value) for kind, value in argument])
        return None

    def _class(self, members: list[tuple[str, Any]]) -> int:
        mask = reduce(or_, (self._member(*member) for member in members), 0)
        return self.all & ~mask if members[0][0] == "NEGATE" else mask

    def _member(self, operation: str, argument: Any) -> int:
        match operation:
            case "LITERAL":
                return self._bit(argument)
            case "RANGE":
                return self._range(*argument)
            case "CATEGORY":
                return self.all & _CATEGORIES[str(argument)]
        return 0

    def _range(self, first: int, last: int) -> int:
        near = _bits(first, min(last, 127)) if first < 128 else 0
        return near | sum(bit for code, bit in self._far.items() if first <= code <= last)

    def _bit(self, code: int) -> int:
        return 1 << code if code < 128 else self._far[code]


def _codes(parsed: Any) -> Iterator[int]:
    for operation, argument in parsed:
        yield from _codes_of(str(operation), argument)


def _codes_of(operation: str, argument: Any) -> Iterator[int]:
    match operation:
        case "LITERAL" | "NOT_LITERAL":
            yield argument
        case "RANGE":
            yield from argument
        case "IN":
            yield from _codes(argument)
        case _:
            for part in parts(operation, argument):
                yield from _codes(part)


def parts(operation: str, argument: Any) -> list[Any]:
    """The sequences inside a part: the alternatives of a branch, the body of a group or repeat."""
    match operation:
        case "BRANCH":
            return list(argument[1])
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT" | "SUBPATTERN":
            return [argument[-1]]
        case "ASSERT" | "ASSERT_NOT":
            return [argument[1]]
        case "ATOMIC_GROUP":
            return [argument]
        case "GROUPREF_EXISTS":
            return [part for part in argument[1:] if part is not None]
    return []
