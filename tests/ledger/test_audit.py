"""The audit log: written with what it tells of, and whole or visibly not."""

import asyncio

import pytest

from moderator.errors import LedgerError
from moderator.ledger import audit
from moderator.ledger.audit import Audit, AuditFilter, Deed, Seal
from moderator.ledger.database.engine import Engine

_SWAP = """
    UPDATE audit_log SET number = -number WHERE number IN (2, 3);
    UPDATE audit_log SET number = 5 + number WHERE number < 0
"""
_TAMPER = "ALTER TABLE audit_log DISABLE TRIGGER USER; "


async def filled(engine: Engine, number: int = 5) -> Audit:
    log = Audit(engine)
    for turn in range(number):
        await log.write(Deed(actor="li", action="violation.dismissed", subject=f"violation/{turn}"))
    return log


async def tamper(engine: Engine, sql: str) -> None:
    async with engine.begin() as transaction:
        await transaction.script(_TAMPER + sql)


async def test_a_whole_log_verifies(database: Engine) -> None:
    """Newest first in a page, one chain from the first to the last."""
    log = await filled(database)

    assert await log.verify() == []
    assert [row.number for row in await log.page(limit=3)] == [5, 4, 3]
    assert [row.number for row in await log.page(before=3)] == [2, 1]


async def test_an_empty_log_verifies(database: Engine) -> None:
    """Nothing happened yet, and nothing was taken away."""
    assert await Audit(database).verify() == []


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("UPDATE audit_log SET actor = 'wang' WHERE number = 2", 2),
        ("UPDATE audit_log SET at = at - interval '1 day' WHERE number = 4", 4),
        ("""UPDATE audit_log SET detail = '{"a": 1}' WHERE number = 1""", 1),
        ("DELETE FROM audit_log WHERE number = 3", 4),
        ("DELETE FROM audit_log WHERE number = 5", 4),
        ("DELETE FROM audit_log", 0),
        (_SWAP, 2),
    ],
)
async def test_tampering_is_found(database: Engine, sql: str, number: int) -> None:
    """Altered, removed in the middle, cut off at the end, or reordered."""
    log = await filled(database)
    await tamper(database, sql)

    assert number in [found.number for found in await log.verify()]


@pytest.mark.parametrize(
    "sql", ["UPDATE audit_log SET actor = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
async def test_rows_are_only_ever_added(database: Engine, sql: str) -> None:
    """Not even the owner of the table alters one by mistake."""
    await filled(database, 1)

    with pytest.raises(LedgerError):
        async with database.begin() as transaction:
            await transaction.script(sql)


async def test_a_deed_that_is_rolled_back_was_not_done(database: Engine) -> None:
    """The row belongs to the transaction of what it tells of."""

    async def fail() -> None:
        async with database.begin() as transaction:
            await audit.write(transaction, Deed(actor="li", action="a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert await Audit(database).page() == []


async def test_a_log_written_anew_is_found_by_what_was_sealed(database: Engine) -> None:
    """Whoever may do everything can write another whole log; not one with the kept seal."""
    log = await filled(database)
    kept = await log.seal()
    head = "UPDATE audit_head SET number = 0, hash = decode(repeat('00', 32), 'hex')"
    await tamper(database, f"DELETE FROM audit_log; {head}")
    await filled(database, 6)

    assert await log.verify() == []
    assert [found.number for found in await log.verify(kept)] == [5]


async def test_a_log_shorter_than_what_was_sealed_is_found(database: Engine) -> None:
    """Also where its end was moved back with it."""
    log = await filled(database)
    kept = await log.seal()
    shorter = (
        "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit_log WHERE number = 4)"
    )
    await tamper(database, f"DELETE FROM audit_log WHERE number = 5; {shorter}")

    assert await log.verify() == []
    assert [found.number for found in await log.verify(kept)] == [4]
    assert await log.verify(Seal(3, (await log.page(before=4, limit=1))[0].hash)) == []


async def test_rows_are_found_by_what_one_looks_for(database: Engine) -> None:
    """By who, what and to what; a word fits what begins with it up to a dot."""
    log = Audit(database)
    for actor, action, subject in (
        ("li", "violation.dismissed", "violation/1"),
        ("wang", "violation.confirmed", "violation/1"),
        ("li", "violations.counted", "violation/2"),
        ("li", "violation", "violation/2"),
    ):
        await log.write(Deed(actor=actor, action=action, subject=subject))

    async def found(wanted: AuditFilter) -> list[int]:
        newest_first = [row.number for row in await log.page(wanted)]
        assert [row.number async for row in log.rows(wanted)] == newest_first[::-1]
        return newest_first

    assert await found(AuditFilter(actor="li")) == [4, 3, 1]
    assert await found(AuditFilter(action="violation")) == [4, 2, 1]
    assert await found(AuditFilter(action="violation.confirmed")) == [2]
    assert await found(AuditFilter(subject="violation/2", actor="li")) == [4, 3]


async def test_deeds_at_once_are_one_chain(database: Engine) -> None:
    """However many write at the same time, none is lost and the chain holds."""
    log = Audit(database)
    await asyncio.gather(*(log.write(Deed(actor=f"p{n}", action="a")) for n in range(20)))

    assert len(await log.page()) == 20
    assert await log.verify() == []
