"""How much of what must be found is found."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from moderator.domain.finding import Hit
from moderator.matching.screening import Screen
from report import percent, table


class Positive(Protocol):
    """A text, the rule that looks for what stands in it, and where that is."""

    @property
    def text(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(slots=True)
class Tally:
    """Counts by group.  Found: a hit of the same category there; named: of that very rule."""

    texts: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        """Per cent over all groups."""
        return percent(self.found.total(), self.texts.total())

    def table(self, group: str, *, named: bool = True) -> str:
        """`named=False` for texts that are no particular rule's."""
        rows = [*(self._row(name) for name in self.texts), self._total()]
        columns = 4 if named else 3
        header = (group, "texts", "found %", "by that rule %")
        return table(header[:columns], [row[:columns] for row in rows])

    def recalls(self) -> dict[str, float]:
        return {name: round(percent(self.found[name], self.texts[name]), 2) for name in self.texts}

    def _row(self, name: str) -> tuple[str, int, float, float]:
        texts = self.texts[name]
        found, named = percent(self.found[name], texts), percent(self.named[name], texts)
        return name, texts, found, named

    def _total(self) -> tuple[str, int, float, float]:
        texts = self.texts.total()
        return "all", texts, self.recall, percent(self.named.total(), texts)


def recall(
    screen: Screen, positives: Iterable[Positive], groups: Sequence[Callable[..., str]]
) -> tuple[list[Tally], list[Positive]]:
    """One tally for each way of grouping, and what was missed."""
    tallies = [Tally() for _ in groups]
    missed: list[Positive] = []
    for positive in positives:
        hits = [hit for hit in screen.screen(positive.text) if _there(hit, positive)]
        named = any(hit.rule == positive.rule for hit in hits)
        for tally, group in zip(tallies, groups, strict=True):
            name = group(positive)
            tally.texts[name] += 1
            tally.found[name] += bool(hits)
            tally.named[name] += named
        if not hits:
            missed.append(positive)
    return tallies, missed


def _there(hit: Hit, positive: Positive) -> bool:
    return hit.category == positive.category and (
        hit.start < positive.end and positive.start < hit.end
    )
