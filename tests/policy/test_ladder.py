"""What the policy calls for: pure, table by table."""

from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Clause,
    PlannedAction,
    Standing,
    Strike,
)
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Severity
from moderator.policy.ladder import decide
from moderator.policy.policy import Ladder, Policy, Rung

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
IDENTIFY = ActionKind.IDENTIFY_SENDER
WARN = ActionKind.WARN_SENDER
NOTIFY = ActionKind.NOTIFY_COMPLIANCE
REMOVE = ActionKind.REMOVE_FROM_GROUP
QUEUED, PROPOSED, CANCELLED = ActionState.QUEUED, ActionState.PROPOSED, ActionState.CANCELLED

ADVERTISING = Ladder(
    id="advertising",
    categories=frozenset({"advertising"}),
    window=timedelta(days=180),
    rungs=(
        Rung(at=1, actions=(WARN, NOTIFY), clauses=("s3-a",)),
        Rung(at=2, actions=(WARN, NOTIFY, REMOVE), approval=False, clauses=("s3-a", "s3-b")),
        Rung(at=4, actions=(NOTIFY,)),
    ),
)
GRAVE = Ladder(
    id="grave",
    severities=frozenset({Severity.HIGH, Severity.CRITICAL}),
    window=timedelta(days=365),
    rungs=(Rung(at=1, actions=(REMOVE, NOTIFY)),),
)
REST = Ladder(id="rest", window=timedelta(days=30), rungs=(Rung(at=3, actions=(WARN,)),))
CLAUSES = {
    name: Clause(id=name, document="s3", version="1", number=name, text=f"text of {name}")
    for name in ("s3-a", "s3-b", "rule-clause")
}
POLICY = Policy(ladders=(ADVERTISING, GRAVE, REST), clauses=CLAUSES)


def found(category: str = "advertising", severity: Severity = Severity.MEDIUM) -> Finding:
    return Finding(
        (Hit(rule="r", version="v", category=category, severity=severity, start=0, end=1),)
    )


def struck(*days_ago: float, category: str = "advertising") -> Standing:
    return Standing(
        tuple(
            Strike(
                violation=str(number),
                category=category,
                severity=Severity.MEDIUM,
                at=NOW - timedelta(days=days),
            )
            for number, days in enumerate(days_ago)
        )
    )


def states(actions: tuple[PlannedAction, ...]) -> list[tuple[ActionKind, ActionState]]:
    """Of all but the card that asks for approval."""
    asking = ActionKind.ASK_REVIEWERS
    return [(action.kind, action.state) for action in actions if action.kind is not asking]


@pytest.mark.parametrize(
    ("days_ago", "offence", "step"),
    [
        ((), 1, "advertising/1"),
        ((1,), 2, "advertising/2"),
        ((2, 1), 3, "advertising/2"),
        ((3, 2, 1), 4, "advertising/4"),
        ((9, 8, 7, 6, 5), 6, "advertising/4"),
        ((179.9,), 2, "advertising/2"),
        ((180,), 1, "advertising/1"),
        ((400, 200, 1), 2, "advertising/2"),
        ((-1,), 2, "advertising/2"),  # a clock that ran ahead does not excuse anybody
    ],
)
def test_the_rung_follows_from_the_offences_within_the_window(
    days_ago: tuple[float, ...], offence: int, step: str
) -> None:
    """The n-th offence within the window is judged by the highest rung that n reaches."""
    decision = decide(
        found(), struck(*days_ago), POLICY, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert (decision.offence, decision.step) == (offence, step)


@pytest.mark.parametrize(
    ("category", "severity", "step"),
    [
        ("advertising", Severity.CRITICAL, "advertising/1"),  # earlier in the file than grave
        ("gambling", Severity.HIGH, "grave/1"),
        ("gambling", Severity.MEDIUM, ""),  # rest, below its first rung
    ],
)
def test_the_first_ladder_that_fits_applies(category: str, severity: Severity, step: str) -> None:
    """Ladders are tried in the order of the policy file."""
    decision = decide(
        found(category, severity), Standing(), POLICY, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert decision.step == step


def test_offences_of_another_ladder_do_not_count() -> None:
    """Advertisements do not make a first gambling slang the second offence."""
    decision = decide(
        found("gambling"), struck(1, 2), POLICY, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert decision.offence == 1


def test_offences_of_all_categories_of_a_ladder_count_together() -> None:
    """A ladder for any category counts whatever falls to it."""
    standing = Standing(struck(2, category="spam").strikes + struck(1, category="abuse").strikes)

    decision = decide(
        found("gambling"), standing, POLICY, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert (decision.offence, decision.step) == (3, "rest/3")


def test_below_the_first_rung_only_the_record_is_completed() -> None:
    """Where nothing is called for the sender is still looked up, for the record."""
    decision = decide(
        found("gambling"), Standing(), POLICY, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert states(decision.actions) == [(IDENTIFY, QUEUED)]


def test_without_any_fitting_ladder_only_the_record_is_completed() -> None:
    """A policy that says nothing of a category leads to a violation without consequences."""
    policy = Policy(ladders=(ADVERTISING,))

    decision = decide(
        found("gambling"), Standing(), policy, clauses_of_rule=(), now=NOW, used_today={}
    )

    assert (decision.offence, decision.step) == (1, "")
    assert states(decision.actions) == [(IDENTIFY, QUEUED)]


@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        (None, {IDENTIFY: QUEUED, WARN: QUEUED, NOTIFY: QUEUED, REMOVE: PROPOSED}),
        (False, {IDENTIFY: QUEUED, WARN: QUEUED, NOTIFY: QUEUED, REMOVE: QUEUED}),
        (True, {IDENTIFY: QUEUED, WARN: PROPOSED, NOTIFY: QUEUED, REMOVE: PROPOSED}),
    ],
)
def test_what_needs_approval_is_proposed(
    *, approval: bool | None, expected: dict[ActionKind, ActionState]
) -> None:
    """Destructive actions by default, none if the rung says no, all that touch the person if yes.

    Compliance is always told: somebody must hear that there is something to approve.
    """
    rung = Rung(at=1, actions=(WARN, NOTIFY, REMOVE), approval=approval)
    policy = Policy(ladders=(Ladder(id="all", window=timedelta(days=1), rungs=(rung,)),))

    decision = decide(found(), Standing(), policy, clauses_of_rule=(), now=NOW, used_today={})

    assert dict(states(decision.actions)) == expected


def test_a_listed_look_up_is_planned_once_and_first() -> None:
    """The policy may list the look-up anywhere; it stands first, and actions are not doubled."""
    rung = Rung(at=1, actions=(WARN, IDENTIFY, WARN))
    policy = Policy(ladders=(Ladder(id="all", window=timedelta(days=1), rungs=(rung,)),))

    decision = decide(found(), Standing(), policy, clauses_of_rule=(), now=NOW, used_today={})

    assert [action.kind for action in decision.actions] == [IDENTIFY, WARN]


@pytest.mark.parametrize(("used", "state"), [(0, QUEUED), (1, QUEUED), (2, PROPOSED)])
def test_what_exceeds_the_daily_cap_is_proposed(used: int, state: ActionState) -> None:
    """The machine alone may do as much as the cap; beyond it a person decides."""
    policy = Policy(ladders=(ADVERTISING,), caps={REMOVE: 2})

    decision = decide(
        found(), struck(1), policy, clauses_of_rule=(), now=NOW, used_today={REMOVE: used}
    )

    (removal,) = (action for action in decision.actions if action.kind is REMOVE)
    assert (removal.kind, removal.state) == (REMOVE, state)
    assert ("daily cap of 2" in removal.reason) is (state is PROPOSED)


def test_a_cap_of_nothing_lets_the_machine_do_nothing() -> None:
    """A cap of zero makes every such action a proposal."""
    policy = Policy(ladders=(ADVERTISING,), caps={WARN: 0})

    decision = decide(found(), Standing(), policy, clauses_of_rule=(), now=NOW, used_today={})

    assert dict(states(decision.actions))[WARN] is PROPOSED


def test_record_only_cancels_everything_that_is_felt() -> None:
    """The kill switch leaves the violation with its cancelled actions and the look-up."""
    policy = Policy(ladders=(ADVERTISING,), record_only=True)

    decision = decide(found(), struck(1), policy, clauses_of_rule=(), now=NOW, used_today={})

    assert states(decision.actions) == [
        (IDENTIFY, QUEUED),
        (WARN, CANCELLED),
        (NOTIFY, CANCELLED),
        (REMOVE, CANCELLED),
    ]
    assert all("record_only" in action.reason for action in decision.actions[1:])


def test_clauses_of_rule_and_rung_are_snapshotted_once_each() -> None:
    """What the step rests on comes first, then the rule's own; unknown ids are left out."""
    decision = decide(
        found(),
        struck(1),
        POLICY,
        clauses_of_rule=("rule-clause", "s3-a", "gone"),
        now=NOW,
        used_today={},
    )

    assert decision.clauses == (CLAUSES["s3-a"], CLAUSES["s3-b"], CLAUSES["rule-clause"])


def test_the_gravest_hit_decides() -> None:
    """Category and severity of the decision are those of the gravest hit."""
    light, grave = found("gambling", Severity.LOW), found("secrets", Severity.CRITICAL)

    decision = decide(
        Finding.of([*light.hits, *grave.hits]),
        Standing(),
        POLICY,
        clauses_of_rule=(),
        now=NOW,
        used_today={},
    )

    assert (decision.category, decision.severity, decision.step) == (
        "secrets",
        Severity.CRITICAL,
        "grave/1",
    )


def test_every_action_names_the_rung_it_came_from() -> None:
    """A reader of the outbox sees which rung of which ladder called for an action."""
    decision = decide(found(), Standing(), POLICY, clauses_of_rule=(), now=NOW, used_today={})

    assert {action.reason for action in decision.actions} == {"advertising/1"}
