"""Texts that a spreadsheet would take for a formula.

After OWASP, "CSV Injection": `=`, `+`, `-`, `@`, tab, carriage return and line feed at the start of
a cell, and the full-width forms, which East Asian editions accept as well.  Every other form that
NFKC makes one of them is taken for one too; blanks and invisible characters before it change
nothing.
"""

import re
from typing import Final

MARK: Final = "'"

_STARTERS: Final = (
    r"=+\-@"
    r"\uff1d\uff0b\uff0d\uff20"  # full width
    r"\ufe66\ufe62\ufe63\ufe6b"  # small
    r"\u207c\u207a\u207b\u208c\u208a\u208b"  # raised and lowered
    r"\u2212\ufb29"  # the minus sign; the plus sign of Hebrew
)
_UNSEEN: Final = r"\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_FORMULA: Final = re.compile(rf"[{MARK}\t\r\n]|[{_UNSEEN}]*[{_STARTERS}]")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might calculate it, or take its first character away."""
    return _FORMULA.match(text) is not None


def defused(text: str) -> str:
    """`text`, with an apostrophe before it where it could be taken for a formula.

    Or where it begins with an apostrophe: so whoever takes one apostrophe away from the start of
    every cell that has one holds exactly what was exported (`restored`).
    """
    return MARK + text if is_formula(text) else text


def restored(cell: str) -> str:
    """The text that `defused` made the cell of."""
    return cell.removeprefix(MARK)
