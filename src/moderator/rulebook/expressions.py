"""Whether a regular expression may run over what strangers write.

Python's `re` backtracks: where two repeats can share the same characters, it tries every way of
dividing them.  The number of ways is estimated from the parsed expression and the size of the
window it runs over.  The estimate knows character classes, mandatory separators, nesting,
alternatives and possessive repeats; it errs on the side of refusal.
"""

import re
import warnings
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from itertools import combinations
from operator import or_
from typing import Any

from moderator.rulebook.character_sets import Alphabet, parts

MOST_WAYS = 5_000_000
_ITERATIONS = 24  # 2 ways in each exceed MOST_WAYS


@dataclass(frozen=True, slots=True)
class One:
    """Exactly one character out of `mask`."""

    mask: int


@dataclass(frozen=True, slots=True)
class Many:
    """A body repeated; a possessive one never gives anything back."""

    least: int
    most: int
    body: tuple["Part", ...]
    possessive: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    options: tuple[tuple["Part", ...], ...]


Part = One | Many | Choice
Sequence = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Chain:
    """Repeats that can share the characters of `mask`, and in how many ways so far."""

    mask: int
    ways: int


def danger(expression: str, *, window: int) -> str:
    """Say why an expression must not run over `window` characters; empty where it may."""
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always", FutureWarning)
            parsed = import_module("re._parser").parse(expression, re.ASCII)  # has no stub
    except (re.error, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    if ambiguous := [str(warning.message) for warning in warned if _about_sets(warning)]:
        return f"is ambiguous: {ambiguous[0]}"
    if _looks_behind_loosely(parsed):
        return "is not a regular expression: look-behind requires fixed-width pattern"
    if parsed.getwidth()[0] == 0:
        return "can match the empty text"
    return _too_slow(parsed, window)


def _looks_behind_loosely(parsed: Any) -> bool:
    # The only mistake that CPython finds when it compiles and not when it parses.
    for operation, argument in parsed:
        name = str(operation)
        if name in {"ASSERT", "ASSERT_NOT"} and argument[0] < 0:
            least, most = argument[1].getwidth()
            if least != most:
                return True
        if any(map(_looks_behind_loosely, parts(name, argument))):
            return True
    return False


def _about_sets(warning: warnings.WarningMessage) -> bool:
    return issubclass(warning.category, FutureWarning) and "set" in str(warning.message)


def _too_slow(parsed: Any, window: int) -> str:
    reading = _Reading(Alphabet(parsed), window)
    ignore_case = bool(parsed.state.flags & re.IGNORECASE)
    sequences = [reading.sequence(parsed, ignore_case=ignore_case), *reading.asides]
    if any(_Estimate().exceeds(sequence) for sequence in sequences):
        return (
            "could take too long on a hostile text: repeats that can match the same characters "
            "need a separator between them, a small bound, or to be possessive (`++`)"
        )
    return ""


class _Reading:
    """From CPython's parse tree to parts; groups are dissolved, assertions set aside."""

    def __init__(self, alphabet: Alphabet, window: int) -> None:
        self.asides: list[Sequence] = []
        self._alphabet = alphabet
        self._window = window

    def sequence(self, parsed: Any, *, ignore_case: bool) -> Sequence:
        found: list[Part] = []
        for operation, argument in parsed:
            found += self._parts(str(operation), argument, ignore_case=ignore_case)
        return tuple(found)

    def _parts(self, operation: str, argument: Any, *, ignore_case: bool) -> Sequence:
        mask = self._alphabet.of(operation, argument, ignore_case=ignore_case)
        if mask is not None:
            return (One(mask),)
        if operation == "SUBPATTERN":
            ignore_case = (ignore_case or bool(argument[1] & re.IGNORECASE)) and not (
                argument[2] & re.IGNORECASE
            )
        bodies = [self.sequence(p, ignore_case=ignore_case) for p in parts(operation, argument)]
        return self._composed(operation, argument, bodies)

    def _composed(self, operation: str, argument: Any, bodies: list[Sequence]) -> Sequence:
        match operation:
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                most = min(int(argument[1]), self._window)
                possessive = operation == "POSSESSIVE_REPEAT"
                return (Many(min(int(argument[0]), most), most, bodies[0], possessive),)
            case "SUBPATTERN" | "ATOMIC_GROUP":
                return bodies[0]
            case "BRANCH" | "GROUPREF_EXISTS":
                return (Choice(tuple(bodies)),)
            case "ASSERT" | "ASSERT_NOT":
                self.asides += bodies
            case "GROUPREF":
                return (Many(0, self._window, (One(self._alphabet.all),), possessive=False),)
        return ()


class _Estimate:
    """How many ways of dividing a text there are at worst."""

    def __init__(self) -> None:
        self._worst = 1
        self._shares = 0

    def exceeds(self, sequence: Sequence) -> bool:
        self._walk(sequence, [])
        self._repeats(sequence)
        return self._worst > MOST_WAYS

    def _repeats(self, sequence: Sequence) -> None:
        for part in sequence:
            if isinstance(part, Many):
                if part.most > 1 and not part.possessive:
                    self._repeat(part)
                self._repeats(part.body)
            elif isinstance(part, Choice):
                for option in part.options:
                    self._repeats(option)

    def _repeat(self, many: Many) -> None:
        shares, iterations = self._shares, min(many.most, _ITERATIONS)
        self._walk(many.body * 2, [])
        if self._shares > shares or _undecided(many.body):
            self._worst = max(self._worst, 2**iterations)
        self._walk(many.body * iterations, [])

    def _walk(self, sequence: Sequence, chains: list[_Chain]) -> list[_Chain]:
        for part in sequence:
            if self._worst > MOST_WAYS:
                return []
            chains = _widest(self._step(part, chains))
            self._worst = max([self._worst, *(chain.ways for chain in chains)])
        return chains

    def _step(self, part: Part, chains: list[_Chain]) -> list[_Chain]:
        if isinstance(part, One):
            return [chain for chain in chains if chain.mask & part.mask]
        if isinstance(part, Choice):
            return [chain for option in part.options for chain in self._walk(option, chains)]
        through = chains if part.least == 0 else [c for c in chains if _admits(c.mask, part.body)]
        inner = self._walk(part.body, []) if len(part.body) > 1 else []
        if part.possessive or part.least == part.most:
            return [*through, *inner]
        return [*through, *inner, *self._shared(part, chains)]

    def _shared(self, many: Many, chains: list[_Chain]) -> list[_Chain]:
        mask, ways = _characters(many.body), many.most - many.least + 1
        longer = [
            _Chain(chain.mask & mask, chain.ways * ways)
            for chain in chains
            if _admits(chain.mask, many.body)
        ]
        self._shares += len(longer)
        return [_Chain(mask, ways), *longer]


def _widest(chains: list[_Chain]) -> list[_Chain]:
    best: dict[int, int] = {}
    for chain in chains:
        if chain.mask:
            best[chain.mask] = max(chain.ways, best.get(chain.mask, 0))
    return [_Chain(mask, ways) for mask, ways in best.items()]


def _characters(sequence: Sequence) -> int:
    return reduce(or_, map(_characters_of, sequence), 0)


def _characters_of(part: Part) -> int:
    if isinstance(part, One):
        return part.mask
    if isinstance(part, Many):
        return _characters(part.body)
    return reduce(or_, map(_characters, part.options), 0)


def _admits(mask: int, sequence: Sequence) -> bool:
    """Whether a text of only those characters might match the sequence."""
    return all(_admits_part(mask, part) for part in sequence)


def _admits_part(mask: int, part: Part) -> bool:
    if isinstance(part, One):
        return bool(mask & part.mask)
    if isinstance(part, Many):
        return part.least == 0 or _admits(mask, part.body)
    return any(_admits(mask, option) for option in part.options)


def _undecided(sequence: Sequence) -> bool:
    """Whether some text fits two alternatives of a choice in the sequence."""
    for part in sequence:
        if isinstance(part, Many) and _undecided(part.body):
            return True
        if isinstance(part, Choice) and (
            any(_alike(*pair) for pair in combinations(part.options, 2))
            or any(map(_undecided, part.options))
        ):
            return True
    return False


def _alike(one: Sequence, other: Sequence) -> bool:
    for index in range(min(len(one), len(other))):
        first, second = one[index], other[index]
        if not (isinstance(first, One) and isinstance(second, One)):
            return _overlap(one[index:], other[index:])
        if not first.mask & second.mask:
            return False
    return True


def _overlap(one: Sequence, other: Sequence) -> bool:
    (first, may_end), (second, may_end_too) = _first(one), _first(other)
    return may_end or may_end_too or bool(first & second)


def _first(sequence: Sequence) -> tuple[int, bool]:
    """The characters with which a match can begin, and whether it can be empty."""
    mask = 0
    for part in sequence:
        begins, may_be_empty = _first_of(part)
        mask |= begins
        if not may_be_empty:
            return mask, False
    return mask, True


def _first_of(part: Part) -> tuple[int, bool]:
    if isinstance(part, One):
        return part.mask, False
    if isinstance(part, Many):
        mask, empty = _first(part.body)
        return mask, empty or part.least == 0
    firsts = [_first(option) for option in part.options]
    return reduce(or_, (mask for mask, _ in firsts), 0), any(empty for _, empty in firsts)
