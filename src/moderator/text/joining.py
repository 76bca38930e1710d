"""Split characters put together again."""

from collections.abc import Sequence

from moderator.text.folding import Folded

Split = tuple[int, int, str]  # start, end, the character that the parts make


def joined(below: Folded, splits: Sequence[Split]) -> Folded:
    """`below` with the parts replaced by what they make; of overlapping splits the first."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, whole in sorted(splits):
        if start >= done:
            pieces += below.text[done:start], whole
            starts += [*range(done, start), start]
            ends += [*range(done + 1, start + 1), end]
            done = end
    rest = range(done, len(below.text))
    pieces.append(below.text[done:])
    after = range(done + 1, len(below.text) + 1)
    return Folded("".join(pieces), [*starts, *rest], [*ends, *after], below)
