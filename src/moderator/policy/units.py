"""Units of discipline (警告, 记过 …): given, lapsed, converted, offset.

What stands against a person is reckoned from the beginning every time: it follows from strikes and
merits alone, so that it can be proved.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from moderator.domain.decision import Merit, Standing, UnitChange
from moderator.policy.policy import Conversion, Offset, Policy

_Entry = tuple[datetime, Mapping[str, int] | Merit]
_AT = itemgetter(0)


@dataclass(slots=True)
class _Account:
    """Each unit that stands, by kind, under the time since which it does."""

    policy: Policy
    held: dict[str, list[datetime]] = field(default_factory=dict)
    waiting: list[tuple[datetime, str]] = field(default_factory=list)  # until when, for which unit
    converted: list[str] = field(default_factory=list)

    def copy(self) -> "_Account":
        held = {unit: list(since) for unit, since in self.held.items()}
        return _Account(self.policy, held, list(self.waiting), list(self.converted))

    def enter(self, entries: Iterable[_Entry]) -> "_Account":
        """Everything that happened, in its order."""
        for at, entry in entries:
            if isinstance(entry, Merit):
                self._credit(entry)
                continue
            for unit, count in entry.items():
                for _ in range(count if unit in self.policy.units else 0):
                    self._give(unit, at)
        return self

    def standing(self, at: datetime) -> dict[str, int]:
        return {unit: len(since) for unit, since in self.since(at).items()}

    def since(self, at: datetime) -> dict[str, tuple[datetime, ...]]:
        stands = {unit: tuple(sorted(self._unlapsed(unit, at))) for unit in sorted(self.held)}
        return {unit: since for unit, since in stands.items() if since}

    def _give(self, unit: str, at: datetime) -> None:
        if self._offset(unit, at):
            return
        self.held.setdefault(unit, []).append(at)
        for conversion in self.policy.conversions:
            if conversion.of == unit and conversion.into:
                self._convert(conversion, at)

    def _credit(self, merit: Merit) -> None:
        offset = self.policy.offsets.get(merit.kind)
        if offset is None:  # of a kind that the policy does not know any more
            return
        for _ in range(offset.count * merit.count):
            self._spend(offset, merit.at)

    def _spend(self, offset: Offset, at: datetime) -> None:
        self.held[offset.of] = since = self._unlapsed(offset.of, at)
        if since:
            since.pop(0)
        elif offset.waits:
            self.waiting.append((at + offset.waits, offset.of))

    def _offset(self, unit: str, at: datetime) -> bool:
        for waiting in self.waiting:
            if waiting[1] == unit and at < waiting[0]:
                self.waiting.remove(waiting)
                return True
        return False

    def _convert(self, conversion: Conversion, at: datetime) -> None:
        self.held[conversion.of] = since = self._unlapsed(conversion.of, at)
        while len(since) >= conversion.count:
            del since[: conversion.count]
            self.converted.append(conversion.id)
            self._give(conversion.into, at)

    def _unlapsed(self, unit: str, at: datetime) -> list[datetime]:
        lapses = self.policy.units[unit].lapses
        since = self.held.get(unit, [])
        return since if lapses is None else [given for given in since if given + lapses > at]


class Reckoning:
    """The accounts of one person under one policy.

    Remembers the last, so that whoever asks again with one more strike pays for that one only.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._entries: list[_Entry] = []
        self._account = _Account(policy)

    def change(
        self, standing: Standing, given: Mapping[str, int], *, at: datetime, now: datetime
    ) -> UnitChange:
        """What `given` at `at` does to the units that stand at `now`."""
        entries = _entries(standing)
        if not given and not entries:
            return UnitChange()
        account = self._reckoned(entries)
        before = account.standing(now)
        if not given:
            return UnitChange(before=before, after=before)
        changed = self._with(entries, (at, given))
        after = changed.standing(now)
        used_up = Counter(changed.converted) - Counter(account.converted)
        return UnitChange(
            given=dict(given),
            before=before,
            after=after,
            converted=(*used_up.elements(), *_reached(before, after, self._policy)),
        )

    def standing(self, standing: Standing, now: datetime) -> dict[str, int]:
        """How many of which unit stand against the person."""
        return self._reckoned(_entries(standing)).standing(now)

    def since(self, standing: Standing, now: datetime) -> dict[str, tuple[datetime, ...]]:
        """Since when each unit stands against the person, the oldest first."""
        return self._reckoned(_entries(standing)).since(now)

    def _reckoned(self, entries: list[_Entry]) -> _Account:
        known = len(self._entries)
        if entries[:known] != self._entries:
            self._account, known = _Account(self._policy), 0
        self._account.enter(entries[known:])
        self._entries = entries
        return self._account

    def _with(self, entries: list[_Entry], new: _Entry) -> _Account:
        if not entries or entries[-1][0] <= new[0]:
            return self._account.copy().enter([new])
        return _Account(self._policy).enter(sorted([*entries, new], key=_AT))


def _entries(standing: Standing) -> list[_Entry]:
    given: list[_Entry] = [(strike.at, strike.units) for strike in standing.strikes if strike.units]
    given += [(merit.at, merit) for merit in standing.merits]
    return sorted(given, key=_AT)


def _reached(before: Mapping[str, int], after: Mapping[str, int], policy: Policy) -> Iterator[str]:
    """The conversions that use nothing up: a further unit, and enough of them."""
    for conversion in policy.conversions:
        stands = after.get(conversion.of, 0)
        if not conversion.into and before.get(conversion.of, 0) < stands >= conversion.count:
            yield conversion.id
