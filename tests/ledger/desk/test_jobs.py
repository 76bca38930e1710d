"""Bulk jobs: one decision for many violations."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from moderator.domain.access import Actor, Grant, Role, holder
from moderator.domain.people import Entry
from moderator.errors import JobTooLarge, LedgerUnavailable, NotFound
from moderator.ledger.access.accounts import Accounts, Newcomer, Source
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.desk import jobs as jobs_module
from moderator.ledger.desk.bulk import BulkWork
from moderator.ledger.desk.job_records import Chosen, ItemState, Job, JobKind, JobState, Order
from moderator.ledger.desk.jobs import Jobs
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import Status, ViolationFilter
from moderator.ledger.standing import standings

Record = Callable[..., Awaitable[Recorded]]
NOW = datetime(2026, 3, 9, tzinfo=UTC)
WANG = holder("wang")
DISMISS = Order(JobKind.DISMISS, "a campaign of our own")
ALL = Chosen(wanted=ViolationFilter())


@pytest.fixture
def jobs(database: Engine) -> Jobs:
    return Jobs(database)


@pytest.fixture
def work(database: Engine) -> BulkWork:
    return worker(database)


def worker(database: Engine) -> BulkWork:
    """What one process works with; it knows the holders of the settings' tokens."""
    return BulkWork(database, {"wang": WANG}.get, clock=lambda: NOW)


async def finish(work: BulkWork) -> None:
    while await work.step():
        pass


async def user(database: Engine, grant: Grant) -> Actor:
    """Somebody with an account."""
    newcomer = Newcomer(name="li", display="李", source=Source.LOCAL, subject="li")
    account = await Accounts(database, clock=lambda: NOW).add(newcomer, grant, by="root")
    assert account is not None
    return account.actor()


async def statuses(violations: Violations) -> list[Status]:
    page = await violations.page()
    return [item.status for item in sorted(page.items, key=lambda item: item.id)]


async def test_a_job_decides_every_violation_that_fits(
    record: Record, jobs: Jobs, work: BulkWork, violations: Violations, database: Engine
) -> None:
    """Those that fitted when it began, each as if somebody had judged it by hand."""
    for number in (1, 2, 3):
        await record(number)
    other = (await record(1, sender="lisi")).violation_id
    begun = await jobs.start(WANG, DISMISS, Chosen(wanted=ViolationFilter(sender="zhangsan")))
    await record(4)
    await finish(work)

    done = await jobs.one(begun.id, WANG)
    assert (begun.state, begun.total) == (JobState.RUNNING, 3)
    assert (done.state, done.counts[ItemState.DONE]) == (JobState.DONE, 3)
    dismissed, left = [Status.DISMISSED] * 3, [Status.OPEN] * 2
    assert await statuses(violations) == dismissed + left
    judged = [item for item in (await violations.page()).items if item.id < other]
    assert {item.judgement for item in judged} == {"a campaign of our own"}
    assert await standings.deviations(database) == []


async def test_a_job_is_taken_back_as_a_whole(
    record: Record, jobs: Jobs, work: BulkWork, violations: Violations, database: Engine
) -> None:
    """Undoing it puts every record and every strike back, and is told in the audit log."""
    for number in (1, 2, 3):
        await record(number)
    begun = await jobs.start(WANG, DISMISS, ALL)
    await finish(work)
    undoing = await jobs.undo(begun.id, WANG, reason="wrong filter")
    await finish(work)

    assert undoing is not None
    assert (await jobs.one(undoing.id, WANG)).counts[ItemState.DONE] == 3
    assert await statuses(violations) == [Status.OPEN] * 3
    assert (await record(4)).decision.offence == 4
    assert await standings.deviations(database) == []
    names = [row.deed.action for row in reversed(await Audit(database).page())]
    assert names[0] == "job.started"
    assert names[4] == "job.undone"
    assert names.count("violation.undone") == 3
    assert await Audit(database).verify() == []


async def test_only_what_the_job_decided_and_nobody_changed_is_taken_back(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine, violations: Violations
) -> None:
    """What somebody decided after the job is left as they decided it."""
    cases = [(await record(number)).violation_id for number in (1, 2)]
    begun = await jobs.start(WANG, DISMISS, ALL)
    await finish(work)
    await Judging(database).judge(cases[0], Status.CONFIRMED, by="zhao", version=2)
    undoing = await jobs.undo(begun.id, WANG)
    await finish(work)

    assert undoing is not None
    items = await jobs.items(undoing.id, WANG)
    assert [item.state for item in items] == [ItemState.CHANGED, ItemState.DONE]
    assert items[0].outcome == "version 3, confirmed by zhao"
    assert await statuses(violations) == [Status.CONFIRMED, Status.OPEN]


async def test_a_record_that_changed_since_is_left_alone(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine, violations: Violations
) -> None:
    """Whoever decided between the job's beginning and its item keeps the last word."""
    cases = [(await record(number)).violation_id for number in (1, 2)]
    begun = await jobs.start(WANG, DISMISS, Chosen(ids=dict.fromkeys(cases)))
    await Judging(database).judge(cases[1], Status.CONFIRMED, by="zhao", version=1)
    await finish(work)

    counts = (await jobs.one(begun.id, WANG)).counts
    assert (counts[ItemState.DONE], counts[ItemState.CHANGED]) == (1, 1)
    assert await statuses(violations) == [Status.DISMISSED, Status.CONFIRMED]


async def test_an_id_with_the_version_of_a_page_is_held_to_it(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine
) -> None:
    """What was read before somebody else's note is not decided without reading it."""
    case = (await record()).violation_id
    await Judging(database).note(case, "she agrees", by="zhao", version=1)
    begun = await jobs.start(WANG, DISMISS, Chosen(ids={case: 1}))
    await finish(work)

    (item,) = await jobs.items(begun.id, WANG)
    assert (item.state, item.outcome) == (ItemState.CHANGED, "version 2")


async def test_what_is_so_already_is_not_decided_again(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine
) -> None:
    """Nothing is written about it, and nothing taken back with the job."""
    case = (await record()).violation_id
    judging = Judging(database)
    await judging.judge(case, Status.DISMISSED, by="zhao", version=1)
    begun = await jobs.start(WANG, DISMISS, ALL)
    await finish(work)

    (item,) = await jobs.items(begun.id, WANG)
    assert (item.state, item.decision) == (ItemState.DONE, None)
    undoing = await jobs.undo(begun.id, WANG)
    assert undoing is not None
    assert (undoing.state, undoing.total) == (JobState.DONE, 0)


async def test_a_cancelled_job_leaves_the_rest_undone(
    record: Record, jobs: Jobs, work: BulkWork, violations: Violations
) -> None:
    """What was done stays done, and can be taken back; the rest is not begun."""
    for number in (1, 2, 3):
        await record(number)
    begun = await jobs.start(WANG, DISMISS, ALL)
    await work.step()
    cancelled = await jobs.cancel(begun.id, holder("zhao"))
    await finish(work)

    assert (cancelled.state, cancelled.cancelled_by) == (JobState.CANCELLED, "zhao")
    assert cancelled.counts[ItemState.CANCELLED] == 2
    assert (await statuses(violations)).count(Status.DISMISSED) == 1
    undoing = await jobs.undo(begun.id, WANG)
    assert undoing is not None
    assert undoing.total == 1


async def test_a_running_job_and_an_undoing_are_not_taken_back(
    record: Record, jobs: Jobs, work: BulkWork
) -> None:
    """First it is cancelled or ends; and nobody takes a taking back back."""
    await record()
    begun = await jobs.start(WANG, DISMISS, ALL)
    assert await jobs.undo(begun.id, WANG) is None
    await finish(work)
    undoing = await jobs.undo(begun.id, WANG)
    assert undoing is not None
    assert await jobs.undo(begun.id, WANG) is None
    await finish(work)
    assert await jobs.undo(undoing.id, WANG) is None


async def test_several_processes_share_a_job_without_doing_anything_twice(
    record: Record, jobs: Jobs, database: Engine
) -> None:
    """Three workers at once: every violation gets exactly one decision."""
    cases = [(await record(number, sender=f"user{number}")).violation_id for number in range(1, 13)]
    begun = await jobs.start(WANG, DISMISS, ALL)
    await asyncio.gather(*(finish(worker(database)) for _ in range(3)))

    done = await jobs.one(begun.id, WANG)
    assert (done.state, done.counts[ItemState.DONE]) == (JobState.DONE, len(cases))
    decided = [len(await Judging(database).decisions(case)) for case in cases]
    assert set(decided) == {1}


async def test_a_job_goes_on_after_a_process_died_in_the_middle(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine
) -> None:
    """Whoever held an item and vanished leaves it as if nobody had begun it."""
    for number in (1, 2):
        await record(number)
    begun = await jobs.start(WANG, DISMISS, ALL)
    with suppress(ConnectionError):
        async with database.begin() as transaction:
            await transaction.rows(Prepared("SELECT * FROM job_items FOR UPDATE", (), {}))
            assert not await worker(database).step()
            raise ConnectionError

    await finish(work)
    assert (await jobs.one(begun.id, WANG)).counts[ItemState.DONE] == 2


async def test_jobs_take_turns(record: Record, jobs: Jobs, work: BulkWork) -> None:
    """A long job does not keep a short one waiting."""
    cases = [(await record(number)).violation_id for number in range(1, 7)]
    long = await jobs.start(WANG, Order(JobKind.CONFIRM), Chosen(ids=dict.fromkeys(cases[:5])))
    short = await jobs.start(WANG, DISMISS, Chosen(ids=dict.fromkeys(cases[5:])))
    await work.step()
    await work.step()

    done = [(await jobs.one(job.id, WANG)).counts[ItemState.DONE] for job in (long, short)]
    assert done == [1, 1]


@pytest.mark.parametrize("loss", ["right", "account", "department"])
async def test_rights_are_those_of_the_moment_of_each_item(
    record: Record,
    jobs: Jobs,
    work: BulkWork,
    violations: Violations,
    database: Engine,
    loss: str,
) -> None:
    """Whoever may not judge, see the department or log in any more does not do so by a job."""
    case = (await record()).violation_id
    await violations.identify(case, Entry(name="张三", departments=(1, 7)))
    grant = Grant(roles=frozenset({Role.REVIEWER}), departments=frozenset({7}))
    li = await user(database, grant)
    begun = await jobs.start(li, DISMISS, ALL)
    accounts = Accounts(database, clock=lambda: NOW)
    assert li.account is not None
    match loss:
        case "right":
            viewer = Grant(roles=frozenset({Role.VIEWER}), departments=frozenset({7}))
            await accounts.change(li.account, viewer, by="root")
        case "account":
            await accounts.enable(li.account, enabled=False, by="root")
        case "department":
            elsewhere = Grant(roles=frozenset({Role.REVIEWER}), departments=frozenset({8}))
            await accounts.change(li.account, elsewhere, by="root")
    await finish(work)

    (item,) = await jobs.items(begun.id, WANG)
    assert item.state is ItemState.REFUSED
    assert await statuses(violations) == [Status.OPEN]


async def test_a_job_holds_nothing_from_elsewhere(
    record: Record, jobs: Jobs, violations: Violations, database: Engine
) -> None:
    """A filter is narrowed to one's departments; an id outside of them is not there."""
    inside, outside = (await record(1)).violation_id, (await record(2)).violation_id
    await violations.identify(inside, Entry(name="张三", departments=(1, 7)))
    await violations.identify(outside, Entry(name="张三", departments=(1, 8)))
    grant = Grant(roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7}))
    li = await user(database, grant)

    assert (await jobs.start(li, DISMISS, ALL)).total == 1
    with pytest.raises(NotFound):
        await jobs.start(li, DISMISS, Chosen(ids={inside: None, outside: None}))


async def test_jobs_of_others_are_hidden_from_who_is_bound(
    record: Record, jobs: Jobs, database: Engine
) -> None:
    """Their items would tell of other departments; one's own jobs are there."""
    await record()
    foreign = await jobs.start(WANG, DISMISS, ALL)
    grant = Grant(roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7}))
    li = await user(database, grant)
    own = await jobs.start(li, DISMISS, ALL)

    assert [job.id for job in await jobs.list(li)] == [own.id]
    assert [job.id for job in await jobs.list(WANG)] == [own.id, foreign.id]
    hidden: list[Awaitable[object]] = [
        jobs.one(foreign.id, li),
        jobs.items(foreign.id, li),
        jobs.cancel(foreign.id, li),
        jobs.undo(foreign.id, li),
    ]
    for attempt in hidden:
        with pytest.raises(NotFound):
            await attempt


async def test_more_than_a_job_takes_is_refused_whole(
    record: Record, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody dismisses a part of what they asked for without knowing."""
    monkeypatch.setattr(jobs_module, "MOST", 1)
    cases = [(await record(number)).violation_id for number in (1, 2)]

    for chosen in (ALL, Chosen(ids=dict.fromkeys(cases))):
        with pytest.raises(JobTooLarge):
            await jobs.start(WANG, DISMISS, chosen)
    assert await jobs.list(WANG) == []


async def test_an_assignment_in_bulk(
    record: Record, jobs: Jobs, work: BulkWork, violations: Violations
) -> None:
    """Cases are handed to somebody many at a time."""
    await record(1)
    await record(2)
    await jobs.start(WANG, Order(JobKind.ASSIGN, whom="zhao"), ALL)
    await finish(work)

    assert {item.assignee for item in (await violations.page()).items} == {"zhao"}


async def test_a_faulty_item_does_not_stop_the_others(
    record: Record, jobs: Jobs, work: BulkWork, database: Engine
) -> None:
    """It is kept as failed, with what went wrong, and the job comes to its end."""
    cases = [(await record(number)).violation_id for number in (1, 2)]
    begun = await jobs.start(WANG, DISMISS, ALL)
    async with database.begin() as transaction:
        spoilt = "UPDATE violations SET clauses = '[{}]' WHERE id = $1"
        await transaction.rows(Prepared(spoilt, ("id",), {}), id=cases[0])
    await finish(work)

    items = await jobs.items(begun.id, WANG)
    assert [item.state for item in items] == [ItemState.FAILED, ItemState.DONE]
    assert items[0].outcome == "TypeError"


async def test_a_database_that_is_away_costs_no_item() -> None:
    """The worker is told, so that it tries again; nothing is marked."""
    away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(LedgerUnavailable):
        await worker(away).step()
    await away.dispose()


async def test_results_come_in_pages(record: Record, jobs: Jobs, work: BulkWork) -> None:
    """By id, and by what became of them."""
    cases = [(await record(number)).violation_id for number in (1, 2, 3)]
    begun: Job = await jobs.start(WANG, DISMISS, ALL)
    await work.step()

    first = await jobs.items(begun.id, WANG, limit=2)
    rest = await jobs.items(begun.id, WANG, after=first[-1].violation_id)
    waiting = await jobs.items(begun.id, WANG, state=ItemState.PENDING)
    assert [item.violation_id for item in (*first, *rest)] == cases
    assert [item.violation_id for item in waiting] == cases[1:]
