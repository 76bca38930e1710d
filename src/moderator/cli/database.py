"""`moderator database`: the shape of the database."""

import typer

from moderator.cli.ledger import Config, at_the_ledger
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine
from moderator.settings import Settings

app = typer.Typer(help="Migrations of the database.", no_args_is_help=True, add_completion=False)


@app.command()
def upgrade(config: Config = None) -> None:
    """Run the migrations that are missing; all of them or none."""
    print(at_the_ledger(config, _upgraded))


@app.command()
def check(config: Config = None) -> None:
    """Tell whether the database has exactly the migrations of this version; status 2 if not."""
    print(at_the_ledger(config, _checked))


async def _upgraded(_: Settings, engine: Engine) -> str:
    before = await migrating.current_revision(engine)
    await migrating.upgrade(engine)
    after = await migrating.current_revision(engine)
    if before == after:
        return f"at {after} already"
    return f"upgraded from {before or 'an empty database'} to {after}"


async def _checked(_: Settings, engine: Engine) -> str:
    await migrating.check(engine)
    return f"at {migrating.newest_revision()}, as this version needs it"
