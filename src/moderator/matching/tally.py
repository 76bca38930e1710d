"""Which of the words found in one text are still worth judging."""

from collections.abc import Iterator
from itertools import islice

from moderator.matching.judging import Found

# Finds of words that are judged in one text of ordinary length: in all; of those that stand there
# as they are written; of one way to disguise them; of each way even when there are no more.
IN_ALL, AS_WRITTEN, IN_DISGUISE, _ASSURED = 96, 64, 24, 3
_SEEN_FOR_ONE = 2  # finds that are made for each one that is judged
CHARACTERS_PER_FIND = 256  # what each stage of longer texts has more; twice that in all
HITS_PER_RULE = 32  # of one text; more of the same tell nobody anything new
# Rules that have hits in a text which is not looked at for more disguises; longer texts have more.
ENOUGH_RULES, CHARACTERS_PER_RULE = 12, 4_096
_JUDGED_HITS = 2 * HITS_PER_RULE  # some of them overlap


class Tally:
    """What counted so far in one text: more of a rule that has its hits tells nobody anything."""

    __slots__ = ("_enough", "_hits", "_taken")

    def __init__(self, characters: int = 0) -> None:
        self._enough = ENOUGH_RULES + characters // CHARACTERS_PER_RULE
        self._hits: dict[str, int] = {}
        self._taken: dict[tuple[str, int], tuple[int, int]] = {}

    def wants(self, found: Found) -> bool:
        """Whether the find may make a hit that those before it have not made, or a plainer one."""
        rule, start = found.entry.rule.id, found.parts[0][0]
        if self._hits.get(rule, 0) >= _JUDGED_HITS:
            return False
        return (rule, start) not in self._taken or _worth(found) > self._taken[rule, start]

    @property
    def enough(self) -> bool:
        """Whether words of so many rules have counted that no more is looked for in disguise."""
        return len(self._hits) >= self._enough

    def take(self, found: Found) -> None:
        """The find counts."""
        rule = found.entry.rule.id
        self._hits[rule] = self._hits.get(rule, 0) + 1
        self._taken[rule, found.parts[0][0]] = _worth(found)


class Spare:
    """How many finds of words may still be judged in one text; those not wanted do not count."""

    __slots__ = ("_left", "_more", "_tally")

    def __init__(self, characters: int, tally: Tally) -> None:
        self._more = characters // CHARACTERS_PER_FIND
        self._left = IN_ALL + 2 * self._more
        self._tally = tally

    @property
    def spent(self) -> bool:
        """Whether nothing more is to be looked for in disguise."""
        return self._tally.enough

    def of(self, stage: Iterator[Found], most: int) -> Iterator[Found]:
        """The first finds of a stage, so many as it may have."""
        granted = max(_ASSURED, min(most + self._more, self._left))
        wanted = filter(self._tally.wants, islice(stage, _SEEN_FOR_ONE * granted))
        for found in islice(wanted, granted):
            self._left -= 1
            yield found


def _worth(found: Found) -> tuple[int, int]:
    """The longer the better; of equal ones the plainest."""
    return found.parts[-1][1], -len(found.layers)
