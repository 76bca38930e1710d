"""A person's violations weighed again, one after the other, as the recorder weighed them."""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from moderator.domain.decision import Merit, Standing, Strike
from moderator.domain.rule import Severity
from moderator.policy.weighing import Scales, Weighed


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A violation of the past.  `counts`: neither dismissed nor exempt."""

    id: int
    category: str
    severity: Severity
    sent_at: datetime
    recorded_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class PastMerit:
    """A merit, and the last violation that was decided without it."""

    merit: Merit
    after: int


Judge = Callable[[Past, Standing], Weighed]


def replay(
    past: Iterable[Past], merits: Sequence[PastMerit], judge: Judge, *, most: int
) -> Iterator[tuple[Past, Weighed, Standing]]:
    """Each violation in the order of ids, what it amounts to, and the standing after it.

    `judge` weighs one against the standing before it; only the `most` newest strikes are kept.
    """
    strikes: list[Strike] = []
    for violation in past:
        known = tuple(kept.merit for kept in merits if kept.after < violation.id)
        weighed = judge(violation, Standing(tuple(strikes), known))
        if violation.counts:
            insort(strikes, _strike(violation, weighed), key=age)
            del strikes[:-most]
        yield violation, weighed, Standing(tuple(strikes), known)


def weigh_again(violation: Past, standing: Standing, scales: Scales) -> Weighed:
    """Weigh it as on the day."""
    return scales.weigh(
        violation.category,
        violation.severity,
        standing,
        counts=violation.counts,
        sent_at=violation.sent_at,
        now=violation.recorded_at,
    )


def age(strike: Strike) -> tuple[datetime, int]:
    """Orders strikes, the oldest first."""
    return strike.at, int(strike.violation)


def _strike(violation: Past, weighed: Weighed) -> Strike:
    return Strike(
        violation=str(violation.id),
        category=violation.category,
        severity=violation.severity,
        at=violation.sent_at,
        units=weighed.units.given,
    )
