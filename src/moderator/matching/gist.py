"""What makes two messages the same to a reader."""

import re
import unicodedata
from dataclasses import dataclass

SPAN = 256  # characters, the last of a text, that count
_SHORT = 18  # bytes of UTF-8: six Chinese characters or a few English words
_LONG = 36
_DIFFERENT = 8  # pairs: changing one letter takes two away and adds two
_MARKS = re.compile(r"[\W_]+")
_NUMBERS = re.compile(r"\d+")
_RUNS = re.compile(r"(.)\1+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Gist:
    """A text without case, width, marks, emoji, spaces and repeated letters.

    `pairs` are the neighbouring letters of a long one, without its digits.  A `short` one is the
    same only with the same digits: 订单 1001 发货 and 订单 1002 发货 are two messages.
    """

    text: str
    pairs: frozenset[str]
    short: bool

    @classmethod
    def of(cls, text: str) -> "Gist":
        folded = unicodedata.normalize("NFKC", text[-SPAN:]).casefold()
        spoken = _RUNS.sub(r"\1", _MARKS.sub("", folded))
        letters = _NUMBERS.sub("", spoken)
        length = len(letters.encode("utf-8", "replace"))
        pairs = map(str.__add__, letters, letters[1:]) if length >= _LONG else ()
        return cls(spoken or _RUNS.sub(r"\1", folded.strip()), frozenset(pairs), length < _SHORT)

    def resembles(self, other: "Gist") -> bool:
        """Whether nothing, or one or two letters of a long text, differ."""
        if self.text == other.text:
            return True
        ours, theirs = self.pairs, other.pairs
        if not ours or not theirs or abs(len(ours) - len(theirs)) > _DIFFERENT:
            return False
        return len(ours ^ theirs) <= _DIFFERENT
