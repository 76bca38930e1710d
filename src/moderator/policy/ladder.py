"""From a finding and a person's standing to what shall be done."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Clause,
    Decision,
    PlannedAction,
    Standing,
)
from moderator.domain.finding import Finding
from moderator.domain.rule import Severity
from moderator.policy.policy import Ladder, Policy, Rung

# These touch nobody: they complete the record and tell those who may approve the rest.
_NEVER_APPROVED = frozenset({ActionKind.IDENTIFY_SENDER, ActionKind.NOTIFY_COMPLIANCE})


def decide(
    finding: Finding,
    standing: Standing,
    policy: Policy,
    *,
    clauses_of_rule: tuple[str, ...],
    now: datetime,
    used_today: Mapping[ActionKind, int],
) -> Decision:
    """What `policy` calls for.  `standing` does not yet hold this finding.

    The gravest hit decides.  The sender is always looked up first, also by a `record_only` policy
    and where no ladder fits: the look-up touches nobody and the record needs the name.
    """
    hit = finding.gravest
    ladder = ladder_for(policy, hit.category, hit.severity)
    offence = 1 + _offences(standing, policy, ladder, now)
    rung = _rung(ladder, offence)
    step = f"{ladder.id}/{rung.at}" if ladder and rung else ""
    return Decision(
        category=hit.category,
        severity=hit.severity,
        offence=offence,
        step=step,
        clauses=_clauses(policy, (rung.clauses if rung else ()) + clauses_of_rule),
        actions=tuple(_planned(kind, rung, policy, used_today, step) for kind in _kinds(rung)),
    )


def ladder_for(policy: Policy, category: str, severity: Severity) -> Ladder | None:
    """The first ladder that fits, or None."""
    fitting = (
        ladder
        for ladder in policy.ladders
        if (not ladder.categories or category in ladder.categories)
        and (not ladder.severities or severity in ladder.severities)
    )
    return next(fitting, None)


def _offences(standing: Standing, policy: Policy, ladder: Ladder | None, now: datetime) -> int:
    """The earlier strikes to which the same ladder applies and that lie within its window."""
    since = now - ladder.window if ladder else datetime.min.replace(tzinfo=now.tzinfo)
    return sum(
        strike.at > since and ladder_for(policy, strike.category, strike.severity) is ladder
        for strike in standing.strikes
    )


def _rung(ladder: Ladder | None, offence: int) -> Rung | None:
    reached = [rung for rung in ladder.rungs if rung.at <= offence] if ladder else []
    return max(reached, key=lambda rung: rung.at, default=None)


def _kinds(rung: Rung | None) -> Iterable[ActionKind]:
    return dict.fromkeys((ActionKind.IDENTIFY_SENDER, *(rung.actions if rung else ())))


def _clauses(policy: Policy, ids: Iterable[str]) -> tuple[Clause, ...]:
    return tuple(policy.clauses[id_] for id_ in dict.fromkeys(ids) if id_ in policy.clauses)


def _planned(
    kind: ActionKind,
    rung: Rung | None,
    policy: Policy,
    used_today: Mapping[ActionKind, int],
    step: str,
) -> PlannedAction:
    state, why = _state(kind, rung, policy, used_today)
    return PlannedAction(kind=kind, state=state, reason=": ".join(filter(None, (step, why))))


def _state(
    kind: ActionKind, rung: Rung | None, policy: Policy, used_today: Mapping[ActionKind, int]
) -> tuple[ActionState, str]:
    if policy.record_only and kind is not ActionKind.IDENTIFY_SENDER:
        return ActionState.CANCELLED, "record_only"
    if rung and _needs_approval(kind, rung):
        return ActionState.PROPOSED, "approval"
    cap = policy.caps.get(kind)
    if cap is not None and used_today.get(kind, 0) >= cap:
        return ActionState.PROPOSED, f"daily cap of {cap}"
    return ActionState.QUEUED, ""


def _needs_approval(kind: ActionKind, rung: Rung) -> bool:
    """Destructive actions unless the rung says no; whatever touches the person if it says yes."""
    if kind in _NEVER_APPROVED:
        return False
    return kind.destructive if rung.approval is None else rung.approval
