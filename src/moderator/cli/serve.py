"""`moderator serve`: the service."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from moderator.app import create_app
from moderator.ledger import migrating
from moderator.ledger.opening import opened
from moderator.settings import ServerSettings, Settings, load_settings
from moderator.telemetry.logging import configure_logging

_DRAIN_SECONDS = 10  # WeCom has hung up after five


def serve(
    config: Annotated[Path | None, typer.Option(help="Settings file.")] = None,
) -> None:
    """Run the service until SIGTERM or SIGINT; what was begun is finished first.

    Refuses to start with a list of every wrong or missing setting, or when migrations are missing.
    """
    settings = load_settings(config)
    configure_logging(settings.log)
    server = uvicorn_config(settings.server)
    with asyncio.Runner(loop_factory=server.get_loop_factory()) as runner:
        runner.run(_serve(settings, server))


def uvicorn_config(server: ServerSettings) -> uvicorn.Config:
    """How uvicorn runs the service; the wide events replace its access log."""
    return uvicorn.Config(
        app="",
        host=server.host,
        port=server.port,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


async def _serve(settings: Settings, config: uvicorn.Config) -> None:
    async with opened(settings.database) as engine:
        await migrating.check(engine)
        config.app = create_app(settings, engine)
        _end_in_order()
        await uvicorn.Server(config).serve()


def _end_in_order() -> None:
    """Keep uvicorn from ending the process itself.

    After its shutdown it raises the signal again for whoever handled it before; the default would
    kill us while an embedded PostgreSQL still has to be stopped.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
