"""What the native first look asks of the text around keywords, and for which patterns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from moderator.matching.legible import Legible
from moderator.matching.patterns import Candidates
from moderator.matching.windows import PatternRef

Asked = tuple[int, int, int, int]  # number of a need, place of a keyword, the stretch around it
Askers = Sequence[Sequence[PatternRef]]  # by the number of what they need
_FEW = 8  # of more, as around an address, some expression matches what its rule then refuses


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


def asking(text: str, asked: Sequence[Asked], askers: Askers) -> Candidates:
    """The candidates, where the first look tells which needs may be met around which places.

    None where they are few and no expression matches there.
    """
    if len(asked) <= _FEW and not _any_matches(text, asked, askers):
        return {}
    found: dict[PatternRef, list[int]] = defaultdict(list)
    for need, at, _, _ in asked:
        for ref in askers[need]:
            found[ref].append(at)
    return found


def _any_matches(text: str, asked: Iterable[Asked], askers: Askers) -> bool:
    legible = Legible.of(text)
    if legible.offsets is not None:  # places in the text are others there
        return True
    for need, start, end in {(need, start, end) for need, _, start, end in asked}:
        for ref in askers[need]:
            if ref.expression.search(legible.text, start, end):
                return True
    return False
