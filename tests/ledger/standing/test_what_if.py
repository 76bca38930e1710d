"""What a changed policy would have led to."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from moderator.domain.decision import ActionKind
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import Status
from moderator.ledger.standing import history
from moderator.ledger.standing.merits import Merits
from moderator.ledger.standing.what_if import Difference, compare
from moderator.policy.policy import Conversion, Exemption, Ladder, Offset, Policy, Rung, Unit

Record = Callable[..., Awaitable[Recorded]]

WARN, REMOVE = ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP
LADDER = Ladder(
    id="all",
    window=timedelta(days=180),
    rungs=(
        Rung(at=1, actions=(WARN,), units={"warning": 1}),
        Rung(at=3, actions=(WARN, REMOVE), units={"warning": 1}),
    ),
)
PRESENT = Policy(
    ladders=(LADDER,),
    units={"warning": Unit(id="warning", title="警告")},
    conversions=(Conversion(id="three", of="warning", count=3, actions=(REMOVE,)),),
    offsets={"praise": Offset(merit="praise", title="嘉奖", of="warning")},
)
STRICTER = replace(
    PRESENT, ladders=(replace(LADDER, rungs=(LADDER.rungs[0], replace(LADDER.rungs[1], at=2))),)
)


async def record_all(record: Record, **numbers: int) -> None:
    """So many violations of each person, a minute apart."""
    for sender, number in numbers.items():
        for each in range(1, number + 1):
            await record(each, sender=sender, policy=PRESENT)


async def test_the_present_policy_differs_from_itself_in_nothing(
    record: Record, database: Engine
) -> None:
    """Every violation is weighed as it was decided."""
    await record_all(record, zhangsan=3, lisi=1)

    found = await compare(database, PRESENT, PRESENT)

    assert (found.violations, found.people, found.differences) == (4, 2, [])
    assert found.present.times == {"all/1": 3, "all/3": 1, "units/three": 1}
    assert found.present.actions == {WARN: 4, REMOVE: 1}


async def test_who_would_cross_which_threshold_is_told(
    record: Record, database: Engine, now: datetime
) -> None:
    """Removal at the second offence instead of the third concerns two of three people."""
    await record_all(record, lisi=2, wangwu=1, zhangsan=3)

    found = await compare(database, PRESENT, STRICTER)

    lisi, zhangsan = ("corp", "lisi"), ("corp", "zhangsan")
    told = {
        (each.person, each.threshold): (each.present, each.changed) for each in found.differences
    }
    assert told == {
        (lisi, "all/1"): (2, 1),
        (lisi, "all/2"): (0, 1),
        (zhangsan, "all/1"): (2, 1),
        (zhangsan, "all/2"): (0, 2),
        (zhangsan, "all/3"): (1, 0),
    }
    first = found.differences[1]
    assert first == Difference(
        person=lisi,
        threshold="all/2",
        present=0,
        changed=1,
        first_at=now + timedelta(minutes=2),
    )
    assert (found.present_people["all/2"], found.changed_people["all/2"]) == (0, 2)
    assert (found.present.actions[REMOVE], found.changed.actions[REMOVE]) == (1, 3)


async def test_what_is_older_counts_as_standing_only(
    record: Record, database: Engine, now: datetime
) -> None:
    """With a beginning, only what was sent since is told; the offences before it still count."""
    await record_all(record, zhangsan=3)

    found = await compare(database, PRESENT, PRESENT, since=now + timedelta(minutes=3))

    assert found.violations == 1
    assert found.present.times == {"all/3": 1, "units/three": 1}


async def test_dismissed_violations_and_merits_are_as_they_are_now(
    judging: Judging, record: Record, database: Engine, violations: Violations, now: datetime
) -> None:
    """A false alarm crosses nothing, and a merit offsets under both policies."""
    await record_all(record, zhangsan=2, lisi=2)
    newest = (await violations.page()).items[0]
    await judging.judge(newest.id, Status.DISMISSED, by="wang", version=1, now=now)
    await Merits(database).record(
        "corp", "zhangsan", "praise", by="li", reason="r", now=now + timedelta(minutes=9)
    )
    await record(30, policy=PRESENT)

    found = await compare(database, PRESENT, PRESENT)

    assert found.violations == 4
    assert found.present.times["units/three"] == 0


async def test_exemptions_are_weighed_as_each_policy_has_them(
    record: Record, database: Engine, now: datetime
) -> None:
    """Exempting a person would have spared all of it, and the strikes with it."""
    await record_all(record, zhangsan=3)
    exemption = Exemption(
        id="e",
        reason="why",
        until=date(2026, 12, 31),
        timezone="Asia/Shanghai",
        people=frozenset({"zhangsan"}),
    )

    found = await compare(database, PRESENT, replace(PRESENT, exemptions=(exemption,)))

    assert found.changed.times == {}
    assert found.present.times["all/3"] == 1


async def test_a_person_may_lie_on_two_pages(
    record: Record, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the history is cut into pages, the result is the same."""
    await record_all(record, lisi=2, wangwu=1, zhangsan=4)
    whole = await compare(database, PRESENT, STRICTER)

    for size in (1, 2, 3):
        monkeypatch.setattr(history, "_PAGE", size)
        assert await compare(database, PRESENT, STRICTER) == whole
