"""Deciding on a case, and taking decisions back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.people import Entry
from moderator.errors import LedgerError, NotFound, NothingToUndo
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.desk.decisions import DecisionKind
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import Status, ViolationRecord
from moderator.ledger.standing import standings

Record = Callable[..., Awaitable[Recorded]]


async def deeds(database: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    """What the audit log tells, the oldest first."""
    rows = await Audit(database).page()
    return [(row.deed.actor, row.deed.action, dict(row.deed.detail)) for row in reversed(rows)]


def told(violation: ViolationRecord) -> tuple[object, ...]:
    """What a decision may change of a record, without its version."""
    return (
        *(violation.status, violation.judged_by, violation.judged_at, violation.judgement),
        *(violation.assignee, violation.escalated_to, violation.escalated_by),
        *(violation.escalated_at, violation.escalation),
    )


def states(violation: ViolationRecord) -> dict[ActionKind, ActionState]:
    return {action.kind: action.state for action in violation.actions}


async def test_a_case_becomes_somebodys_and_nobodys(
    record: Record, judging: Judging, database: Engine
) -> None:
    """An assignment is kept, told to the audit log, and taken away by an empty one."""
    case = (await record()).violation_id
    first = await judging.assign(case, "li", by="wang", version=1)
    second = await judging.assign(case, "", by="wang", version=2)

    assert (first.violation.assignee, second.violation.assignee) == ("li", "")
    assert [deed[:2] for deed in await deeds(database)] == [("wang", "violation.assigned")] * 2


async def test_notes_are_kept_in_order_and_never_in_the_audit_log(
    record: Record, judging: Judging, database: Engine
) -> None:
    """The log tells that a note was written, the case tells what stands in it."""
    case = (await record()).violation_id
    await judging.note(case, "asked her", by="wang", version=1)
    await judging.note(case, "she agrees", by="li", version=2)

    notes = await judging.decisions(case)
    assert [(note.kind, note.actor, note.reason) for note in notes] == [
        (DecisionKind.NOTED, "wang", "asked her"),
        (DecisionKind.NOTED, "li", "she agrees"),
    ]
    assert "asked her" not in str(await deeds(database))


async def test_what_was_decided_cannot_be_rewritten(record: Record, database: Engine) -> None:
    """The table itself refuses to change or lose a row."""
    case = (await record()).violation_id
    await Judging(database).note(case, "asked her", by="wang", version=1)

    for sql in ("UPDATE decisions SET reason = ''", "DELETE FROM decisions"):
        with pytest.raises(LedgerError):
            async with database.begin() as transaction:
                await transaction.script(sql)


async def test_an_escalated_case_stays_open(record: Record, judging: Judging) -> None:
    """Who asked whom, why and when stands on the record until somebody decides."""
    case = (await record()).violation_id
    now = (await judging.escalate(case, "zhao", by="wang", reason="a manager", version=1)).violation

    assert now.status is Status.OPEN
    assert (now.escalated_to, now.escalated_by, now.escalation) == ("zhao", "wang", "a manager")
    assert now.escalated_at is not None


async def test_of_two_who_decide_at_once_one_is_told(record: Record, judging: Judging) -> None:
    """Whatever they decide: the second gets the record of the first and changes nothing."""
    case = (await record()).violation_id
    both = await asyncio.gather(
        judging.judge(case, Status.CONFIRMED, by="wang", version=1),
        judging.assign(case, "zhao", by="li", version=1),
    )

    assert sorted(each.applied for each in both) == [False, True]
    assert {each.violation.version for each in both} == {2}
    assert len(await judging.decisions(case)) == 1


async def test_nothing_is_decided_outside_of_ones_departments(
    record: Record, judging: Judging, violations: Violations
) -> None:
    """A case elsewhere is not there: not to judge, assign, note, escalate, undo or read about."""
    case = (await record()).violation_id
    await violations.identify(case, Entry(name="张三", departments=(1, 7)))
    elsewhere: dict[str, Any] = {"by": "wang", "version": 1, "bound": frozenset({8})}
    attempts: list[Awaitable[object]] = [
        judging.judge(case, Status.CONFIRMED, **elsewhere),
        judging.assign(case, "li", **elsewhere),
        judging.note(case, "mine", **elsewhere),
        judging.escalate(case, "li", reason="x", **elsewhere),
        judging.undo(case, **elsewhere),
        judging.decisions(case, bound=frozenset({8})),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt

    within = await judging.note(case, "mine", by="wang", version=1, bound=frozenset({7}))
    assert within.applied


async def test_an_undone_dismissal_leaves_everything_as_before(
    record: Record, judging: Judging, violations: Violations, database: Engine
) -> None:
    """Status, standing and actions that nobody began are what they were."""
    case = (await record()).violation_id
    before = await violations.one(case)
    await judging.judge(case, Status.DISMISSED, by="wang", reason="a quote", version=1)
    undone = (await judging.undo(case, by="wang", version=2)).violation

    assert told(undone) == told(before)
    assert states(undone) == states(before)
    assert await standings.deviations(database) == []
    assert (await record(2)).decision.offence == 2


async def warn(outbox: Outbox, at: datetime) -> None:
    """Carry out what was called for up to the warning."""
    (looked_up,) = await outbox.claim(1, timedelta(minutes=1), at)
    await outbox.settle(looked_up.id, ActionState.ACCEPTED, now=at)
    (warning,) = await outbox.claim(1, timedelta(minutes=1), at, kinds=[ActionKind.WARN_SENDER])
    await outbox.settle(warning.id, ActionState.ACCEPTED, wecom_msgid="m1", now=at)


async def test_an_undone_dismissal_recalls_nothing(
    record: Record, judging: Judging, outbox: Outbox, now: datetime
) -> None:
    """The recall that the dismissal queued is cancelled; the warning stands."""
    case, at = (await record()).violation_id, now + timedelta(hours=1)
    await warn(outbox, at)
    await judging.judge(case, Status.DISMISSED, by="wang", version=1, now=at)
    undone = (await judging.undo(case, by="wang", version=2, now=at)).violation

    assert states(undone)[ActionKind.RECALL_NOTICE] is ActionState.CANCELLED
    assert states(undone)[ActionKind.WARN_SENDER] is ActionState.ACCEPTED


async def test_what_wecom_did_meanwhile_stays_done(
    record: Record, judging: Judging, outbox: Outbox, now: datetime
) -> None:
    """An action that was carried out before the undoing is not touched by it."""
    case, at = (await record()).violation_id, now + timedelta(hours=1)
    await warn(outbox, at)
    await judging.judge(case, Status.DISMISSED, by="wang", version=1, now=at)
    (recall,) = await outbox.claim(1, timedelta(minutes=1), at, kinds=[ActionKind.RECALL_NOTICE])
    undone = (await judging.undo(case, by="wang", version=2, now=at)).violation

    assert recall.kind is ActionKind.RECALL_NOTICE
    assert states(undone)[ActionKind.RECALL_NOTICE] is ActionState.SENDING


async def test_a_later_removal_comes_back_with_the_strike(
    record: Record, judging: Judging, violations: Violations
) -> None:
    """What a later violation no longer called for is called for again, as it was."""
    first, second = (await record(1)).violation_id, (await record(2)).violation_id
    before = states(await violations.one(second))
    await judging.judge(first, Status.DISMISSED, by="wang", version=1)
    dropped = states(await violations.one(second))
    await judging.undo(first, by="wang", version=2)

    assert dropped[ActionKind.REMOVE_FROM_GROUP] is ActionState.CANCELLED
    assert states(await violations.one(second)) == before


async def test_decisions_are_undone_one_by_one_and_notes_stay(
    record: Record, judging: Judging, violations: Violations, database: Engine
) -> None:
    """Each undoing puts back what was before the last decision that still stood."""
    case = (await record()).violation_id
    seen = [told(await violations.one(case))]
    seen.append(told((await judging.assign(case, "li", by="wang", version=1)).violation))
    escalated = await judging.escalate(case, "zhao", by="li", reason="hard", version=2)
    seen.append(told(escalated.violation))
    await judging.judge(case, Status.CONFIRMED, by="zhao", reason="clear", version=3)
    await judging.note(case, "told him", by="zhao", version=4)

    for version in (5, 6, 7):
        undone = (await judging.undo(case, by="zhao", version=version)).violation
        assert told(undone) == seen.pop()
    with pytest.raises(NothingToUndo):
        await judging.undo(case, by="zhao", version=8)
    kinds = [decision.kind for decision in await judging.decisions(case)]
    assert kinds.count(DecisionKind.UNDONE) == 3
    assert [deed[1] for deed in await deeds(database)][-3:] == ["violation.undone"] * 3
    assert await Audit(database).verify() == []


async def test_an_undoing_on_an_old_version_changes_nothing(
    record: Record, judging: Judging
) -> None:
    """Whoever undoes what they have not seen gets the record instead."""
    case = (await record()).violation_id
    await judging.judge(case, Status.CONFIRMED, by="wang", version=1)
    late = await judging.undo(case, by="li", version=1)

    assert (late.applied, late.violation.status) == (False, Status.CONFIRMED)


async def test_a_decision_and_its_line_in_the_log_exist_together(
    record: Record, judging: Judging, violations: Violations, database: Engine
) -> None:
    """Where the log cannot be written nothing is decided either."""
    case = (await record()).violation_id
    async with database.begin() as transaction:
        await transaction.rows(Prepared("ALTER TABLE audit_log RENAME TO away", (), {}))

    with pytest.raises(LedgerError):
        await judging.judge(case, Status.DISMISSED, by="wang", version=1)
    kept = await violations.one(case)
    assert (kept.status, kept.version) == (Status.OPEN, 1)
    assert ActionState.CANCELLED not in states(kept).values()
