"""What the native first look asks of the text around keywords, and for which patterns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from moderator.matching.patterns import Candidates
from moderator.matching.windows import PatternRef

Askers = Sequence[Sequence[PatternRef]]  # by the number of what they need


class Asking:
    """Collects what expressions need around the same keywords, each need once."""

    def __init__(self) -> None:
        self._groups: dict[tuple[PatternRef, ...], int] = {}
        self._needed: list[bytes] = []
        self.askers: list[Sequence[PatternRef]] = []

    def asked(self, refs: Iterable[PatternRef]) -> int:
        """Where the needs of these patterns are and, in the lowest 16 bits, how many."""
        group = tuple(refs)
        by_need: dict[bytes, list[PatternRef]] = defaultdict(list)
        for ref in group:
            by_need[ref.needed].append(ref)
        if group not in self._groups:
            self._groups[group] = len(self._needed)
            self._needed += by_need
            self.askers += by_need.values()
        return self._groups[group] << 16 | len(by_need)

    def table(self) -> bytes:
        return b"".join(self._needed)


def asking(places: Iterable[tuple[int, int]], askers: Askers) -> Candidates:
    """The candidates, where the first look tells which needs may be met around which places."""
    found: dict[PatternRef, list[int]] = defaultdict(list)
    for need, at in places:
        for ref in askers[need]:
            found[ref].append(at)
    return found
