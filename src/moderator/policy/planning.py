"""From what is called for to planned actions: approval, caps, quiet hours, the kill switch."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from moderator.domain.decision import ActionKind, ActionState, Exempted, PlannedAction
from moderator.domain.rule import Severity
from moderator.policy.hours import end_of
from moderator.policy.policy import Measure, Policy, Rung
from moderator.policy.weighing import Weighed

# These touch nobody: they complete the record and tell those who may approve the rest.
UNAPPROVED = frozenset({ActionKind.IDENTIFY_SENDER, ActionKind.NOTIFY_COMPLIANCE})
# The duty to report and the log do not wait for the consent to what touches the person.
_NOT_THE_PERSONS = UNAPPROVED | {ActionKind.NOTIFY_CONFIDENTIALITY, ActionKind.REPORT_TO_SIEM}


def plan(
    weighed: Weighed,
    policy: Policy,
    *,
    severity: Severity,
    exempted: Exempted | None,
    now: datetime,
    used_today: Mapping[ActionKind, int],
) -> Iterator[PlannedAction]:
    """Plan every measure called for; the sender is looked up first, whatever is called for.

    That touches nobody and the record needs the name.
    """
    quiet_until = _quiet_until(policy, severity, now)
    used = Counter(used_today)
    asked = False
    for step, measure in _identified_first(weighed):
        kind = measure.kind
        state, why = _state(measure, step, weighed, policy, exempted, used)
        used[kind] += state is ActionState.QUEUED
        asked |= state is ActionState.PROPOSED
        later = state is ActionState.QUEUED and kind in _quiet(policy)
        yield PlannedAction(
            kind=kind,
            state=state,
            reason=": ".join(filter(None, (step, why))),
            detail=measure.detail,
            not_before=quiet_until if later else None,
        )
    if asked:
        yield PlannedAction(
            kind=ActionKind.ASK_REVIEWERS, state=ActionState.QUEUED, reason="approval"
        )


def _identified_first(weighed: Weighed) -> Iterator[tuple[str, Measure]]:
    yield weighed.step, Measure(ActionKind.IDENTIFY_SENDER)
    for step, measure in weighed.called_for():
        if measure.kind is not ActionKind.IDENTIFY_SENDER:
            yield step, measure


def _quiet(policy: Policy) -> frozenset[ActionKind]:
    return policy.quiet_hours.actions if policy.quiet_hours else frozenset()


def _quiet_until(policy: Policy, severity: Severity, now: datetime) -> datetime | None:
    quiet = policy.quiet_hours
    return end_of(quiet.hours, now) if quiet and severity not in quiet.urgent else None


def _state(
    measure: Measure,
    step: str,
    weighed: Weighed,
    policy: Policy,
    exempted: Exempted | None,
    used: Mapping[ActionKind, int],
) -> tuple[ActionState, str]:
    kind = measure.kind
    if kind is ActionKind.IDENTIFY_SENDER:
        return ActionState.QUEUED, ""
    if policy.record_only:
        return ActionState.CANCELLED, "record_only"
    if exempted:
        return ActionState.CANCELLED, f"exempt by {exempted.id}: {exempted.reason}"
    rung = weighed.rung if step == weighed.step else None
    if _needs_approval(measure, rung, policy):
        return ActionState.PROPOSED, "approval"
    cap = policy.caps.get(kind)
    if cap is not None and used.get(kind, 0) >= cap:
        return ActionState.PROPOSED, f"daily cap of {cap}"
    return ActionState.QUEUED, ""


def _needs_approval(measure: Measure, rung: Rung | None, policy: Policy) -> bool:
    """What the measure says, or else the rung, the policy on the kind, the kind itself."""
    kind = measure.kind
    if measure.approval is not None:
        return measure.approval and kind not in UNAPPROVED
    if kind in _NOT_THE_PERSONS:
        return kind not in UNAPPROVED and policy.approval.get(kind, False)
    if rung is not None and rung.approval is not None:
        return rung.approval
    return policy.approval.get(kind, kind.destructive)
