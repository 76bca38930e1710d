"""A list of people is graver than one of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from moderator.domain.finding import Hit
from moderator.domain.rule import Severity

CATEGORY = "personal-data"
SOME_PEOPLE = 3
MANY_PEOPLE = 10


def raise_for_crowds(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits, those of personal data raised by how many people they tell of.

    Different values of one kind are taken for different people: three or more raise every such hit
    to at least medium, ten or more to at least high.
    """
    people = _people(text, hits)
    if people < SOME_PEOPLE:
        return list(hits)
    least = Severity.HIGH if people >= MANY_PEOPLE else Severity.MEDIUM
    return [_raised(hit, least, people) if hit.category == CATEGORY else hit for hit in hits]


def _raised(hit: Hit, least: Severity, people: int) -> Hit:
    return replace(hit, severity=max(hit.severity, least), notes=(*hit.notes, f"people:{people}"))


def _people(text: str, hits: Sequence[Hit]) -> int:
    values: dict[str, set[str]] = defaultdict(set)
    for hit in hits:
        if hit.category == CATEGORY:
            values[hit.rule].add("".join(filter(str.isalnum, text[hit.start : hit.end])))
    return max(map(len, values.values()), default=0)
