"""Proving the log while people watch."""

import asyncio
from datetime import UTC, datetime, timedelta

from moderator.ledger.audit import Audit, AuditFilter, Deed
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.progress import LOST, Progress
from moderator.web.console.verifying import ACTION, Verifying

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PATIENCE = timedelta(seconds=30)
_TAMPER = """
    ALTER TABLE audit_log DISABLE TRIGGER USER;
    UPDATE audit_log SET actor = 'wang' WHERE number = 2
"""


async def _filled(engine: Engine) -> Audit:
    audit = Audit(engine)
    for turn in range(4):
        await audit.write(Deed(actor="li", action="violation.noted", subject=f"violation/{turn}"))
    return audit


def _verifying(database: Engine, *, now: datetime = NOW) -> Verifying:
    """As another process has it."""
    return Verifying(Audit(database), Progress(database, clock=lambda: now))


async def test_whole(database: Engine) -> None:
    """A proof that holds is kept in the log, with how many rows it saw and for whom."""
    await _filled(database)
    verifying = _verifying(database)

    await verifying.begin("olga")
    await verifying.wait(PATIENCE)

    assert await verifying.latest() is None
    last = await verifying.last()
    assert last
    assert (last.deed.actor, last.deed.detail) == ("olga", {"rows": 4, "breaks": 0, "first": []})


async def test_broken(database: Engine) -> None:
    """A proof that does not hold is kept too, with the first rows that are wrong."""
    await _filled(database)
    async with database.begin() as transaction:
        await transaction.script(_TAMPER)
    verifying = _verifying(database)

    await verifying.begin("olga")
    await verifying.wait(PATIENCE)

    last = await verifying.last()
    assert last
    assert last.deed.detail["breaks"] == 1
    assert last.deed.detail["first"] == [[2, "was altered"]]


async def test_progress_is_told_by_every_process(database: Engine) -> None:
    """Another process knows of a proof that is under way, and does not begin a second one."""
    await _filled(database)
    here, there = _verifying(database), _verifying(database)
    async with database.begin() as transaction:
        await transaction.script("LOCK TABLE audit_log")  # nothing is read before this ends
        await here.begin("olga")
        course = await there.latest()
        await there.begin("ivan")
        again = await there.latest()

    assert course
    assert (course.actor, course.total, course.under_way(NOW)) == ("olga", 4, True)
    assert again == course
    await asyncio.gather(here.wait(PATIENCE), there.wait(PATIENCE))
    proofs = await Audit(database).page(AuditFilter(action=ACTION))
    assert [proof.deed.actor for proof in proofs] == ["olga"]
    assert await there.latest() is None


async def test_proof_of_a_process_that_is_gone_is_given_up(database: Engine) -> None:
    """Nothing was heard of it for a while: it is told as broken off, and another may begin."""
    await _filled(database)
    assert await Progress(database, clock=lambda: NOW).begin(ACTION, by="olga", total=4)
    later = _verifying(database, now=NOW + LOST)

    course = await later.latest()
    await later.begin("ivan")
    await later.wait(PATIENCE)

    assert course
    assert not course.under_way(NOW + LOST)
    last = await later.last()
    assert last
    assert last.deed.actor == "ivan"


async def test_database_away(database: Engine) -> None:
    """A proof that the database broke off is no proof: its error is told, nothing is kept."""
    await _filled(database)
    verifying = _verifying(database)
    await verifying.begin("olga")
    async with database.begin() as transaction:
        await transaction.script("ALTER TABLE audit_log RENAME TO elsewhere")

    await verifying.wait(PATIENCE)

    course = await verifying.latest()
    assert course
    assert (course.fault, course.under_way(NOW)) == ("SchemaMismatch", False)
    async with database.begin() as transaction:
        await transaction.script("ALTER TABLE elsewhere RENAME TO audit_log")
    assert await verifying.last() is None


async def test_never(database: Engine) -> None:
    """Before the first proof there is none."""
    assert await _verifying(database).last() is None
