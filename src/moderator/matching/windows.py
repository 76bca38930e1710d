"""Where in a text an expression is run, and what it finds there."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from moderator.domain.rule import Pattern, Rule
from moderator.matching.heads import heads
from moderator.matching.landmarks import Heads, Landmarks
from moderator.matching.legible import Legible
from moderator.matching.needs import needs
from moderator.matching.runs import least_run, shortest
from moderator.matching.stretches import WHOLE
from moderator.matching.surroundings import COMPILED, Window, packed, surroundings
from moderator.matching.trial import Find, Refusal, Scales, Verdict, placed

if COMPILED:
    from moderator.matching import glance

FINDS_AT_MOST = 100  # of one pattern in one text; the rest of a longer list is one find
DENSE = 16  # positions of one keyword from which on it pays to leave some out
# Places to try in one message of all patterns together: none that people write comes near.
PLACES = 1_000
# Of longer texts: where keywords stand counts as a place, too, no pattern has more than a share of
# the places, and when there are none left each still has a few.
PLACES_IN_LONG, CHARACTERS_PER_PLACE_IN_LONG = 1_200, 64
SHARES, ASSURED, ASSURED_IN_ALL = 6, 4, 500
TOO_MUCH = "more places to look at than are looked at in one text"
_POSITIONS_PER_PLACE = 4
_SEARCHED_PER_PLACE = 32  # characters that are searched in the time that trying one place takes
Match = re.Match[str]


@dataclass(frozen=True, slots=True, eq=False)
class PatternRef:
    """One pattern of one rule, compiled; compared by identity.

    No match is possible in a text whose longest run of visible ASCII characters is shorter than
    `least_run`: what makes ordinary Chinese messages with a vendor's name in them cheap.  Where
    there are `heads`, every match begins with one of them, whatever its case.  No match is shorter
    than `shortest`, or stands in a window without what is `needed`.
    """

    rule: Rule
    pattern: Pattern
    expression: re.Pattern[str]
    least_run: int
    heads: frozenset[str]
    shortest: int
    needed: bytes
    longest_keyword: int  # characters

    @classmethod
    def of(cls, rule: Rule, pattern: Pattern) -> "PatternRef":
        text = pattern.expression
        expression, run = re.compile(text, re.ASCII), least_run(text)
        needed = packed(needs(text), pattern, run)
        begun, least, longest = frozenset(heads(text)), shortest(text), map(len, pattern.keywords)
        return cls(rule, pattern, expression, run, begun, least, needed, max(longest, default=0))

    @property
    def group(self) -> str | int:
        """What of a match counts."""
        return "secret" if "secret" in self.expression.groupindex else 0


class Places:
    """How many places in a text and in what it decodes to may still be tried.

    `denied` were asked for when there were none left.
    """

    __slots__ = ("_assured", "_left", "_long", "_pool", "_share", "_shared", "denied")

    def __init__(self, characters: int) -> None:
        self._long = characters > WHOLE
        self._left = self._share = PLACES
        self._pool = 0
        if self._long:
            self._left = PLACES_IN_LONG + characters // CHARACTERS_PER_PLACE_IN_LONG
            self._share = self._left // SHARES
            self._pool = ASSURED_IN_ALL
        self._shared = self._assured = 0
        self.denied = 0

    def begin(self) -> None:
        """Another pattern is tried."""
        self._shared = self._share
        self._assured = 0

    def granted(self, wanted: int) -> int:
        """How many of so many places may be tried."""
        granted = min(wanted, self._left, self._shared)
        self._left -= granted
        self._shared -= granted
        extra = min(wanted - granted, self._assured, self._pool)
        self._assured -= extra
        self._pool -= extra
        self.denied += wanted - granted - extra
        return granted + extra

    def nearest(self, positions: Sequence[int]) -> Sequence[int]:
        """Of a long text's positions as many as may be looked at, nearest to its two ends."""
        if not self._long:
            return positions
        wanted = min(len(positions) // _POSITIONS_PER_PLACE + 1, self._share // 2)
        granted = self.granted(wanted)
        self._assured = ASSURED
        count = max(ASSURED, _POSITIONS_PER_PLACE * granted)
        if count >= len(positions):
            return positions
        ordered = sorted(positions)
        return [*ordered[: (count + 1) // 2], *ordered[len(ordered) - count // 2 :]]


class Reading:
    """One text as all patterns see it: read once, whatever their number."""

    def __init__(self, text: str, heads: "Heads[PatternRef]", places: Places) -> None:
        self._original = text
        self._legible = Legible.of(text)
        self._text = self._legible.text
        self._marks = Landmarks(self._text, heads)
        self._surroundings = surroundings(self._text)
        self._scales = Scales()
        self._places = places

    def trials(self, ref: PatternRef, positions: Sequence[int]) -> Iterator[Find | Refusal]:
        """What the pattern finds around these positions of the original text.

        The find after `FINDS_AT_MOST` of a masked rule covers all that is left, so that nothing of
        it is shown; rules that mask nothing end there.  Where the places to try in a text have run
        out, the rest is not looked at, which a refusal tells.
        """
        if ref.heads and not self._marks.any_starts(ref):
            return
        self._places.begin()
        denied = self._places.denied
        windows = self._windows(ref, self._places.nearest(positions))
        left = FINDS_AT_MOST
        for trial in self._all_trials(ref, windows) if windows else ():
            left -= isinstance(trial, Find)
            if left >= 0:
                yield trial
                continue
            if isinstance(trial, Find) and trial.rule.masked:
                last = windows[-1][1]
                yield trial.stretched(self._legible.origin(last - 1, last)[1])
            return
        if self._places.denied > denied:
            yield Refusal(ref.rule.id, min(positions), max(positions) + 1, TOO_MUCH)

    def _all_trials(self, ref: PatternRef, windows: Sequence[Window]) -> Iterator[Find | Refusal]:
        verdicts: dict[str, Verdict] = {}
        if ref.heads:
            matches = self._tried(ref, self._marks.starts(ref), windows)
        else:
            matches = self._searched(ref, windows)
        for match, end in matches:
            if match.end() == end < len(self._text):
                continue  # cut by the window: longer than the format allows
            trial = self._trial(ref, match, verdicts)
            if trial is not None:
                yield trial

    def _searched(self, ref: PatternRef, windows: Iterable[Window]) -> Iterator[tuple[Match, int]]:
        """The matches in the windows, which are searched from end to end, and where each ends."""
        for start, end in windows:
            for left, right in self._affordable(start, end):
                for match in ref.expression.finditer(self._text, left, right):
                    yield match, right

    def _affordable(self, start: int, end: int) -> Iterator[Window]:
        """The window, or what of it may still be searched at its two ends."""
        wanted = (end - start) // _SEARCHED_PER_PLACE + 1
        granted = self._places.granted(wanted)
        if granted == wanted:
            yield start, end
        elif granted:
            half = granted * _SEARCHED_PER_PLACE // 2
            yield start, start + half
            yield end - half, end

    def _tried(
        self, ref: PatternRef, starts: Sequence[int], windows: Iterable[Window]
    ) -> Iterator[tuple[Match, int]]:
        """The same, when matches begin at some places only."""
        match_at, text, free = ref.expression.match, self._text, 0
        spans = [
            (bisect_left(starts, start), bisect_left(starts, end), end) for start, end in windows
        ]
        total = sum(last - first for first, last, _ in spans)
        granted = self._places.granted(total)
        front, back = (granted + 1) // 2, total - granted // 2
        for first, last, end in spans:
            upto = min(last, first + max(0, front))
            again = max(upto, first + max(0, back))
            for at in (*starts[first:upto], *starts[again:last]):
                if at >= free and (match := match_at(text, at, end)):
                    free = match.end()
                    yield match, end
            front, back = front - (last - first), back - (last - first)

    def _trial(
        self, ref: PatternRef, match: Match, verdicts: dict[str, Verdict]
    ) -> Find | Refusal | None:
        start, end = match.span(ref.group)
        if start == end or not self._counts(ref.rule, start, end):
            return None
        value, origin = self._text[start:end], self._legible.origin(start, end)
        if ref.pattern.rewritten and self._original[slice(*origin)] == value:
            return None
        if value not in verdicts:
            verdicts[value] = self._scales.weigh(ref.rule, ref.pattern, value)
        return placed(ref.rule, ref.longest_keyword, verdicts[value], origin)

    def _windows(self, ref: PatternRef, positions: Sequence[int]) -> list[Window]:
        """The stretches to search: those around positions that have what a match needs."""
        places, pattern = self._legible.positions(positions), ref.pattern
        found = self._surroundings.windows(places, pattern.before, pattern.after, ref.needed)
        if found and pattern.context:
            return [window for window in found if self._has(pattern.context, *window)]
        return found

    def _has(self, context: Iterable[str], start: int, end: int) -> bool:
        lowered = self._marks.lowered
        return any(lowered.find(word, start, end) >= 0 for word in context)

    def _counts(self, rule: Rule, start: int, end: int) -> bool:
        """Whether no allow phrase spans the hit, and its company is near."""
        if rule.allow and any(self._spans(phrase.lower(), start, end) for phrase in rule.allow):
            return False
        if rule.company is None:
            return True
        within, lowered = rule.company.within, self._marks.lowered
        around = lowered[max(0, start - within) : start] + lowered[end : end + within]
        return all(any(word.lower() in around for word in group) for group in rule.company.all_of)

    def _spans(self, phrase: str, start: int, end: int) -> bool:
        earliest, latest = max(0, end - len(phrase)), start + len(phrase)
        found = self._marks.lowered.find(phrase, earliest, latest) >= 0
        return end - start <= len(phrase) and found


def thinned(positions: list[int], reach: int) -> list[int]:
    """Of ordered positions so many that windows of length `reach` still cover the same stretch."""
    if len(positions) < DENSE:
        return positions
    if COMPILED:
        return glance.thinned(positions, reach)
    kept, last = [positions[0]], positions[0]
    for position in positions:
        if position - kept[-1] > reach:
            kept.append(last if last != kept[-1] else position)
        last = position
    return [*kept, last]
