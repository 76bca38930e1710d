"""Split characters put together again."""

from collections.abc import Sequence

from moderator.text.folding import Folded
from moderator.text.rewritten import spliced

Split = tuple[int, int, str]  # start, end, the character that the parts make


def joined(below: Folded, splits: Sequence[Split]) -> Folded:
    """`below` with the parts replaced by what they make; of overlapping splits the first."""
    apart: list[Split] = []
    for split in sorted(splits):
        if not apart or split[0] >= apart[-1][1]:
            apart.append(split)
    return Folded(*spliced(below.text, apart), below)
