"""What a rehearsal found out: pure arithmetic over what was sent, answered and recorded."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from moderator.rehearsal.plan import Planned
from moderator.rehearsal.recorded import RecordedViolation
from moderator.rehearsal.sender import OK, Delivery


@dataclass(frozen=True, slots=True)
class Outcome:
    """One message of the plan and its end; `latency` in seconds, from when it was due."""

    planned: Planned
    delivery: Delivery
    latency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from when a message was due to its 200, waiting for a free slot included."""

    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        ordered = sorted(seconds) or [0.0]
        p50, p95, p99 = (round(_rank(ordered, part) * 1000, 1) for part in (0.50, 0.95, 0.99))
        return cls(p50=p50, p95=p95, p99=p99, max=round(ordered[-1] * 1000, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Violations:
    """How the violating messages fared.

    `lost` were answered 200 but not recorded; `unanswered` were neither.  `doubled` counts records
    beyond the first of a message.  `otherwise` were recorded under another category than planned;
    `unexpected` are records of clean messages.  `lost_by_category` tells a rule that is missing or
    switched off from a record that went missing.
    """

    sent: int
    recorded: int
    lost: int
    lost_by_category: Mapping[str, int]
    unanswered: int
    doubled: int
    otherwise: int
    unexpected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole result.  `statuses` counts final answers by HTTP status, `none` where none came."""

    run_id: str
    seed: int
    sent: int
    seconds: float
    rate: float
    statuses: Mapping[str, int]
    repeated: int
    latency: Latency
    violations: Violations
    received: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Every message answered 200, no violation lost, none doubled."""
        all_answered = self.statuses.get(str(OK), 0) == self.sent
        return all_answered and not self.violations.lost and not self.violations.doubled


def weigh(
    outcomes: Sequence[Outcome],
    recorded: Sequence[RecordedViolation],
    *,
    run_id: str,
    seed: int,
    seconds: float,
    received: Mapping[str, Mapping[str, int]] | None = None,
) -> Report:
    """Compare what was sent with what was answered and recorded."""
    answered = [outcome for outcome in outcomes if outcome.delivery.answered]
    return Report(
        run_id=run_id,
        seed=seed,
        sent=len(outcomes),
        seconds=round(seconds, 2),
        rate=round(len(outcomes) / seconds, 1) if seconds else 0.0,
        statuses=dict(Counter(str(one.delivery.status or "none") for one in outcomes)),
        repeated=sum(outcome.delivery.attempts - 1 for outcome in outcomes),
        latency=Latency.of([outcome.latency for outcome in answered]),
        violations=compare(outcomes, recorded),
        received=received or {},
    )


def compare(outcomes: Sequence[Outcome], recorded: Sequence[RecordedViolation]) -> Violations:
    """Match by MsgId and sender; records of other runs are left out."""
    planned = {outcome.planned.key: outcome for outcome in outcomes}
    records = Counter(record.key for record in recorded if record.key in planned)
    violating = [outcome for outcome in outcomes if outcome.planned.category]
    missing = [outcome for outcome in violating if outcome.planned.key not in records]
    lost = Counter(one.planned.category for one in missing if one.delivery.answered)
    return Violations(
        sent=len(violating),
        recorded=len(violating) - len(missing),
        lost=lost.total(),
        lost_by_category=dict(lost),
        unanswered=len(missing) - lost.total(),
        doubled=sum(records.values()) - len(records),
        otherwise=_otherwise(planned, recorded),
        unexpected=sum(not planned[key].planned.category for key in records),
    )


def _otherwise(
    planned: Mapping[tuple[str, str], Outcome], recorded: Sequence[RecordedViolation]
) -> int:
    different: set[tuple[str, str]] = set()
    for record in recorded:
        expected = planned[record.key].planned.category if record.key in planned else ""
        if expected and expected != record.category:
            different.add(record.key)
    return len(different)


def _rank(ordered: Sequence[float], part: float) -> float:
    """Nearest rank: the smallest value that `part` of all do not exceed."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
