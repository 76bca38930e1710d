"""From what is called for to planned actions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from moderator.domain.decision import ActionKind, ActionState, Decision, Standing, Strike
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Severity
from moderator.policy.ladder import decide
from moderator.policy.policy import (
    Conversion,
    Hours,
    Ladder,
    Measure,
    Policy,
    QuietHours,
    Rung,
    Unit,
)

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 17:00 in Shanghai
NIGHT = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 23:00 in Shanghai
MORNING = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
QUIET = QuietHours(
    hours=Hours(start=time(22), end=time(7, 30), timezone="Asia/Shanghai"),
    urgent=frozenset({Severity.CRITICAL}),
)
WARN, REMOVE = ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP
HR, ASK = ActionKind.PROPOSE_TO_HR, ActionKind.ASK_RECALL
NOTIFY = ActionKind.NOTIFY_COMPLIANCE
QUEUED, PROPOSED = ActionState.QUEUED, ActionState.PROPOSED


def decided(
    rung: Rung,
    *,
    severity: Severity = Severity.HIGH,
    now: datetime = DAY,
    used: Mapping[ActionKind, int] | None = None,
    standing: Standing | None = None,
    **policy: Any,
) -> Decision:
    """What that rung leads to."""
    hit = Hit(rule="r", version="v", category="abuse", severity=severity, start=0, end=1)
    return decide(
        Finding((hit,)),
        standing or Standing(),
        Policy(
            ladders=(Ladder(id="all", window=timedelta(days=9), rungs=(rung,)),),
            units={"warning": Unit(id="warning", title="警告")},
            **policy,
        ),
        clauses_of_rule=(),
        now=now,
        used_today=used or {},
    )


def rung(*actions: ActionKind | Measure, approval: bool | None = None) -> Rung:
    return Rung(at=1, actions=actions, approval=approval, units={"warning": 1})


def states(decision: Decision) -> dict[ActionKind, ActionState]:
    return {action.kind: action.state for action in decision.actions}


@pytest.mark.parametrize(
    ("measure", "of_rung", "of_policy", "state"),
    [
        (None, None, {}, QUEUED),
        (None, None, {WARN: True}, PROPOSED),
        (None, False, {WARN: True}, QUEUED),
        (None, True, {WARN: False}, PROPOSED),
        (False, True, {WARN: True}, QUEUED),
        (True, False, {WARN: False}, PROPOSED),
    ],
)
def test_the_narrower_word_on_approval_wins(
    *,
    measure: bool | None,
    of_rung: bool | None,
    of_policy: Mapping[ActionKind, bool],
    state: ActionState,
) -> None:
    """The action's own word goes before the rung's, the rung's before the policy's."""
    called = rung(Measure(WARN, approval=measure), approval=of_rung)

    assert states(decided(called, approval=of_policy))[WARN] is state


def test_a_destructive_action_may_be_freed_for_the_whole_policy() -> None:
    """The file may say that removals need nobody's consent."""
    assert states(decided(rung(REMOVE)))[REMOVE] is PROPOSED
    assert states(decided(rung(REMOVE), approval={REMOVE: False}))[REMOVE] is QUEUED


def test_the_duty_to_report_does_not_wait_for_consent() -> None:
    """A rung that needs approval still tells the confidentiality office and the SIEM at once."""
    told = (ActionKind.NOTIFY_CONFIDENTIALITY, ActionKind.REPORT_TO_SIEM, NOTIFY)

    decision = decided(rung(*told, ASK, approval=True))

    assert [states(decision)[kind] for kind in (*told, ASK)] == [QUEUED, QUEUED, QUEUED, PROPOSED]


def test_a_measure_is_handed_on_with_its_detail() -> None:
    """Two proposals to HR are two actions; the same one twice is one."""
    measures = [Measure(HR, "记过"), Measure(HR, "扣绩效"), Measure(HR, "记过")]

    decision = decided(rung(*measures))

    assert [action.detail for action in decision.actions if action.kind is HR] == ["记过", "扣绩效"]


def test_a_conversion_calls_for_its_own_measures() -> None:
    """Its actions name the conversion, obey the policy's approval and bring its clauses."""
    conversion = Conversion(
        id="three-warnings", of="warning", count=1, actions=(WARN, Measure(HR, "记过"))
    )

    decision = decided(rung(WARN), conversions=(conversion,), approval={HR: True})

    told = [(action.kind, action.reason, action.state) for action in decision.actions[1:3]]
    assert told == [
        (WARN, "all/1", QUEUED),
        (HR, "units/three-warnings: approval", PROPOSED),
    ]


def test_notices_wait_for_the_end_of_the_quiet_hours() -> None:
    """Nobody is woken for a warning; what stops harm is not put off, nor what needs consent."""
    called = rung(WARN, NOTIFY, ASK, Measure(REMOVE, approval=False), Measure(HR, "记过"))

    decision = decided(called, now=NIGHT, quiet_hours=QUIET, approval={HR: True})

    waits = {action.kind: action.not_before for action in decision.actions}
    assert waits == {
        ActionKind.IDENTIFY_SENDER: None,
        WARN: MORNING,
        NOTIFY: MORNING,
        ASK: None,
        REMOVE: None,
        HR: None,
        ActionKind.ASK_REVIEWERS: None,
    }


@pytest.mark.parametrize(
    ("now", "severity"),
    [(DAY, Severity.HIGH), (MORNING, Severity.HIGH), (NIGHT, Severity.CRITICAL)],
)
def test_nothing_waits_by_day_or_where_it_is_urgent(now: datetime, severity: Severity) -> None:
    """Outside the hours, at their very end, and for severities that the policy names."""
    decision = decided(rung(WARN, NOTIFY), now=now, severity=severity, quiet_hours=QUIET)

    assert {action.not_before for action in decision.actions} == {None}


def test_the_policy_may_say_what_waits() -> None:
    """Named kinds take the place of the notices, a recall request among them."""
    quiet = replace(QUIET, actions=frozenset({ASK}))

    decision = decided(rung(WARN, ASK), now=NIGHT, quiet_hours=quiet)

    assert [action.not_before for action in decision.actions] == [None, None, MORNING]


def test_a_cap_counts_within_one_decision_too() -> None:
    """Of two proposals in one decision the second exceeds a cap of which one is left."""
    called = rung(Measure(HR, "记过"), Measure(HR, "扣绩效"))

    decision = decided(called, caps={HR: 5}, used={HR: 4})

    assert [action.state for action in decision.actions[1:3]] == [QUEUED, PROPOSED]


def test_a_policy_that_only_records_gives_no_units() -> None:
    """Nobody was warned, so nobody has a warning; the strike counts all the same."""
    strike = Strike(violation="1", category="abuse", severity=Severity.HIGH, at=DAY)

    decision = decided(rung(WARN), record_only=True, standing=Standing((strike,)))

    assert (decision.offence, decision.units.given) == (2, {})
