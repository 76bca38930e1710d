"""`moderator stand-in`: a WeCom of one's own, for rehearsals."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from moderator.rehearsal.deployment import world_of
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import create_stand_in
from moderator.rehearsal.world import World
from moderator.settings import load_settings


def stand_in(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free port.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    config: Annotated[
        Path | None,
        typer.Option(help="The service's settings file; the environment alone if omitted."),
    ] = None,
) -> None:
    """Play WeCom for the apps and groups of a settings file until interrupted.

    Point the service at it with wecom.api_url; what it received is at /rehearsal/journal.
    """
    asyncio.run(_serve(world_of(load_settings(config)), host, port))


async def _serve(world: World, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(create_stand_in(world), host=host, port=port) as url:
        print(f"Stand-in WeCom of {world.corp} at {url}")
        print(f"  MODERATOR_WECOM__API_URL={url}")
        print(f"  journal: {url}/rehearsal/journal", flush=True)
        await stop.wait()
