"""From a finding and a person's standing to the actions to take."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from moderator.domain.decision import ActionKind, Circumstances, Clause, Decision, Standing
from moderator.domain.finding import Finding
from moderator.policy.exemptions import exempted
from moderator.policy.holding import hold
from moderator.policy.planning import plan
from moderator.policy.policy import Policy
from moderator.policy.weighing import Scales, Weighed

_UNKNOWN = Circumstances()
_NONE: Mapping[str, datetime] = {}


def decide(
    finding: Finding,
    standing: Standing,
    policy: Policy,
    *,
    clauses_of_rule: tuple[str, ...],
    now: datetime,
    used_today: Mapping[ActionKind, int],
    known: Circumstances = _UNKNOWN,
    held_rules: Mapping[str, datetime] = _NONE,
) -> Decision:
    """What `policy` calls for.  `standing` does not yet hold this finding.

    `held_rules` are those with an open alarm, and since when: what they would destroy is proposed.
    The gravest hit decides.  Who is exempt keeps the record, with what would have been done as
    cancelled actions, and gets neither a strike nor units.
    """
    hit = finding.gravest
    spared, undecided = exempted(policy.exemptions, hit, known, now)
    weighed = Scales(policy).weigh(
        hit.category,
        hit.severity,
        standing,
        counts=spared is None,
        sent_at=known.sent_at or now,
        now=now,
    )
    actions = plan(
        weighed,
        policy,
        severity=hit.severity,
        exempted=spared,
        now=now,
        used_today=used_today,
    )
    return Decision(
        category=hit.category,
        severity=hit.severity,
        offence=weighed.offence,
        step=weighed.step,
        clauses=_clauses(policy, (*_of_steps(weighed), *clauses_of_rule)),
        actions=tuple(hold(actions, hit.rule, held_rules)),
        units=weighed.units,
        exempted=spared,
        undecided=undecided,
    )


def _of_steps(weighed: Weighed) -> Iterable[str]:
    yield from weighed.rung.clauses if weighed.rung else ()
    for conversion in weighed.conversions:
        yield from conversion.clauses


def _clauses(policy: Policy, ids: Iterable[str]) -> tuple[Clause, ...]:
    return tuple(policy.clauses[id_] for id_ in dict.fromkeys(ids) if id_ in policy.clauses)
