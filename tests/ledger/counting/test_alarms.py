"""Rates and alarms in the ledger."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding, Hit
from moderator.errors import NotFound
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.counting.alarms import Alarm, Alarms
from moderator.ledger.counting.rates import Comparison, HourCount, Rates
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.records import ActionFilter
from moderator.policy.alarm import Counts
from moderator.policy.policy import Ladder, Policy, Rung

HOUR = timedelta(hours=1)
REMOVAL = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=9),
            rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,), approval=False),),
        ),
    )
)
FOUND = Counts(hits=30, messages=1000)
USUAL = Counts(hits=3, messages=50_000)
Record = Callable[..., Awaitable[Recorded]]


@pytest.fixture
def rates(database: Engine) -> Rates:
    return Rates(database)


@pytest.fixture
def alarms(database: Engine) -> Alarms:
    return Alarms(database)


@pytest.fixture
def hour(now: datetime) -> datetime:
    return now.replace(minute=0)


@pytest.fixture
def sound(alarms: Alarms, now: datetime) -> Callable[..., Awaitable[Alarm | None]]:
    """Raises the alarm for a rule."""

    async def sounded(rule: str = "invoices") -> Alarm | None:
        found = Comparison(rule=rule, since=now - HOUR, now=FOUND, usual=USUAL)
        return await alarms.raise_(found, 1e-9, detail=f"rule_alarm {rule}", now=now)

    return sounded


async def test_processes_add_up(rates: Rates, hour: datetime) -> None:
    """What two processes counted of one hour is one sum."""
    await rates.add([HourCount(hour, 100, {"a": 2, "b": 1})])
    await rates.add([HourCount(hour, 50, {"a": 1}), HourCount(hour - HOUR, 10, {"a": 1})])

    compared = await rates.compare(since=hour, oldest=hour - 24 * HOUR)

    assert compared == [
        Comparison(
            rule="a",
            since=hour,
            now=Counts(hits=3, messages=150),
            usual=Counts(hits=1, messages=10),
        ),
        Comparison(
            rule="b",
            since=hour,
            now=Counts(hits=1, messages=150),
            usual=Counts(hits=0, messages=10),
        ),
    ]


async def test_only_what_lies_in_the_history_is_usual(rates: Rates, hour: datetime) -> None:
    """Older hours do not count, and are forgotten one day."""
    await rates.add([HourCount(hour, 10, {"a": 1}), HourCount(hour - 30 * HOUR, 99, {"a": 9})])

    (compared,) = await rates.compare(since=hour, oldest=hour - 24 * HOUR)
    await rates.forget(hour - 24 * HOUR)
    (forgotten,) = await rates.compare(since=hour, oldest=hour - 40 * HOUR)

    assert compared.usual == forgotten.usual == Counts(hits=0, messages=0)


async def test_what_was_looked_at_is_usual_from_then_on(
    rates: Rates, alarms: Alarms, hour: datetime
) -> None:
    """After clearing, the rate that raised the alarm is the history, what was before is not."""
    await rates.add(
        [
            HourCount(hour - 9 * HOUR, 50_000, {"a": 3}),
            HourCount(hour, 1000, {"a": 30}),
            HourCount(hour + HOUR, 500, {"a": 15}),
        ]
    )
    found = Comparison(rule="a", since=hour, now=FOUND, usual=USUAL)
    raised = await alarms.raise_(found, 1e-9, detail="", now=hour + HOUR / 2)
    assert raised is not None
    await alarms.clear(raised.id, by="alice", reason="a campaign", now=hour + 0.7 * HOUR)

    (compared,) = await rates.compare(since=hour, oldest=hour - 24 * HOUR)

    assert (compared.since, compared.now) == (hour + HOUR, Counts(hits=15, messages=500))
    assert compared.usual == Counts(hits=30, messages=1000)


async def test_an_alarm_is_raised_once(
    sound: Callable[..., Awaitable[Alarm | None]], alarms: Alarms
) -> None:
    """Whichever process is second finds it open."""
    assert await sound() is not None
    assert await sound() is None
    assert await sound("another") is not None
    assert len(await alarms.list(open_only=True)) == 2


async def test_compliance_is_told_once_with_the_latest_record(
    record: Record, sound: Callable[..., Awaitable[Alarm | None]], outbox: Outbox
) -> None:
    """The card goes through the outbox like any other."""
    await record(1)
    latest = await record(2)

    await sound()
    await sound()

    told = [action for action in await outbox.list() if action.detail == "rule_alarm invoices"]
    assert [(action.kind, action.violation_id, action.state) for action in told] == [
        (ActionKind.NOTIFY_COMPLIANCE, latest.violation_id, ActionState.QUEUED)
    ]


async def test_removals_that_wait_become_proposals(
    record: Record, sound: Callable[..., Awaitable[Alarm | None]], outbox: Outbox
) -> None:
    """What is queued when the alarm is raised is held too."""
    await record(1, policy=REMOVAL)

    await sound()

    (removal,) = await outbox.list(ActionFilter(states=(ActionState.PROPOSED,)))
    assert removal.kind is ActionKind.REMOVE_FROM_GROUP
    assert removal.history[-1].outcome == "held by an alarm on rule invoices"


async def test_what_a_person_approved_is_not_held(
    record: Record, sound: Callable[..., Awaitable[Alarm | None]], outbox: Outbox
) -> None:
    """Somebody has looked."""
    rung = replace(REMOVAL.ladders[0].rungs[0], approval=True)
    policy = replace(REMOVAL, ladders=(replace(REMOVAL.ladders[0], rungs=(rung,)),))
    await record(1, policy=policy)
    (removal,) = await outbox.list(ActionFilter(states=(ActionState.PROPOSED,)))
    await outbox.proposals.approve(removal.id, "alice")

    await sound()

    assert (await outbox.list(ActionFilter(states=(ActionState.APPROVED,))))[0].id == removal.id


async def test_while_an_alarm_is_open_removals_are_proposed(
    record: Record,
    sound: Callable[..., Awaitable[Alarm | None]],
    alarms: Alarms,
    now: datetime,
) -> None:
    """From the next message on, and until somebody clears it."""
    raised = await sound()
    assert raised is not None
    held = (await record(1, policy=REMOVAL)).decision.actions[-1]
    await alarms.clear(raised.id, by="alice", reason="looked", now=now)
    free = (await record(2, policy=REMOVAL)).decision.actions[-1]

    assert (held.state, free.state) == (ActionState.PROPOSED, ActionState.QUEUED)
    assert "held by an alarm on rule invoices" in held.reason


async def test_other_rules_go_on(
    recorder: Recorder,
    make_message: Callable[..., object],
    make_hit: Callable[..., Hit],
    sound: Callable[..., Awaitable[Alarm | None]],
    now: datetime,
) -> None:
    """It is the gravest rule that acts."""
    await sound()
    message = make_message(1)

    recorded = await recorder.record(
        message,  # type: ignore[arg-type]  # the fixture's own
        Finding((replace(make_hit(), rule="another"),)),
        policy=REMOVAL,
        rulebook="book-1",
        now=now,
    )

    assert recorded is not None
    assert recorded.decision.actions[-1].state is ActionState.QUEUED


async def test_who_clears_second_learns_who_was_first(
    sound: Callable[..., Awaitable[Alarm | None]], alarms: Alarms, now: datetime
) -> None:
    """With name, reason and time."""
    raised = await sound()
    assert raised is not None

    first = await alarms.clear(raised.id, by="alice", reason="a campaign", now=now)
    second = await alarms.clear(raised.id, by="bob", reason="mine", now=now)

    assert (first.applied, second.applied) == (True, False)
    assert (second.alarm.cleared_by, second.alarm.reason) == ("alice", "a campaign")
    with pytest.raises(NotFound):
        await alarms.clear(raised.id + 1, by="bob", reason="", now=now)
