"""Proving the log while people watch."""

from datetime import UTC, datetime, timedelta

from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine
from moderator.web.console.verifying import Verifying

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


def _verifying(audit: Audit) -> Verifying:
    return Verifying(audit, clock=lambda: NOW)


async def test_whole(database: Engine) -> None:
    """A proof that holds is kept in the log, with how many rows it saw and for whom."""
    verifying = _verifying(await _filled(database))

    await verifying.begin("olga")
    await verifying.wait(PATIENCE)

    assert not verifying.under_way
    last = await verifying.last()
    assert last
    assert (last.deed.actor, last.deed.detail) == ("olga", {"rows": 4, "breaks": 0, "first": []})


async def test_broken(database: Engine) -> None:
    """A proof that does not hold is kept too, with the first rows that are wrong."""
    audit = await _filled(database)
    async with database.begin() as transaction:
        await transaction.script(_TAMPER)
    verifying = _verifying(audit)

    await verifying.begin("olga")
    await verifying.wait(PATIENCE)

    last = await verifying.last()
    assert last
    assert last.deed.detail["breaks"] == 1
    assert last.deed.detail["first"] == [[2, "was altered"]]


async def test_progress(database: Engine) -> None:
    """While it runs it tells how far it is; who asks again meanwhile does not begin another."""
    verifying = _verifying(await _filled(database))
    await verifying.begin("olga")
    first = verifying.latest

    await verifying.begin("ivan")

    assert verifying.under_way
    assert verifying.latest is first
    assert first
    assert (first.by, first.seen, first.rows) == ("olga", 0, 4)
    await verifying.wait(PATIENCE)
    assert first.seen == 4


async def test_database_away(database: Engine) -> None:
    """A proof that the database broke off is no proof: its error is told, nothing is kept."""
    audit = await _filled(database)
    verifying = _verifying(audit)
    await verifying.begin("olga")
    async with database.begin() as transaction:
        await transaction.script("ALTER TABLE audit_log RENAME TO elsewhere")

    await verifying.wait(PATIENCE)

    assert verifying.latest
    assert verifying.latest.error == "SchemaMismatch"
    async with database.begin() as transaction:
        await transaction.script("ALTER TABLE elsewhere RENAME TO audit_log")
    assert await verifying.last() is None


async def test_never(database: Engine) -> None:
    """Before the first proof there is none."""
    assert await _verifying(Audit(database)).last() is None
