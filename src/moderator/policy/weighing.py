"""How heavy a violation is: its ladder, the number of the offence, the rung and its units."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.decision import Standing, UnitChange
from moderator.domain.rule import Severity
from moderator.policy.policy import Conversion, Ladder, Measure, Policy, Rung
from moderator.policy.units import Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What a violation amounts to; `offence` is 1 for the first within the window.

    `step` names the rung as `ladder/at`, in the policy file's words.
    """

    offence: int
    step: str
    rung: Rung | None
    units: UnitChange
    conversions: tuple[Conversion, ...]

    def called_for(self) -> Iterator[tuple[str, Measure]]:
        """Every measure under the step that calls for it; what two steps call for comes once."""
        seen: set[tuple[str, str]] = set()
        for step, measure in self._all():
            if (measure.kind, measure.detail) not in seen:
                seen.add((measure.kind, measure.detail))
                yield step, measure

    def _all(self) -> Iterator[tuple[str, Measure]]:
        for measure in self.rung.measures if self.rung else ():
            yield self.step, measure
        for conversion in self.conversions:
            for measure in conversion.measures:
                yield f"units/{conversion.id}", measure


class Scales:
    """Weighs the violations of one person by one policy; each weighing makes the next one cheap."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._reckoning = Reckoning(policy)
        self._ladders: dict[tuple[str, Severity], Ladder | None] = {}

    def weigh(
        self,
        category: str,
        severity: Severity,
        standing: Standing,
        *,
        counts: bool,
        sent_at: datetime,
        now: datetime,
    ) -> Weighed:
        """Weigh a violation that `standing` does not yet hold; no units if it does not count.

        Where the policy only records nobody is warned, so that nothing is given either.
        """
        ladder = self._ladder(category, severity)
        offence = 1 + self._offences(standing, ladder, now)
        rung = rung_for(ladder, offence)
        given = rung.units if rung and counts and not self._policy.record_only else {}
        units = self._reckoning.change(standing, given, at=sent_at, now=now)
        return Weighed(
            offence=offence,
            step=f"{ladder.id}/{rung.at}" if ladder and rung else "",
            rung=rung,
            units=units,
            conversions=tuple(_conversions(self._policy, units)),
        )

    def _offences(self, standing: Standing, ladder: Ladder | None, now: datetime) -> int:
        """The earlier strikes to which the same ladder applies and that lie within its window."""
        since = now - ladder.window if ladder else datetime.min.replace(tzinfo=now.tzinfo)
        return sum(
            strike.at > since and self._ladder(strike.category, strike.severity) is ladder
            for strike in standing.strikes
        )

    def _ladder(self, category: str, severity: Severity) -> Ladder | None:
        kind = (category, severity)
        if kind not in self._ladders:
            self._ladders[kind] = ladder_for(self._policy, category, severity)
        return self._ladders[kind]


def weighed_before(policy: Policy, *, offence: int, step: str, units: UnitChange) -> Weighed:
    """What was kept of a weighing under `policy`, as it was."""
    return Weighed(
        offence=offence,
        step=step,
        rung=_rung_of(policy, step),
        units=units,
        conversions=tuple(_conversions(policy, units)),
    )


def ladder_for(policy: Policy, category: str, severity: Severity) -> Ladder | None:
    """The first ladder that fits, or None."""
    for ladder in policy.ladders:
        if (not ladder.categories or category in ladder.categories) and (
            not ladder.severities or severity in ladder.severities
        ):
            return ladder
    return None


def rung_for(ladder: Ladder | None, offence: int) -> Rung | None:
    """The highest rung that the offence reaches, or None."""
    reached = [rung for rung in ladder.rungs if rung.at <= offence] if ladder else []
    return max(reached, key=lambda rung: rung.at, default=None)


def _rung_of(policy: Policy, step: str) -> Rung | None:
    steps = ((f"{ladder.id}/{rung.at}", rung) for ladder in policy.ladders for rung in ladder.rungs)
    return next((rung for name, rung in steps if name == step), None)


def _conversions(policy: Policy, units: UnitChange) -> Iterator[Conversion]:
    for conversion in policy.conversions:
        if conversion.id in units.converted:
            yield conversion
