"""`moderator serve`: the service."""

import asyncio
import gc
import signal
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from moderator.app import create_app
from moderator.cli.caching import user_cache
from moderator.cli.listening import Doors, serve_at, uvicorn_config
from moderator.cli.processes import Processes, end_with_parent, overheard
from moderator.errors import LedgerUnavailable
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine
from moderator.ledger.database.opening import opened
from moderator.matching.recollection import Recollection
from moderator.settings import Settings, load_settings
from moderator.telemetry.logging import configure_logging

# What a message leaves behind is no garbage: with Python's own thresholds everything that was said
# lately is looked through every few seconds, for up to a tenth of a second, and next to nothing
# is ever found.
_COLLECTIONS: Final = (5_000, 20, 50)


def serve(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes; `server.processes` if unset.")
    ] = None,
    inherit: Annotated[str, typer.Option(hidden=True)] = "",
    hall: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Run the service until SIGTERM or SIGINT; what was begun is finished first.

    Refuses to start with a list of every wrong or missing setting, or when migrations are missing.
    """
    settings = load_settings(config)
    configure_logging(settings.log)
    number = 1 if inherit else processes or settings.server.processes
    doors = Doors.inherited(inherit) if inherit else Doors.open(settings.server)
    if number > 1:
        asyncio.run(_supervise(settings, doors, number, config))
        return
    loop = uvicorn_config(settings.server).get_loop_factory()
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(_serve(settings, doors, child=bool(inherit), hall=hall))


async def _serve(settings: Settings, doors: Doors, *, child: bool, hall: str) -> None:
    if child:
        end_with_parent()
    ending = _remembered_signals()
    async with opened(settings.database) as engine:
        await _check(engine)
        # Rules are a million objects that never become garbage: to look through them for some
        # stops everything for most of a second.
        gc.set_threshold(*_COLLECTIONS)
        recollection = Recollection(overheard=overheard(hall))
        app = create_app(settings, engine, user_cache(), gc.freeze, recollection)
        gc.freeze()
        await serve_at(doors, app, settings.server, ending)


async def _supervise(settings: Settings, doors: Doors, number: int, config: Path | None) -> None:
    # An embedded PostgreSQL is held here: it must outlive the process that is replaced.
    async with opened(settings.database) as engine:
        await _check(engine)
        host, port = doors.public.getsockname()[:2]
        structlog.get_logger("moderator.processes").info(
            f"{number} processes running on http://{host}:{port}"
        )
        await Processes(number, doors, config=config).run()


async def _check(engine: Engine) -> None:
    """Refuse a database that does not fit; one that is away is what the spool is for."""
    try:
        await migrating.check(engine)
    except LedgerUnavailable:
        structlog.get_logger("moderator.serve").warning("PostgreSQL is away; violations wait here")


def _remembered_signals() -> list[int]:
    """The signals to end that have come so far; they end nothing by themselves.

    One that comes before uvicorn looks for signals must not be lost.  And after its shutdown
    uvicorn raises a signal again for whoever handled it before: the default would kill us while an
    embedded PostgreSQL still has to be stopped.
    """
    came: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: came.append(number))
    return came
