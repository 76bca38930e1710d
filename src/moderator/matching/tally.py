"""Which of the words found in one text are still worth judging."""

from moderator.matching.judging import Found

HITS_PER_RULE = 32  # of one text; more of the same tell nobody anything new
_JUDGED_HITS = 2 * HITS_PER_RULE  # some of them overlap


class Tally:
    """What counted so far in one text: more of a rule that has its hits tells nobody anything."""

    __slots__ = ("_hits", "_reach")

    def __init__(self) -> None:
        self._hits: dict[str, int] = {}
        self._reach: dict[tuple[str, int], int] = {}

    def wants(self, found: Found) -> bool:
        """Whether the find may become a hit that those before it have not made."""
        rule, start, end = found.entry.rule.id, found.parts[0][0], found.parts[-1][1]
        return self._reach.get((rule, start), 0) < end and self._hits.get(rule, 0) < _JUDGED_HITS

    def take(self, found: Found) -> None:
        """The find counts."""
        rule = found.entry.rule.id
        self._hits[rule] = self._hits.get(rule, 0) + 1
        self._reach[rule, found.parts[0][0]] = found.parts[-1][1]
