"""A text as patterns read it: width and script undone, case and offsets kept.

Patterns need the letters' case, which folding for words gives up, and exact offsets.  So only what
maps one character to one is changed, and characters that nobody sees are left out with a map back.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from moderator.text.rewritten import Translation, spliced, standing

# The traditional characters that stand in the words which patterns look for.
_SCRIPT = dict(
    zip(
        "碼號帳賬戶驗證動態連線無網開鎖機電話郵銀護門單壓縮設為會議錄陸訊區縣鎮樓棟請輸憑鑰儲許權資訪問遠終務頁臺點這個",
        "码号账账户验证动态连线无网开锁机电话邮银护门单压缩设为会议录陆讯区县镇楼栋请输凭钥储许权资访问远终务页台点这个",
        strict=True,
    )
)
_FANCY = (
    range(0xFF01, 0xFF5F),  # full width
    range(0x2460, 0x24EB),  # enclosed
    range(0x2070, 0x208F),  # superscript and subscript
    range(0x1D400, 0x1D800),  # mathematical
)


def _plain(code: int) -> str | None:
    folded = unicodedata.normalize("NFKC", chr(code))
    return folded if len(folded) == 1 and folded.isascii() else None


_TABLE: dict[int, str] = {
    **{ord(old): new for old, new in _SCRIPT.items()},
    **{code: plain for span in _FANCY for code in span if (plain := _plain(code))},
    0x3000: " ",
    0xA0: " ",
    0x2019: "'",
}
_translation = Translation(_TABLE)
# Marks that nobody sees, and what JSON inside JSON writes before quotes and slashes.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2069\u20e3\ufe00-\ufe0f\ufeff]"
    r'|\\+(?=["/\n])'
)
_WRITTEN_NEWLINE = re.compile(r"\\n")


@dataclass(frozen=True, slots=True)
class Legible:
    """A readable text and, where characters were left out, the original offset of each."""

    text: str
    offsets: Sequence[int] | None = None

    @classmethod
    def of(cls, original: str) -> "Legible":
        ascii_only = original.isascii()
        if ascii_only and "\\" not in original:
            return cls(original)
        text = _with_newlines(original if ascii_only else _translation.of(original)[0])
        unseen = [(*run.span(), "") for run in _UNSEEN.finditer(text)]
        return cls(*spliced(text, unseen)[:2]) if unseen else cls(text)

    def position(self, original: int) -> int:
        """Where the character at `original` (or the next that was kept) stands in `text`."""
        return original if self.offsets is None else bisect_left(self.offsets, original)

    def positions(self, originals: Sequence[int]) -> list[int]:
        """As `position`, of several, in order."""
        ordered = sorted(originals)
        return ordered if self.offsets is None else standing(self.offsets, ordered)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text behind `start:end`; `end` must be after `start`."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def _with_newlines(text: str) -> str:
    r"""In JSON and in a key block, `\n` was the end of a line."""
    if "\\n" in text and ('"' in text or "-----" in text):
        return _WRITTEN_NEWLINE.sub("\\\\\n", text)
    return text
