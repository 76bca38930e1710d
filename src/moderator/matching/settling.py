"""Which rule has a value when several found it."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from moderator.domain.finding import Hit
from moderator.matching.trial import Find

Span = tuple[int, int]


def settle(finds: Iterable[Find]) -> list[Hit]:
    """One hit for each value: the most specific rule wins.  Rules that mask nothing stand apart."""
    taken: dict[str, list[Span]] = defaultdict(list)
    chosen = [
        find.hit
        for find in sorted(finds, key=lambda find: find.rank, reverse=True)
        if _take(taken["" if find.rule.masked else find.rule.id], (find.start, find.end))
    ]
    return sorted(chosen, key=lambda hit: (hit.start, hit.end, hit.rule))


def _take(spans: list[Span], span: Span) -> bool:
    """Put `span` into the ordered, disjoint `spans` unless it overlaps one of them."""
    at = bisect_left(spans, span)
    if at and spans[at - 1][1] > span[0]:
        return False
    if at < len(spans) and spans[at][0] < span[1]:
        return False
    spans.insert(at, span)
    return True
