"""Bringing the database to the shape that this version needs."""

import asyncio
import io
import os
from functools import cache
from typing import Any

import asyncpg
from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory

from moderator.errors import LedgerUnavailable, SchemaMismatch
from moderator.ledger.database.engine import Engine, Prepared, dsn_of, translated
from moderator.ledger.schema import metadata
from moderator.shipped import migrations_directory

_LOCK = 0x6D6F646D  # the advisory lock that lets one migration run at a time
_VERSION = Prepared("SELECT version_num FROM alembic_version", (), {})
_FLOOR = Prepared("SELECT oldest FROM schema_floor", (), {})


async def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, all in one transaction or none.

    Raises `LedgerUnavailable`, also when a table stays locked by others for four seconds, and
    `SchemaMismatch` for a database that cannot hold every character.  Any
    number of processes may do this at once, but in one process Alembic does one thing at a time.
    """
    await asyncio.to_thread(command.upgrade, _config(engine), revision)


async def downgrade(engine: Engine, revision: str) -> None:
    """Undo migrations down to `revision`; `base` undoes all."""
    await asyncio.to_thread(command.downgrade, _config(engine), revision)


async def check(engine: Engine) -> None:
    """Raise `SchemaMismatch` unless this version of the code works with the database.

    It does with its own migrations, and with newer ones that say so: while an upgrade is under
    way, and after it was taken back, the version before works on what the newer one migrated.
    """
    found, wanted = await current_revision(engine), newest_revision()
    if found != wanted and not await _newer_but_fit(engine, found, wanted):
        raise SchemaMismatch(
            f"the database is at {found or 'no migration'}, not at {wanted}; "
            "run `moderator database upgrade`"
        )


async def _newer_but_fit(engine: Engine, found: str | None, wanted: str | None) -> bool:
    if found is None or wanted is None or found < wanted:
        return False
    async with engine.begin() as transaction:
        row = await transaction.row(_FLOOR)
    return row is not None and row["oldest"] <= wanted


async def current_revision(engine: Engine) -> str | None:
    """The revision that the database is at; None before the first migration."""
    try:
        async with engine.begin() as transaction:
            row = await transaction.row(_VERSION)
    except SchemaMismatch:
        return None
    return row["version_num"] if row else None


@cache
def newest_revision() -> str | None:
    """The revision that this version of the code needs."""
    return ScriptDirectory(str(migrations_directory())).get_current_head()


async def migrate(config: Config) -> None:
    """Write the script from where the database is and run it; called by Alembic's environment."""
    with translated():
        # Nothing prepared by name: a pooler may stand between, and a migration asks little.
        connection = await asyncpg.connect(_dsn(config), timeout=10, statement_cache_size=0)
    try:
        with translated():
            async with connection.transaction():
                await _refuse_other_encodings(connection)
                await connection.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
                await _run_missing(connection)
    finally:
        await connection.close()


def write_script(**options: Any) -> None:
    """Let Alembic write the SQL of the migrations to its output."""
    context.configure(
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},  # else every per cent sign is doubled
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=False,  # the transaction is ours
        **options,
    )
    context.run_migrations()


async def _refuse_other_encodings(connection: Any) -> None:
    encoding = await connection.fetchval("SHOW server_encoding")
    if encoding != "UTF8":
        raise SchemaMismatch(f"the database is in {encoding}; make one WITH ENCODING 'UTF8'")


async def _run_missing(connection: Any) -> None:
    revision = await _revision(connection)
    if revision is None:
        # Undoing everything leaves Alembic's own table behind; its script makes it anew.
        await connection.execute("DROP TABLE IF EXISTS alembic_version")
    if script := _script_from(revision).strip():
        await connection.execute(script)


def _script_from(revision: str | None) -> str:
    script = io.StringIO()
    write_script(as_sql=True, starting_rev=revision, output_buffer=script)
    return script.getvalue()


async def _revision(connection: Any) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval(_VERSION.sql)
    return revision


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    config.attributes["dsn"] = engine.dsn
    return config


def _dsn(config: Config) -> str:
    dsn = config.attributes.get("dsn") or os.environ.get("MODERATOR_DATABASE__URL", "")
    if not dsn or dsn.startswith("embedded:"):
        raise LedgerUnavailable("MODERATOR_DATABASE__URL names no running PostgreSQL")
    return dsn_of(dsn)
