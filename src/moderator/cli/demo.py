"""`moderator demo`: the whole service, a stand-in WeCom and a scripted day of chat."""

import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from moderator.app import create_app
from moderator.cli.screen import Day, show
from moderator.domain.access import Grant, Role
from moderator.ledger.access.invitations import Invitations
from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, create_engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP
from moderator.rehearsal.play import Scene, Stage
from moderator.rehearsal.scene import company, day
from moderator.rehearsal.sender import callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import LogSettings, Settings, build_settings
from moderator.telemetry.logging import configure_logging


def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit after the script.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 0,
) -> None:
    """Play a day of office chat against the real service; nothing outside this machine is asked.

    With --once the exit status is 0 only if everything happened as scripted.
    """
    _forget_deployment()
    configure_logging(LogSettings(level="error", format="console"))
    with tempfile.TemporaryDirectory(prefix="moderator-demo-") as directory:
        home = Path(directory)
        home.chmod(0o755)  # PostgreSQL runs as a user of its own where we are root
        as_scripted = asyncio.run(_play(home, once=once, port=port))
    raise typer.Exit(0 if as_scripted else 1)


async def _play(directory: Path, *, once: bool, port: int) -> bool:
    console = Console()
    began = time.perf_counter()
    async with AsyncExitStack() as stack:
        console.print("starting PostgreSQL, a stand-in for WeCom and the service …", style="dim")
        url = await stack.enter_async_context(EmbeddedPostgres(directory / "postgres"))
        world = company()
        stand_in = create_stand_in(world)
        wecom = await stack.enter_async_context(serving(stand_in))
        settings = build_settings(settings_of(world, api_url=wecom, database_url=url))
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        await migrating.upgrade(engine)
        service = await stack.enter_async_context(serving(create_app(settings, engine), port=port))
        scenes = await _scenes(service, settings, stand_in)
        shown = Day(
            scenes=scenes,
            stand_in=stand_in,
            service=service,
            wecom=wecom,
            token=_token(settings),
            invitation=await _invitation(engine),
            seconds=time.perf_counter() - began,
        )
        show(console, shown)
        if not once:
            await _until_interrupted(console)
    return shown.as_scripted


async def _scenes(service: str, settings: Settings, stand_in: StandIn) -> Sequence[Scene]:
    async with callback_client() as http:
        stage = Stage(
            url=service,
            app=stand_in.company.apps[MODERATION_APP],
            corp=settings.wecom.corp_id,
            token=_token(settings),
            http=http,
        )
        return await stage.play(day(seed=time.time_ns()))


async def _invitation(engine: Engine) -> str:
    """The code by which whoever looks on becomes a user who may do everything."""
    everything = Grant(roles=frozenset(Role) - {Role.DEPARTMENT_ADMIN})
    invitations = Invitations(engine, clock=lambda: datetime.now(UTC))
    _, code = await invitations.invite(everything, by="demo", lasts=timedelta(hours=12))
    return code


async def _until_interrupted(console: Console) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print("\nEverything keeps running; Ctrl-C ends it.", style="dim")
    await stop.wait()


def _token(settings: Settings) -> str:
    return next(iter(settings.api.tokens.values())).get_secret_value()


def _forget_deployment() -> None:
    """The demo brings its own settings; those of this shell are for another deployment."""
    for name in [name for name in os.environ if name.startswith("MODERATOR_")]:
        del os.environ[name]
