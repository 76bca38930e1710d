"""The text without what stands between letters, and with repeated letters written once."""

import re
from collections.abc import Sequence
from operator import eq
from typing import overload

from moderator.text.folding import Folded

_PIECE = re.compile(r"([^\W_])(?:[\W_]*+\1)*+")
_LETTERS = re.compile(r"[^\W_]+")
_REPEATED = re.compile(r"(.)\1")
_ONCE = re.compile(r"(.)\1*+")

# Doubled in ordinary talk (他妈妈的, 看看, 天天): two of them are not a disguise.
REDUPLICATED = frozenset(
    "妈爸爷奶哥姐弟妹叔姑舅婶太公婆宝娃看说想试走听聊谈问笑哈呵嘿嘻啊呀嗯哦哎"
    "天人个年月日夜时刻常刚好慢轻渐偷悄默星狗猫猩家大小多少高红白黑绿蓝件条次层"
    "处事样种代种生句字点片块步声往每早晚久远快乖仅频深满圆胖甜香臭酸辣热冷暖凉"
)


class _Pieces:
    """Where the pieces of a text stand: looked up in few of the texts that are squeezed."""

    __slots__ = ("_spans", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int]] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        if self._spans is None:
            self._spans = [piece.span() for piece in _PIECE.finditer(self._text)]
        return self._spans


class _Edges(Sequence[int]):
    """Where they begin, or where they end."""

    __slots__ = ("_pieces", "_side")

    def __init__(self, pieces: _Pieces, side: int) -> None:
        self._pieces = pieces
        self._side = side

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> list[int]: ...
    def __getitem__(self, at: int | slice) -> int | list[int]:
        if isinstance(at, int):
            return self._pieces.spans[at][self._side]
        return [span[self._side] for span in self._pieces.spans[at]]

    def __len__(self) -> int:
        return len(self._pieces.spans)


def squeezed(below: Folded) -> Folded:
    """`below` as letters, digits and ideographs only, each run of one character once."""
    letters = "".join(_LETTERS.findall(below.text))
    once = "".join(_ONCE.findall(letters)) if _REPEATED.search(letters) else letters
    pieces = _Pieces(below.text)
    return Folded(once, _Edges(pieces, 0), _Edges(pieces, 1), below)


def squeeze(word: str) -> str:
    """The form a word takes in a squeezed text."""
    if word.isalnum() and not any(map(eq, word, word[1:])):
        return word
    return "".join(_PIECE.findall(word))


def runs(word: str) -> tuple[int, ...]:
    """How often each character of the squeezed word stands in the word: (1, 2) for 笨蛋蛋."""
    if squeeze(word) == word:
        return (1,) * len(word)
    return tuple(piece.group().count(piece[1]) for piece in _PIECE.finditer(word))
