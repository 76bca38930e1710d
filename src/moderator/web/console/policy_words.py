"""The steps of the company's policy in the reader's language."""

from dataclasses import dataclass

from moderator.domain.decision import ActionKind
from moderator.policy.policy import Conversion, Ladder, Measure, Policy, Rung
from moderator.web.console.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class PolicyWords:
    """Names ladders, rungs and conversions, which have only ids of their own."""

    policy: Policy
    catalogue: Catalogue

    def ladder(self, ladder: Ladder) -> str:
        """By the categories that it is for, and the severities where it is not for all."""
        names = [self.catalogue.word("category", one) for one in sorted(ladder.categories)]
        grades = [self.catalogue.word("severity", one.label) for one in sorted(ladder.severities)]
        told = [self._joined(part) for part in (names, grades) if part]
        return " · ".join(told) or self.catalogue.say("standing.everything")

    def rung(self, rung: Rung) -> str:
        """What it calls for."""
        given = (f"{self._unit(one)} ×{count}" for one, count in rung.units.items())
        seen = (one for one in rung.measures if one.kind is not ActionKind.IDENTIFY_SENDER)
        return self._joined([*given, *map(self._measure, seen)])

    def conversion(self, conversion: Conversion) -> str:
        """What comes of the units."""
        into = [self._unit(conversion.into)] if conversion.into else []
        return self._joined([*into, *map(self._measure, conversion.measures)])

    def _unit(self, id_: str) -> str:
        unit = self.policy.units.get(id_)
        return unit.title if unit else id_

    def _measure(self, measure: Measure) -> str:
        return measure.detail or self.catalogue.word("action", measure.kind.value)

    def _joined(self, names: list[str]) -> str:
        return self.catalogue.say("case.between").join(dict.fromkeys(names))
