"""The text without what stands between letters, and with repeated letters written once."""

import re

from moderator.text import rewritten
from moderator.text.folding import Folded

_PIECE = re.compile(r"([^\W_])(?:[\W_]*+\1)*+")

# Doubled in ordinary talk (他妈妈的, 看看, 天天): two of them are not a disguise.
REDUPLICATED = frozenset(
    "妈爸爷奶哥姐弟妹叔姑舅婶太公婆宝娃看说想试走听聊谈问笑哈呵嘿嘻啊呀嗯哦哎"
    "天人个年月日夜时刻常刚好慢轻渐偷悄默星狗猫猩家大小多少高红白黑绿蓝件条次层"
    "处事样种代种生句字点片块步声往每早晚久远快乖仅频深满圆胖甜香臭酸辣热冷暖凉"
)


def squeezed(below: Folded) -> Folded:
    """`below` as letters, digits and ideographs only, each run of one character once."""
    return Folded(*rewritten.squeezed(below.text), below)


def squeeze(word: str) -> str:
    """The form a word takes in a squeezed text."""
    return rewritten.squeeze(word)


def runs(word: str) -> tuple[int, ...]:
    """How often each character of the squeezed word stands in the word: (1, 2) for 笨蛋蛋."""
    if squeeze(word) == word:
        return (1,) * len(word)
    return tuple(piece.group().count(piece[1]) for piece in _PIECE.finditer(word))
