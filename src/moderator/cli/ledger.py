"""What the commands that work on the ledger share: options, settings and the database."""

import asyncio
import os
import pwd
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from moderator.ledger.database.engine import Engine
from moderator.ledger.database.opening import opened
from moderator.settings import Settings, load_settings

MOST_ID = 2**63 - 1
MOST_INTEGER = 2**31 - 1

Result = TypeVar("Result")
Config = Annotated[
    Path | None, typer.Option(help="Settings file; the environment alone if omitted.")
]
By = Annotated[str, typer.Option(help="On whose behalf; recorded with the local user and machine.")]
Limit = Annotated[int, typer.Option(help="At most this many lines.", min=1, max=MOST_INTEGER)]


def at_the_ledger(
    config: Path | None, work: Callable[[Settings, Engine], Awaitable[Result]]
) -> Result:
    """Do `work` with the database of the settings; an embedded one runs as long as it takes."""
    settings = load_settings(config)

    async def working() -> Result:
        async with opened(settings.database) as engine:
            return await work(settings, engine)

    return asyncio.run(working())


def decider(by: str) -> str:
    """Who decides: the account that runs this, whatever name it gives besides.

    The account is the kernel's and not the environment's, which everybody can set.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under an id that has no name
        account = str(os.getuid())
    name = f"{account}@{socket.gethostname()} (cli)"
    return f"{name} for {by}" if by else name
