"""Which of the words found in one text are still worth judging."""

from collections.abc import Callable, Iterator
from itertools import islice

from moderator.matching.judging import Found

# Finds of words that are judged in one text of ordinary length: in all; of those that stand there
# as they are written; of one way to disguise them; of each way even when there are no more.
IN_ALL, AS_WRITTEN, IN_DISGUISE, _ASSURED = 160, 96, 40, 4
_SEEN_FOR_ONE = 2  # finds that are made for each one that is judged
CHARACTERS_PER_FIND = 256  # what longer texts have more
HITS_PER_RULE = 32  # of one text; more of the same tell nobody anything new
_JUDGED_HITS = 2 * HITS_PER_RULE  # some of them overlap


class Tally:
    """What counted so far in one text: more of a rule that has its hits tells nobody anything."""

    __slots__ = ("_hits", "_taken")

    def __init__(self) -> None:
        self._hits: dict[str, int] = {}
        self._taken: dict[tuple[str, int], tuple[int, int]] = {}

    def wants(self, found: Found) -> bool:
        """Whether the find may make a hit that those before it have not made, or a plainer one."""
        rule, start = found.entry.rule.id, found.parts[0][0]
        if self._hits.get(rule, 0) >= _JUDGED_HITS:
            return False
        return (rule, start) not in self._taken or _worth(found) > self._taken[rule, start]

    def take(self, found: Found) -> None:
        """The find counts."""
        rule = found.entry.rule.id
        self._hits[rule] = self._hits.get(rule, 0) + 1
        self._taken[rule, found.parts[0][0]] = _worth(found)


class Spare:
    """How many finds of words may still be judged in one text; those not wanted do not count."""

    __slots__ = ("_left", "_wants")

    def __init__(self, characters: int, wants: Callable[[Found], bool]) -> None:
        self._left = IN_ALL + characters // CHARACTERS_PER_FIND
        self._wants = wants

    def of(self, stage: Iterator[Found], most: int) -> Iterator[Found]:
        """The first finds of a stage, so many as it may have."""
        granted = max(_ASSURED, min(most, self._left))
        wanted = filter(self._wants, islice(stage, _SEEN_FOR_ONE * granted))
        for found in islice(wanted, granted):
            self._left -= 1
            yield found


def _worth(found: Found) -> tuple[int, int]:
    """The longer the better; of equal ones the plainest."""
    return found.parts[-1][1], -len(found.layers)
