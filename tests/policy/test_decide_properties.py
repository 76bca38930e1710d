"""What holds of every decision, whatever the policy, the person and the hour."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Circumstances,
    Decision,
    Merit,
    Standing,
    Strike,
)
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Severity
from moderator.policy.hours import end_of
from moderator.policy.ladder import decide
from moderator.policy.policy import (
    Conversion,
    Exemption,
    Hours,
    Ladder,
    Measure,
    Offset,
    Policy,
    QuietHours,
    Rung,
    Unit,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CATEGORIES = ("abuse", "advertising", "gambling")
VALUE = {"warning": 1, "demerit": 3}
FELT = frozenset(ActionState) - {ActionState.CANCELLED}

categories = st.sampled_from(CATEGORIES)
severities = st.sampled_from(Severity)
kinds = st.sampled_from(
    [
        *(ActionKind.WARN_SENDER, ActionKind.ASK_RECALL, ActionKind.NOTIFY_COMPLIANCE),
        *(ActionKind.REMOVE_FROM_GROUP, ActionKind.DISABLE_ACCOUNT, ActionKind.PROPOSE_TO_HR),
        *(ActionKind.NOTIFY_CONFIDENTIALITY, ActionKind.NOTIFY_SUPERIOR),
    ]
)
moments = st.integers(0, 400 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))
approvals = st.none() | st.booleans()
measures = st.builds(Measure, kinds, st.sampled_from(["", "记过"]), approvals)
units = st.dictionaries(st.sampled_from(list(VALUE)), st.integers(1, 3), max_size=2)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Ladder, ...]:
    steps = sorted(draw(st.sets(st.integers(1, 6), min_size=1, max_size=3)))
    return tuple(
        Ladder(
            id=f"ladder-{number}",
            window=timedelta(days=draw(st.integers(1, 400))),
            categories=frozenset(draw(st.sets(categories, max_size=2))),
            severities=frozenset(draw(st.sets(severities, max_size=2))),
            rungs=tuple(
                Rung(
                    at=at,
                    actions=tuple(draw(st.lists(measures | kinds, max_size=4))),
                    approval=draw(approvals),
                    units=draw(units),
                )
                for at in steps
            ),
        )
        for number in range(draw(st.integers(1, 3)))
    )


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    hours = Hours(
        start=draw(st.times()).replace(second=0, microsecond=0, tzinfo=None),
        end=draw(st.times()).replace(second=0, microsecond=0, tzinfo=None),
        timezone=draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin"])),
        days=frozenset(draw(st.sets(st.integers(0, 6), min_size=1, max_size=6))),
    )
    lapses = st.none() | st.integers(1, 400).map(lambda days: timedelta(days=days))
    return Policy(
        ladders=draw(ladders()),
        caps=draw(st.dictionaries(kinds, st.integers(0, 3), max_size=3)),
        approval=draw(st.dictionaries(kinds, st.booleans(), max_size=3)),
        units={id_: Unit(id=id_, title=id_, lapses=draw(lapses)) for id_ in VALUE},
        conversions=(
            Conversion(
                id="up",
                of="warning",
                count=3,
                into="demerit",
                actions=tuple(draw(st.lists(measures, max_size=2))),
            ),
            Conversion(id="out", of="demerit", count=3, actions=tuple(draw(st.lists(kinds)))),
        ),
        offsets={"praise": Offset(merit="praise", title="嘉奖", of="warning")},
        quiet_hours=draw(st.none() | st.builds(QuietHours, hours=st.just(hours))),
    )


strikes = st.builds(
    Strike,
    violation=st.integers(1, 999).map(str),
    category=categories,
    severity=severities,
    at=moments,
    units=units,
)
merits = st.builds(
    Merit, id=st.just("1"), kind=st.just("praise"), count=st.integers(1, 2), at=moments
)
standings = st.builds(
    Standing, st.lists(strikes, max_size=8).map(tuple), st.lists(merits, max_size=2).map(tuple)
)
findings = st.builds(
    lambda category, severity: Finding(
        (Hit(rule="r", version="v", category=category, severity=severity, start=0, end=1),)
    ),
    categories,
    severities,
)
counts = st.dictionaries(kinds, st.integers(0, 5), max_size=4)
cases = st.tuples(findings, standings, policies(), counts)
Case = tuple[Finding, Standing, Policy, dict[ActionKind, int]]


def decided(case: Case, now: datetime = NOW) -> Decision:
    finding, standing, policy, used = case
    return decide(
        finding,
        standing,
        policy,
        clauses_of_rule=(),
        now=now,
        used_today=used,
        known=Circumstances(sender="zhangsan", departments=frozenset({1})),
    )


def felt(decision: Decision) -> Counter[tuple[ActionKind, str]]:
    return Counter(
        (action.kind, action.detail) for action in decision.actions if action.state in FELT
    )


@given(cases)
def test_the_same_question_has_the_same_answer(case: Case) -> None:
    """A decision depends on nothing but what is handed in."""
    assert decided(case) == decided(case)


@given(cases, strikes)
def test_one_strike_more_never_makes_the_offence_a_lesser_one(case: Case, strike: Strike) -> None:
    """Offences only grow with what counts against a person."""
    finding, standing, policy, used = case
    more = replace(standing, strikes=(*standing.strikes, strike))

    assert decided((finding, more, policy, used)).offence >= decided(case).offence


@given(cases)
def test_a_violation_never_makes_what_stands_weigh_less(case: Case) -> None:
    """Conversions change the kind of units, not what they weigh; only time and merits take away."""
    finding, standing, policy, used = case
    lasting = {id_: replace(unit, lapses=None) for id_, unit in policy.units.items()}
    units = decided((finding, standing, replace(policy, units=lasting), used)).units

    before, after = (
        sum(VALUE[unit] * number for unit, number in stands.items())
        for stands in (units.before, units.after)
    )
    assert after >= before


@given(case=cases, fits=st.booleans())
def test_an_exemption_never_adds_an_action(case: Case, *, fits: bool) -> None:
    """Whoever is exempt feels nothing; an exemption of somebody else changes nothing."""
    finding, standing, policy, used = case
    exemption = Exemption(
        id="e",
        reason="why",
        until=date(2026, 12, 31),
        timezone="Asia/Shanghai",
        people=frozenset({"zhangsan" if fits else "lisi"}),
    )
    spared = decided((finding, standing, replace(policy, exemptions=(exemption,)), used))

    assert felt(spared) <= felt(decided(case))
    assert (sum(felt(spared).values()) == 1) or not fits  # the look-up alone
    assert fits or spared == decided(case)


@given(cases)
def test_a_cap_is_never_exceeded(case: Case) -> None:
    """What the machine sets in motion, together with what it did today, stays within the cap."""
    _, _, policy, used = case
    queued = Counter(
        action.kind for action in decided(case).actions if action.state is ActionState.QUEUED
    )

    assert all(
        queued[kind] + used.get(kind, 0) <= max(cap, used.get(kind, 0))
        for kind, cap in policy.caps.items()
    )


@given(cases, st.integers(0, 7 * 24 * 60))
def test_no_notice_goes_out_in_the_quiet_hours(case: Case, minutes: int) -> None:
    """What is queued in them waits for a moment outside them; what may not be put off is not."""
    now = NOW + timedelta(minutes=minutes)
    quiet = case[2].quiet_hours
    for action in decided(case, now).actions:
        if action.not_before is not None:
            assert quiet is not None
            assert action.kind in quiet.actions
            assert action.state is ActionState.QUEUED
            assert action.not_before > now
            assert end_of(quiet.hours, action.not_before) is None
        elif quiet and action.kind in quiet.actions and action.state is ActionState.QUEUED:
            assert end_of(quiet.hours, now) is None


@given(cases)
def test_the_kill_switch_leaves_nothing_to_feel(case: Case) -> None:
    """Whatever the policy calls for, only the look-up is carried out."""
    finding, standing, policy, used = case
    decision = decided((finding, standing, replace(policy, record_only=True), used))

    assert set(felt(decision)) == {(ActionKind.IDENTIFY_SENDER, "")}
    assert decision.units.given == {}


@given(cases)
def test_every_action_is_called_for_by_something(case: Case) -> None:
    """The reason of each names the rung or the conversion, or that something waits for consent."""
    decision = decided(case)
    steps = {decision.step, *(f"units/{name}" for name in decision.units.converted)}

    for action in decision.actions[1:]:
        asks = action.kind is ActionKind.ASK_REVIEWERS
        assert action.reason == "approval" if asks else action.reason.split(": ")[0] in steps
