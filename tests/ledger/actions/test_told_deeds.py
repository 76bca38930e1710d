"""What people do to actions, alarms, pauses and merits stands in the audit log."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.people import Entry
from moderator.errors import NotFound
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.audit import Audit
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.rates import Comparison
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.limits.pauses import Cause
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ActionFilter, ActionRecord, Status
from moderator.ledger.standing.merits import Merits
from moderator.policy.alarm import Counts

Record = Callable[..., Awaitable[Recorded]]
NOW = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
async def proposal(record: Record, violations: Violations) -> ActionRecord:
    """The removal that a second offence calls for."""
    await record(1)
    second = await violations.one((await record(2)).violation_id)
    return next(one for one in second.actions if one.state is ActionState.PROPOSED)


async def told(database: Engine) -> list[tuple[str, str, str]]:
    """Who did what to what, the oldest first."""
    rows = reversed(await Audit(database).page())
    return [(row.deed.actor, row.deed.action, row.deed.subject) for row in rows]


async def test_deciding_on_a_proposal(
    proposal: ActionRecord, outbox: Outbox, database: Engine
) -> None:
    """Approved, taken back, refused: three lines; a second approval adds none."""
    subject = f"action/{proposal.id}"
    await outbox.proposals.approve(proposal.id, "wang")
    await outbox.proposals.approve(proposal.id, "li")
    await outbox.proposals.undo(proposal.id, "wang")
    await outbox.proposals.refuse(proposal.id, "zhao", "too harsh")

    assert await told(database) == [
        ("wang", "action.approved", subject),
        ("wang", "action.undone", subject),
        ("zhao", "action.refused", subject),
    ]


async def test_a_decision_that_was_begun_is_not_taken_back(
    proposal: ActionRecord, outbox: Outbox, database: Engine
) -> None:
    """Nobody un-removes by saying so."""
    await outbox.proposals.approve(proposal.id, "wang", now=NOW)
    while claimed := await outbox.claim(1, timedelta(minutes=1), NOW):
        if claimed[0].kind is ActionKind.REMOVE_FROM_GROUP:
            break
        await outbox.settle(claimed[0].id, ActionState.ACCEPTED, now=NOW)
    late = await outbox.proposals.undo(proposal.id, "wang", now=NOW)

    assert (late.applied, late.action.state) == (False, ActionState.SENDING)
    assert len(await told(database)) == 1


async def test_a_refusal_cannot_be_taken_back_while_the_violation_is_dismissed(
    proposal: ActionRecord, outbox: Outbox, database: Engine
) -> None:
    """A false alarm has nothing to propose."""
    await outbox.proposals.refuse(proposal.id, "wang")
    case = proposal.violation_id
    await Judging(database).judge(case, Status.DISMISSED, by="wang", version=1)

    assert not (await outbox.proposals.undo(proposal.id, "wang")).applied


async def test_a_proposal_of_another_department_is_not_there(
    proposal: ActionRecord, outbox: Outbox, violations: Violations
) -> None:
    """Neither to approve nor to refuse nor to take back."""
    await violations.identify(proposal.violation_id, Entry(name="张三", departments=(1, 7)))
    bound = frozenset({8})
    attempts: list[Awaitable[object]] = [
        outbox.proposals.approve(proposal.id, "wang", bound=bound),
        outbox.proposals.refuse(proposal.id, "wang", bound=bound),
        outbox.proposals.undo(proposal.id, "wang", bound=bound),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert (await outbox.proposals.approve(proposal.id, "wang", bound=frozenset({7}))).applied


async def test_trying_again(
    record: Record, outbox: Outbox, database: Engine, now: datetime
) -> None:
    """One line for all that was requeued together, none where there was nothing."""
    await record()
    await outbox.requeue(by="wang", reason="mended")
    (claimed,) = await outbox.claim(1, timedelta(minutes=1), now + timedelta(hours=1))
    await outbox.settle(claimed.id, ActionState.FAILED)
    await outbox.requeue(ActionFilter(ids=(claimed.id,)), by="wang", reason="mended")

    (row,) = await Audit(database).page()
    assert (row.deed.actor, row.deed.action) == ("wang", "action.requeued")
    assert row.deed.detail == {
        "number": 1,
        "filter": {"ids": [claimed.id]},
        "reason": "mended",
    }


async def test_clearing_an_alarm_and_lifting_a_pause(outbox: Outbox, database: Engine) -> None:
    """Each once; whoever comes second did nothing."""
    usual = Counts(hits=1, messages=1000)
    found = Comparison(rule="invoices", since=NOW, now=Counts(hits=9, messages=10), usual=usual)
    alarm = await Alarms(database).raise_(found, 0.001, detail="", now=NOW)
    assert alarm is not None
    cause = Cause(app="moderation", path="", credential="c", errcode=40001, reason="secret")
    pause = await outbox.pauses.pause(cause, now=NOW, until=NOW + timedelta(hours=1))
    for _ in range(2):
        await Alarms(database).clear(alarm.id, by="wang", reason="a campaign", now=NOW)
        await outbox.pauses.lift(pause.id, by="li", reason="new secret", now=NOW)

    assert await told(database) == [
        ("wang", "alarm.cleared", f"alarm/{alarm.id}"),
        ("li", "pause.lifted", f"pause/{pause.id}"),
    ]


async def test_recording_and_withdrawing_a_merit(database: Engine) -> None:
    """Of whom, by whom; a second withdrawal is none."""
    merits = Merits(database)
    merit = await merits.record("corp", "zhangsan", "praise", by="wang", reason="saved the day")
    for _ in range(2):
        await merits.withdraw(merit.id, by="li", reason="a mix-up")

    assert await told(database) == [
        ("wang", "merit.recorded", "person/zhangsan"),
        ("li", "merit.withdrawn", "person/zhangsan"),
    ]
