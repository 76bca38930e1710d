"""Remembering what short tokens came to: chat uses few of them again and again."""

from collections.abc import Callable
from typing import Any, TypeVar

MOST = 4096  # tokens that are remembered
_SHORT = 3
_LONGEST = 12  # letters; longer tokens, and long ones with digits, might be secrets

Value = TypeVar("Value")


class Memo(dict[str, Value]):
    """A bounded memo over a pure function of a token.

    It holds short words only.  Threads may share it; a pickle of it is empty.
    """

    def __init__(self, function: Callable[[str], Value]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, token: str) -> Value:
        value = self._function(token)
        if len(token) <= (_LONGEST if token.isalpha() else _SHORT) and len(self) < MOST:
            self[token] = value
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return Memo, (self._function,)
