"""What lies before a person: what lapses when, and what one more violation would lead to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.decision import Standing, Strike
from moderator.policy.policy import Conversion, Ladder, Policy, Rung, Unit
from moderator.policy.units import Reckoning
from moderator.policy.weighing import ladder_for, rung_for


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProspect:
    """One kind of unit that stands against a person.

    `lapses` has a time for each, the next one first; None: it never does.  With `missing` more of
    them comes the conversion `next`; None: nothing comes of it.
    """

    unit: Unit
    lapses: tuple[datetime | None, ...]
    next: Conversion | None
    missing: int

    @property
    def number(self) -> int:
        return len(self.lapses)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderProspect:
    """Where a person stands on a ladder.

    `strikes` lie within its window, the oldest first; each stops counting `window` after it.
    `reached` is the rung of the latest, `next` the one above, `missing` violations away.
    """

    ladder: Ladder
    strikes: tuple[Strike, ...]
    reached: Rung | None
    next: Rung | None

    @property
    def missing(self) -> int:
        return self.next.at - len(self.strikes) if self.next else 0

    @property
    def lapses(self) -> datetime:
        """When the oldest strike stops counting."""
        return self.strikes[0].at + self.ladder.window


@dataclass(frozen=True, slots=True)
class Prospects:
    """All that stands, unit by unit and ladder by ladder, in the order of the policy."""

    units: tuple[UnitProspect, ...]
    ladders: tuple[LadderProspect, ...]


def prospects(standing: Standing, policy: Policy, now: datetime) -> Prospects:
    """What stands against a person under `policy`; empty where nothing does."""
    return Prospects(tuple(_units(standing, policy, now)), tuple(_ladders(standing, policy, now)))


def _units(standing: Standing, policy: Policy, now: datetime) -> Iterator[UnitProspect]:
    stands = Reckoning(policy).since(standing, now)
    for id_, unit in policy.units.items():
        if since := stands.get(id_):
            conversion = _next(policy, id_, len(since))
            yield UnitProspect(
                unit=unit,
                lapses=tuple(given + unit.lapses if unit.lapses else None for given in since),
                next=conversion,
                missing=max(1, conversion.count - len(since)) if conversion else 0,
            )


def _next(policy: Policy, unit: str, number: int) -> Conversion | None:
    """The nearest threshold; one that is passed already calls again with every further unit."""
    fitting = [conversion for conversion in policy.conversions if conversion.of == unit]
    return min(fitting, key=lambda one: max(1, one.count - number), default=None)


def _ladders(standing: Standing, policy: Policy, now: datetime) -> Iterator[LadderProspect]:
    for ladder in policy.ladders:
        strikes = tuple(
            strike
            for strike in standing.strikes
            if strike.at > now - ladder.window
            and ladder_for(policy, strike.category, strike.severity) is ladder
        )
        if strikes:
            above = [rung for rung in ladder.rungs if rung.at > len(strikes)]
            yield LadderProspect(
                ladder=ladder,
                strikes=strikes,
                reached=rung_for(ladder, len(strikes)),
                next=min(above, key=lambda rung: rung.at, default=None),
            )
