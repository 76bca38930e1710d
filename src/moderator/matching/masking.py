"""What people may see of a value that must not be shown."""

from collections.abc import Iterable

from moderator.domain.finding import Hit

COVER = "****"
SHOWN_AT_MOST = 4


def mask(value: str) -> str:
    """`value` with all but its end covered.

    At most four characters remain and never more than a quarter of the value; the cover has a
    fixed width, so that the length is not told either.
    """
    shown = min(SHOWN_AT_MOST, len(value) // 4)
    return COVER + (value[-shown:] if shown else "")


def excerpt(text: str, hit: Hit, *, around: int = 12, others: Iterable[Hit] = ()) -> str:
    """The hit with `around` characters on either side, every masked hit in range covered.

    `others` are the other hits in the same text.  A masked value that reaches over the edge of the
    excerpt is covered as a whole.
    """
    start, end = max(0, hit.start - around), min(len(text), hit.end + around)
    parts, at = [], start
    for left, right in _covered(start, end, (hit, *others)):
        parts += [text[at : max(at, left)], mask(text[left:right])]
        at = max(at, right)
    parts.append(text[at : max(at, end)])
    lead, tail = "…" * (start > 0), "…" * (end < len(text))
    return lead + "".join(parts) + tail


def _covered(start: int, end: int, hits: Iterable[Hit]) -> list[tuple[int, int]]:
    """The masked spans that touch `start:end`, overlapping ones joined, in order."""
    spans = sorted((h.start, h.end) for h in hits if h.masked and h.start < end and h.end > start)
    joined: list[tuple[int, int]] = []
    for left, right in spans:
        if joined and left < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], right))
        else:
            joined.append((left, right))
    return joined
