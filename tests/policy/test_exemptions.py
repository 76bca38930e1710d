"""Who is spared the consequences, and what is kept of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Circumstances,
    Decision,
    Exempted,
    Standing,
)
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Severity
from moderator.policy.ladder import decide
from moderator.policy.policy import Exemption, Hours, Ladder, Policy, Rung, Unit

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, 17:00 in Shanghai
EXEMPTION = Exemption(
    id="drill",
    reason="security drill, approved by Wang",
    until=date(2026, 3, 31),
    timezone="Asia/Shanghai",
)
KNOWN = Circumstances(sender="zhangsan", chat="wr1", departments=frozenset({1, 7}))
FINDING = Finding(
    (
        Hit(
            rule="casino",
            version="v",
            category="gambling",
            severity=Severity.HIGH,
            start=0,
            end=1,
        ),
    )
)
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=30),
            rungs=(
                Rung(
                    at=1,
                    actions=(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP),
                    units={"warning": 1},
                ),
            ),
        ),
    ),
    units={"warning": Unit(id="warning", title="警告")},
)


def decided(known: Circumstances = KNOWN, *, now: datetime = NOW, **named: Any) -> Decision:
    policy = replace(POLICY, exemptions=(replace(EXEMPTION, **named),))
    return decide(
        FINDING, Standing(), policy, clauses_of_rule=(), now=now, used_today={}, known=known
    )


def test_an_exempt_violation_says_which_exemption_and_why() -> None:
    """It is decided as any other, with its actions cancelled; it gives no units."""
    decision = decided(people=frozenset({"zhangsan"}))

    assert decision.exempted == Exempted(id="drill", reason="security drill, approved by Wang")
    assert decision.step == "all/1"
    assert decision.units.given == {}
    assert [(action.kind, action.state) for action in decision.actions] == [
        (ActionKind.IDENTIFY_SENDER, ActionState.QUEUED),
        (ActionKind.WARN_SENDER, ActionState.CANCELLED),
        (ActionKind.REMOVE_FROM_GROUP, ActionState.CANCELLED),
    ]
    assert "exempt by drill: security drill" in decision.actions[-1].reason


@pytest.mark.parametrize(
    ("named", "fits"),
    [
        ({"people": frozenset({"zhangsan", "lisi"})}, True),
        ({"people": frozenset({"lisi"})}, False),
        ({"departments": frozenset({7})}, True),
        ({"departments": frozenset({1})}, True),  # one above the sender's
        ({"departments": frozenset({8})}, False),
        ({"chats": frozenset({"wr1"})}, True),
        ({"chats": frozenset({"wr2"})}, False),
        ({"rules": frozenset({"casino"})}, True),
        ({"rules": frozenset({"lottery"})}, False),
        ({"categories": frozenset({"gambling"})}, True),
        ({"categories": frozenset({"abuse"})}, False),
        ({"people": frozenset({"zhangsan"}), "chats": frozenset({"wr2"})}, False),
        ({"until": date(2026, 3, 2)}, True),  # the last day counts
        ({"until": date(2026, 3, 1)}, False),
        ({"since": date(2026, 3, 2)}, True),
        ({"since": date(2026, 3, 3)}, False),
        ({"hours": Hours(start=time(9), end=time(18), timezone="Asia/Shanghai")}, True),
        ({"hours": Hours(start=time(9), end=time(17), timezone="Asia/Shanghai")}, False),
    ],
)
def test_all_that_an_exemption_names_must_fit(named: dict[str, Any], *, fits: bool) -> None:
    """Person, department and those above it, chat, rule, category, dates and hours."""
    assert (decided(**named).exempted is not None) is fits


def test_hours_and_dates_are_those_of_the_message() -> None:
    """A message that was kept on disk for a week is judged by when it was sent."""
    known = replace(KNOWN, sent_at=NOW)

    assert decided(known, now=NOW + timedelta(days=60)).exempted is not None


def test_unknown_departments_spare_nobody_and_say_so() -> None:
    """Until the sender is looked up the exemption cannot be told; other exemptions can."""
    unknown = replace(KNOWN, departments=None)

    decision = decided(unknown, departments=frozenset({7}))

    assert (decision.exempted, decision.undecided) == (None, ("drill",))
    assert decided(unknown, people=frozenset({"lisi"}), departments=frozenset({7})).undecided == ()
