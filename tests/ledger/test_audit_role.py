"""The role that the service runs as: it adds to the audit log, and can do nothing else to it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine

ROLES = Path(__file__).parents[2] / "deploy/postgres/roles.sql"
REFUSED = (
    "UPDATE audit_log SET actor = 'somebody else'",
    "UPDATE audit_log SET at = now() WHERE number = 1",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "DROP TABLE audit_log",
    "ALTER TABLE audit_log DISABLE TRIGGER USER",
    "DROP TRIGGER audit_log_is_append_only ON audit_log",
    "DROP FUNCTION audit_log_is_append_only() CASCADE",
    "CREATE OR REPLACE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE sql AS ''",
    "ALTER TABLE audit_log OWNER TO CURRENT_USER",
    "DELETE FROM audit_head",
    "TRUNCATE audit_head",
    "INSERT INTO audit_head (number, hash) VALUES (0, '')",
    "SET session_replication_role = replica",
    "SET ROLE moderator_owner",
    "CREATE TABLE mine (a int)",
)


@pytest.fixture
async def limited(database: Engine) -> AsyncIterator[Engine]:
    """An engine whose every connection has the rights of a role that `roles.sql` made.

    Roles belong to the whole server: this test's have names of their own.
    """
    mark = uuid4().hex[:8]
    names = {f"moderator_{name}": f"{name}_{mark}" for name in ("owner", "service")}
    script = ROLES.read_text("utf-8")
    for name, own in names.items():
        script = script.replace(name, own)
    owner, service = names.values()
    await run(database.dsn, script, script)  # it may be repeated
    engine = Engine(database.dsn.replace("//postgres:", f"//{service}:", 1))
    yield engine
    await engine.dispose()
    for name in (service, owner):
        await run(database.dsn, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_the_service_adds_to_the_log_and_reads_it(limited: Engine) -> None:
    """All that it needs: rows, the moved end, the proof."""
    log = Audit(limited)
    await log.write(Deed(actor="li", action="violation.dismissed", subject="violation/1"))
    await log.write(Deed(actor="li", action="violation.reopened", subject="violation/1"))

    assert [row.number for row in await log.page()] == [2, 1]
    assert await log.verify() == []


@pytest.mark.parametrize("statement", REFUSED)
async def test_the_service_can_do_nothing_else_to_it(limited: Engine, statement: str) -> None:
    """Refused by PostgreSQL for want of rights, before any trigger is asked."""
    log = Audit(limited)
    await log.write(Deed(actor="li", action="violation.dismissed"))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(limited.dsn, statement.replace("moderator_owner", owner_of(limited)))

    assert await log.verify() == []


async def test_the_service_works_with_all_other_tables(limited: Engine, database: Engine) -> None:
    """It reads, adds, changes and removes there, as ever."""
    wanted = """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND NOT (has_table_privilege(oid, 'SELECT')
            AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE')
            AND has_table_privilege(oid, 'DELETE'))
    """
    connection = await asyncpg.connect(limited.dsn)
    lacking = {row[0] for row in await connection.fetch(wanted)}
    await connection.close()

    assert lacking == {"audit_log", "audit_head"}


def owner_of(limited: Engine) -> str:
    """The name that the owner has in this test."""
    found = re.search(r"//service_([0-9a-f]{8}):", limited.dsn)
    assert found is not None
    return f"owner_{found[1]}"
