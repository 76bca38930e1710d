"""Standings that follow from violations and merits, whatever is dismissed, reopened or recorded."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.errors import NothingToUndo
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.records import ActionRecord, Status, ViolationRecord
from moderator.ledger.standing import standings
from moderator.ledger.standing.merits import Merits
from moderator.policy.policy import (
    Conversion,
    Exemption,
    Ladder,
    Measure,
    Offset,
    Policy,
    Rung,
    Unit,
)

Record = Callable[..., Awaitable[Recorded]]

WARN, REMOVE = ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP
HR, DISABLE = ActionKind.PROPOSE_TO_HR, ActionKind.DISABLE_ACCOUNT
DEMERIT = Measure(HR, "记过")
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=180),
            rungs=(
                Rung(at=1, actions=(WARN,), units={"warning": 1}),
                Rung(at=2, actions=(WARN, REMOVE), approval=False, units={"warning": 1}),
                Rung(at=3, actions=(WARN, DISABLE), approval=False, units={"warning": 1}),
            ),
        ),
    ),
    units={
        "warning": Unit(id="warning", title="警告", lapses=timedelta(days=365)),
        "demerit": Unit(id="demerit", title="记过"),
    },
    conversions=(
        Conversion(id="three", of="warning", count=3, into="demerit", actions=(DEMERIT,)),
    ),
    offsets={"praise": Offset(merit="praise", title="嘉奖", of="warning")},
)


@pytest.fixture
def merits(database: Engine) -> Merits:
    return Merits(database)


async def record_all(record: Record, number: int) -> list[int]:
    """The ids of that many violations of one person."""
    return [(await record(each, policy=POLICY)).violation_id for each in range(1, number + 1)]


async def dismiss(
    judging: Judging, violations: Violations, violation: int, *, at: datetime
) -> None:
    """Dismiss it as it is now."""
    version = (await violations.one(violation)).version
    await judging.judge(violation, Status.DISMISSED, by="wang", version=version, now=at)


async def reopen(judging: Judging, violations: Violations, violation: int, *, at: datetime) -> None:
    version = (await violations.one(violation)).version
    await judging.judge(violation, Status.OPEN, by="wang", version=version, now=at)


async def take_back(
    judging: Judging, violations: Violations, violation: int, *, at: datetime
) -> None:
    """Undo the last decision on it, if there is one."""
    version = (await violations.one(violation)).version
    with suppress(NothingToUndo):
        await judging.undo(violation, by="wang", version=version, now=at)


async def carried_out(
    outbox: Outbox, violation: ViolationRecord, kind: ActionKind, *, at: datetime, msgid: str = ""
) -> None:
    """WeCom takes that action of the violation."""
    action = next(action for action in violation.actions if action.kind is kind)
    await outbox.settle(action.id, ActionState.ACCEPTED, wecom_msgid=msgid, now=at)


def by_kind(violation: ViolationRecord) -> dict[ActionKind, ActionRecord]:
    return {action.kind: action for action in violation.actions}


async def test_units_are_kept_with_the_violation(record: Record, violations: Violations) -> None:
    """The record says what stood before, what it gave, what it set off, and what stands after."""
    *_, third = await record_all(record, 3)

    units = (await violations.one(third)).units
    assert (units.before, units.given) == ({"warning": 2}, {"warning": 1})
    assert (units.after, units.converted) == ({"demerit": 1}, ("three",))


async def test_racing_warnings_convert_once_for_every_three(record: Record) -> None:
    """Nine messages at once are nine warnings, one after the other, and three demerits."""
    recorded = await asyncio.gather(*(record(each, policy=POLICY) for each in range(1, 10)))

    converted = [each.decision.units.converted for each in recorded]
    assert converted.count(("three",)) == 3
    assert converted.count(()) == 6


async def test_a_dismissal_weighs_what_followed_again(
    judging: Judging, record: Record, violations: Violations, now: datetime
) -> None:
    """The record keeps what was decided then, and says beside it what it amounts to now."""
    first, second, third = await record_all(record, 3)

    await dismiss(judging, violations, first, at=now)

    later = [await violations.one(violation) for violation in (second, third)]
    assert [(one.offence, one.step) for one in later] == [(2, "all/2"), (3, "all/3")]
    recomputed = [one.recomputed for one in later if one.recomputed]
    assert [(one.offence, one.step) for one in recomputed] == [(1, "all/1"), (2, "all/2")]
    assert recomputed[-1].units.after == {"warning": 2}


async def test_a_dismissal_cancels_what_later_violations_no_longer_call_for(
    judging: Judging, record: Record, violations: Violations, now: datetime
) -> None:
    """Waiting removals and proposals fall, with the reason; what is still called for stays."""
    first, second, third = await record_all(record, 3)

    await dismiss(judging, violations, first, at=now)

    of_second = by_kind(await violations.one(second))
    of_third = by_kind(await violations.one(third))
    assert of_second[REMOVE].state is ActionState.CANCELLED
    assert of_second[REMOVE].outcome == f"violation {first} dismissed: no longer called for"
    assert of_second[REMOVE].history[-1].by == "wang"
    assert of_third[HR].state is ActionState.CANCELLED
    assert of_third[DISABLE].state is ActionState.CANCELLED
    assert of_second[WARN].state is of_third[WARN].state is ActionState.QUEUED


async def test_what_followed_from_a_dropped_action_falls_with_it(
    judging: Judging, record: Record, violations: Violations, database: Engine, now: datetime
) -> None:
    """The owner is not asked to remove whom nobody would remove."""
    first, second = await record_all(record, 2)
    async with database.begin() as transaction:
        await transaction.script(
            "UPDATE actions SET kind = 'ask_owner_to_remove', detail = 'in_group wr1'"
            " WHERE kind = 'remove_from_group'"
        )

    await dismiss(judging, violations, first, at=now)

    of_second = by_kind(await violations.one(second))
    assert of_second[ActionKind.ASK_OWNER_TO_REMOVE].state is ActionState.CANCELLED
    assert of_second[ActionKind.IDENTIFY_SENDER].state is ActionState.QUEUED


async def test_what_is_done_and_no_longer_called_for_is_proposed_to_be_undone(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """An account that was disabled is proposed to be enabled; a removal is for people to undo."""
    first, second, third = await record_all(record, 3)
    await carried_out(outbox, await violations.one(second), REMOVE, at=now)
    await carried_out(outbox, await violations.one(third), DISABLE, at=now)

    await dismiss(judging, violations, first, at=now)

    of_second = by_kind(await violations.one(second))
    of_third = by_kind(await violations.one(third))
    told = of_second[ActionKind.NOTIFY_COMPLIANCE]
    assert (told.state, told.detail) == (
        ActionState.QUEUED,
        "no_longer_called_for remove_from_group",
    )
    assert of_third[ActionKind.ENABLE_ACCOUNT].state is ActionState.PROPOSED
    assert "no longer called for" in of_third[ActionKind.ENABLE_ACCOUNT].reason


async def test_a_notice_that_is_no_longer_called_for_is_proposed_to_be_recalled(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """The proposal names the one message; the warning beside it was called for all the same."""
    first, _, third = await record_all(record, 3)
    await carried_out(outbox, await violations.one(third), WARN, at=now, msgid="m1")
    await carried_out(outbox, await violations.one(third), HR, at=now, msgid="m2")

    await dismiss(judging, violations, first, at=now)

    actions = by_kind(await violations.one(third))
    recall = actions[ActionKind.RECALL_NOTICE]
    assert (recall.state, recall.detail) == (ActionState.PROPOSED, str(actions[HR].id))


async def test_a_dismissal_taken_back_takes_its_proposals_with_it(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """Nothing is left to undo, and the violations amount to what was decided."""
    first, _, third = await record_all(record, 3)
    await carried_out(outbox, await violations.one(third), DISABLE, at=now)
    await dismiss(judging, violations, first, at=now)

    await reopen(judging, violations, first, at=now)

    kept = await violations.one(third)
    assert kept.recomputed is None
    assert by_kind(kept)[ActionKind.ENABLE_ACCOUNT].state is ActionState.CANCELLED


async def test_a_dismissed_disabling_is_proposed_to_be_undone(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """The account of the violation itself waits for a person's word, and for one word only."""
    *_, third = await record_all(record, 3)
    await carried_out(outbox, await violations.one(third), DISABLE, at=now)

    await dismiss(judging, violations, third, at=now)
    await dismiss(judging, violations, third, at=now)

    kinds = [action.kind for action in (await violations.one(third)).actions]
    assert kinds.count(ActionKind.ENABLE_ACCOUNT) == 1


async def test_each_violation_is_weighed_by_the_policy_of_its_own_time(
    judging: Judging, record: Record, violations: Violations, now: datetime
) -> None:
    """A policy that changed since makes no violation of before a different one."""
    await record_all(record, 2)
    strict = replace(
        POLICY, ladders=(replace(POLICY.ladders[0], rungs=POLICY.ladders[0].rungs[2:]),)
    )
    last = (await record(9, policy=strict)).violation_id

    await dismiss(judging, violations, last, at=now)
    await reopen(judging, violations, last, at=now)

    assert [one.recomputed for one in (await violations.page()).items] == [None] * 3


async def test_an_exempt_violation_is_recorded_and_counts_for_nothing(
    record: Record, violations: Violations, database: Engine, now: datetime
) -> None:
    """It names its exemption, takes no strike, and the next is the first offence."""
    exemption = Exemption(
        id="drill",
        reason="approved by Wang",
        until=now.date(),
        timezone="UTC",
        people=frozenset({"zhangsan"}),
    )
    spared = (await record(1, policy=replace(POLICY, exemptions=(exemption,)))).violation_id
    counted = (await record(2, policy=POLICY)).violation_id

    kept = await violations.one(spared)
    assert (kept.exemption, kept.exemption_note) == ("drill", "approved by Wang")
    assert by_kind(kept)[WARN].state is ActionState.CANCELLED
    assert (await violations.one(counted)).offence == 1
    assert await standings.deviations(database) == []


async def test_an_exemption_that_cannot_be_told_is_named_in_the_record(
    record: Record, violations: Violations, now: datetime
) -> None:
    """Whoever reads the violation sees that the sender's departments were not known."""
    exemption = Exemption(
        id="lab", reason="why", until=now.date(), timezone="UTC", departments=frozenset({7})
    )
    violation = (await record(1, policy=replace(POLICY, exemptions=(exemption,)))).violation_id

    kept = await violations.one(violation)
    assert (kept.exemption, kept.exemption_note) == (
        "",
        "the sender's departments are not known: lab",
    )


async def test_a_merit_offsets_what_comes_after_it(
    record: Record, merits: Merits, violations: Violations, now: datetime
) -> None:
    """Two warnings and a merit: the third warning is the second again."""
    await record_all(record, 2)
    praised = await merits.record(
        "corp", "zhangsan", "praise", by="li", reason="saved us", now=now + timedelta(hours=1)
    )

    third = (await record(120, policy=POLICY)).violation_id

    assert (praised.recorded_by, praised.reason) == ("li", "saved us")
    assert (await violations.one(third)).units.after == {"warning": 2}
    assert [one.kind for one in await merits.of("corp", "zhangsan")] == ["praise"]


async def test_a_withdrawn_merit_weighs_what_came_after_it_again(
    record: Record, merits: Merits, violations: Violations, database: Engine, now: datetime
) -> None:
    """Whoever withdraws it second learns who was first."""
    await record_all(record, 2)
    praised = await merits.record(
        "corp", "zhangsan", "praise", by="li", reason="r", now=now + timedelta(hours=1)
    )
    third = (await record(120, policy=POLICY)).violation_id

    first = await merits.withdraw(praised.id, by="wang", reason="mistake", now=now)
    second = await merits.withdraw(praised.id, by="zhao", reason="again", now=now)

    recomputed = (await violations.one(third)).recomputed
    assert recomputed is not None
    assert recomputed.units.after == {"demerit": 1}
    assert first.withdrawn_by == second.withdrawn_by == "wang"
    assert await standings.deviations(database) == []


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE violations SET status = 'dismissed' WHERE id = 1", "strikes: 3 stored, 2 follow"),
        ("UPDATE standings SET merits = '[]'", "merits: 0 stored, 1 follow"),
        (
            "UPDATE violations SET offence = 7 WHERE id = 2",
            "violation 2: kept offence 7, all/2; follows offence 2, all/2",
        ),
        ("DELETE FROM standings", "strikes: 0 stored, 3 follow"),
        (
            "INSERT INTO standings SELECT corp, 'nobody', strikes FROM standings",
            "has a standing and no violation",
        ),
    ],
)
async def test_what_does_not_follow_is_found(
    record: Record, merits: Merits, database: Engine, now: datetime, tampering: str, told: str
) -> None:
    """Changes behind the service's back, in standings or violations, are named one by one."""
    await record_all(record, 3)
    await merits.record("corp", "zhangsan", "praise", by="li", reason="r", now=now)
    assert await standings.deviations(database) == []

    async with database.begin() as transaction:
        await transaction.script(tampering)

    assert told in [deviation.what for deviation in await standings.deviations(database)]


steps = st.lists(
    st.tuples(
        st.sampled_from(["record", "record", "dismiss", "reopen", "undo", "merit", "withdraw"]),
        st.integers(0, 5),
    ),
    min_size=3,
    max_size=12,
)


@given(steps=steps)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_happens_the_stored_standing_follows(
    steps: list[tuple[str, int]],
    recorder: Recorder,
    finding: Finding,
    make_message: Callable[..., Message],
    merits: Merits,
    violations: Violations,
    database: Engine,
    now: datetime,
) -> None:
    """After any sequence of records, dismissals, reopenings and merits nothing deviates."""
    async with database.begin() as transaction:
        await transaction.script("TRUNCATE violations, actions, standings, merits CASCADE")
    known: list[int] = []
    praised: list[int] = []
    for number, (step, which) in enumerate(steps):
        at = now + timedelta(days=number * 40)
        if step == "record":
            sent = replace(make_message(number), sent_at=at - timedelta(days=which * 30))
            kept = await recorder.record(sent, finding, policy=POLICY, rulebook="b", now=at)
            assert kept is not None
            known.append(kept.violation_id)
        elif step == "merit":
            merit = await merits.record("corp", "zhangsan", "praise", by="li", reason="r", now=at)
            praised.append(merit.id)
        elif step == "withdraw" and praised:
            await merits.withdraw(praised[which % len(praised)], by="li", reason="r", now=at)
        elif step in {"dismiss", "reopen"} and known:
            judge = dismiss if step == "dismiss" else reopen
            await judge(Judging(database), violations, known[which % len(known)], at=at)
        elif step == "undo" and known:
            await take_back(Judging(database), violations, known[which % len(known)], at=at)

    assert await standings.deviations(database) == []
