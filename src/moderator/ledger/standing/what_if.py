"""What a changed policy would have led to: the recorded history weighed by both policies."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from moderator.domain.decision import ActionKind, Standing
from moderator.ledger.database.engine import Engine
from moderator.ledger.standing import standings
from moderator.ledger.standing.history import History, Person, Violation, histories
from moderator.policy.exemptions import exempted
from moderator.policy.policy import Policy
from moderator.policy.replay import Past, replay, weigh_again
from moderator.policy.weighing import Scales, Weighed


@dataclass(frozen=True, slots=True)
class Crossed:
    """How often each threshold (`ladder/at` or `units/conversion`) was crossed, first and when."""

    times: Counter[str] = field(default_factory=Counter)
    first: dict[str, datetime] = field(default_factory=dict)
    actions: Counter[ActionKind] = field(default_factory=Counter)

    def add(self, violation: Past, weighed: Weighed) -> None:
        for threshold in _thresholds(weighed):
            self.times[threshold] += 1
            self.first.setdefault(threshold, violation.sent_at)
        self.actions.update(measure.kind for _, measure in weighed.called_for())


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A threshold that one person crosses more or less often; `first_at`: where it is crossed."""

    person: Person
    threshold: str
    present: int
    changed: int
    first_at: datetime


@dataclass(slots=True)
class Comparison:
    """Both policies over the same history.  People are those who cross a threshold at all."""

    violations: int = 0
    people: int = 0
    present: Crossed = field(default_factory=Crossed)
    changed: Crossed = field(default_factory=Crossed)
    present_people: Counter[str] = field(default_factory=Counter)
    changed_people: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def add(self, person: Person, number: int, present: Crossed, changed: Crossed) -> None:
        self.violations += number
        self.people += bool(number)
        for total, crossed in ((self.present, present), (self.changed, changed)):
            total.times.update(crossed.times)
            total.actions.update(crossed.actions)
        self.present_people.update(present.times.keys())
        self.changed_people.update(changed.times.keys())
        self.differences += _differences(person, present, changed)


async def compare(
    engine: Engine, present: Policy, changed: Policy, *, since: datetime | None = None
) -> Comparison:
    """Weigh everybody's history by both; what was sent before `since` counts as standing only."""
    found = Comparison()
    async with engine.begin() as transaction:
        await transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        async for history in histories(transaction):
            judged = [one for one in history.violations if _is_judged(one, since)]
            if judged:
                both = (crossings(history, policy, since=since) for policy in (present, changed))
                found.add(history.person, len(judged), *both)
    return found


def crossings(history: History, policy: Policy, *, since: datetime | None = None) -> Crossed:
    """What one person crosses under a policy."""
    crossed, scales = Crossed(), Scales(policy)
    past = {one.past.id: _under(one, policy) for one in history.violations}
    dismissed = {one.past.id for one in history.violations if one.dismissed}

    def judge(violation: Past, standing: Standing) -> Weighed:
        return weigh_again(violation, standing, scales)

    for violation, weighed, _ in replay(past.values(), history.merits, judge, most=standings.KEPT):
        judged = violation.counts and violation.id not in dismissed
        if judged and (since is None or violation.sent_at >= since):
            crossed.add(violation, weighed)
    return crossed


def _is_judged(violation: Violation, since: datetime | None) -> bool:
    return not violation.dismissed and (since is None or violation.past.sent_at >= since)


def _under(violation: Violation, policy: Policy) -> Past:
    """The violation as it would count under that policy's exemptions."""
    counts = not violation.dismissed
    if counts and policy.exemptions:
        at = violation.past.recorded_at
        spared, _ = exempted(policy.exemptions, violation.hit, violation.known, at)
        counts = spared is None
    return (
        violation.past
        if counts == violation.past.counts
        else replace(violation.past, counts=counts)
    )


def _thresholds(weighed: Weighed) -> Iterator[str]:
    if weighed.step:
        yield weighed.step
    for conversion in weighed.conversions:
        yield f"units/{conversion.id}"


def _differences(person: Person, present: Crossed, changed: Crossed) -> Iterator[Difference]:
    for threshold in sorted({*present.times, *changed.times}):
        before, after = present.times[threshold], changed.times[threshold]
        if before != after:
            first = changed.first if after else present.first
            yield Difference(
                person=person,
                threshold=threshold,
                present=before,
                changed=after,
                first_at=first[threshold],
            )
