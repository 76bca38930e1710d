"""The schema and its migrations."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex, CreateTable

from moderator.errors import LedgerUnavailable, SchemaMismatch
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine, Prepared, prepare
from moderator.ledger.schema.tables import metadata
from moderator.shipped import migrations_directory

CHECKOUT = Path(__file__).parents[3]

# Everything that makes a schema: columns, constraints and indexes, in PostgreSQL's own words.
SCHEMA = """
SELECT c.relname AS of, a.attname AS name, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
       a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS definition
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relname <> 'alembic_version'
UNION ALL
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'alembic_version'
UNION ALL
SELECT tablename, indexname, indexdef FROM pg_indexes
 WHERE schemaname = 'public' AND tablename <> 'alembic_version'
ORDER BY 1, 2, 3
"""


async def test_a_migrated_database_passes_the_check(database: Engine) -> None:
    """The check accepts what the upgrade made."""
    await migrating.check(database)


async def test_a_database_that_cannot_hold_every_character_is_refused(
    empty_database: Engine,
) -> None:
    """Before anything is in it: later single messages would fail, one after the other."""
    name = "in_another_encoding"
    async with _outside(empty_database) as connection:
        await connection.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
        )
        other = Engine(re.sub(r"/test_\w+\?", f"/{name}?", empty_database.dsn))
        with pytest.raises(SchemaMismatch, match="SQL_ASCII"):
            await migrating.upgrade(other)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def _outside(engine: Engine) -> AsyncIterator[Any]:
    """A connection for what no transaction may do."""
    connection = await engine.connect()
    try:
        yield connection
    finally:
        await connection.close()


async def test_an_empty_database_is_a_mismatch(empty_database: Engine) -> None:
    """A database without migrations is refused, and the message names the one wanted."""
    with pytest.raises(SchemaMismatch, match=f"not at {migrating.newest_revision()}"):
        await migrating.check(empty_database)


async def test_a_newer_database_that_says_so_passes(database: Engine) -> None:
    """During an upgrade and after a rollback the version before works on the newer schema."""
    async with database.begin() as transaction:
        await transaction.script("UPDATE alembic_version SET version_num = '9999'")

    await migrating.check(database)


async def test_a_newer_database_that_left_us_behind_is_a_mismatch(database: Engine) -> None:
    """An old version refuses to work on what a newer one made unfit for it."""
    async with database.begin() as transaction:
        await transaction.script("UPDATE alembic_version SET version_num = '9999'")
        await transaction.script("UPDATE schema_floor SET oldest = '9999'")

    with pytest.raises(SchemaMismatch, match="at 9999"):
        await migrating.check(database)


async def test_an_older_database_is_a_mismatch(database: Engine) -> None:
    """Whatever the floor says: what is missing has to be migrated first."""
    async with database.begin() as transaction:
        await transaction.script("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(SchemaMismatch, match="at 0001"):
        await migrating.check(database)


def test_a_migration_that_takes_away_says_who_can_no_longer_work() -> None:
    """Since 0011 whatever drops, renames or tightens in `upgrade` raises the floor."""
    for revision in ScriptDirectory(str(migrations_directory())).walk_revisions():
        upgrade = Path(revision.path).read_text("utf-8").partition("def downgrade")[0]
        takes = re.search(r"op\.(drop_(table|column)|alter_column|rename_table)|RENAME", upgrade)
        if revision.revision > "0011" and takes:
            assert "schema_floor" in upgrade, revision.path


async def test_models_and_migrations_agree(database: Engine, empty_database: Engine) -> None:
    """The tables of the code make exactly the schema that the migrations make."""
    async with empty_database.begin() as transaction:
        for table in metadata.sorted_tables:
            await transaction.script(prepare(CreateTable(table)).sql)
            for index in table.indexes:
                await transaction.script(prepare(CreateIndex(index)).sql)

    migrated = await _schema(database)
    assert len(migrated) > 100
    assert migrated == await _schema(empty_database)


async def test_migrations_can_be_undone_and_done_again(empty_database: Engine) -> None:
    """Up, down to nothing and up again gives the same schema."""
    await migrating.upgrade(empty_database)
    first = await _schema(empty_database)

    await migrating.downgrade(empty_database, "base")
    undone = await _schema(empty_database)
    await migrating.upgrade(empty_database)

    assert undone == []
    assert await _schema(empty_database) == first


async def test_two_upgrades_at_once_do_not_disturb_each_other(
    empty_database_url: str, empty_database: Engine
) -> None:
    """Of two processes that migrate at the same time one waits and finds nothing to do."""
    await asyncio.gather(_run_alembic(empty_database_url), _run_alembic(empty_database_url))

    await migrating.check(empty_database)


async def test_a_migration_does_not_wait_for_a_lock_for_long(database: Engine) -> None:
    """A table in use ends the migration after its lock time-out and leaves everything as it was."""
    async with database.begin() as transaction:
        await transaction.script("LOCK TABLE actions IN ACCESS SHARE MODE")
        with pytest.raises(LedgerUnavailable, match="LockNotAvailable"):
            await migrating.downgrade(database, "base")

    await migrating.check(database)


def test_every_migration_bounds_its_waiting() -> None:
    """Each migration sets lock and statement time-outs for both directions."""
    revisions = list(ScriptDirectory(str(migrations_directory())).walk_revisions())

    assert revisions
    for revision in revisions:
        source = Path(revision.path).read_text("utf-8")
        assert source.count("SET LOCAL lock_timeout = '4s'") == 2
        assert source.count("SET LOCAL statement_timeout") == 2


async def test_alembic_itself_works_from_the_checkout(
    empty_database_url: str, empty_database: Engine
) -> None:
    """`alembic upgrade head` finds its way by `alembic.ini` and the environment."""
    await _run_alembic(empty_database_url)

    await migrating.check(empty_database)


async def test_an_upgrade_without_postgres_says_unavailable() -> None:
    """The error is the ledger's, not the driver's."""
    with pytest.raises(LedgerUnavailable):
        await migrating.upgrade(Engine("postgresql://nobody@127.0.0.1:1/nothing"))


async def _run_alembic(url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "alembic", "upgrade", "head"),
        cwd=CHECKOUT,
        env={**os.environ, "MODERATOR_DATABASE__URL": url},
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 0, told.decode()


async def _schema(engine: Engine) -> list[tuple[str, str, str]]:
    async with engine.begin() as transaction:
        rows = await transaction.rows(Prepared(SCHEMA, (), {}))
    return [(row["of"], row["name"], row["definition"]) for row in rows]
