"""The service as a process of its own, as an operator runs it."""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in

_RUNNING = re.compile(r"running on (http://[0-9.:]+)")


@dataclass
class Running:
    """A started service; `output` is what it wrote so far."""

    process: asyncio.subprocess.Process
    url: str = ""
    output: list[str] = field(default_factory=list)
    reader: asyncio.Task[None] | None = None

    async def kill(self) -> None:
        """`kill -9`, the way a machine dies."""
        self.process.kill()
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM, the way an orchestrator asks; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end; the exit status."""
        status = await self.process.wait()
        if self.reader:
            await self.reader
        return status

    async def until_serving(self) -> None:
        """Return once it listens; raises `AssertionError` with its output if it ends instead."""
        listening = asyncio.get_running_loop().create_future()
        self.reader = asyncio.create_task(self._read(listening))
        async with asyncio.timeout(60):
            self.url = await listening

    async def _read(self, listening: asyncio.Future[str]) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.output.append(line.decode())
            if (found := _RUNNING.search(self.output[-1])) and not listening.done():
                listening.set_result(found[1])
        if not listening.done():
            listening.set_exception(AssertionError("".join(self.output)))


Start = Callable[..., Coroutine[Any, Any, Running]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start `moderator …` with settings in its environment; what still runs is killed after."""
    started: list[Running] = []

    async def run(*arguments: str, settings: dict[str, Any], serving: bool = True) -> Running:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from moderator.cli.main import run; run()",
            *arguments,
            env=_environment(settings),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        running = Running(process)
        started.append(running)
        if serving:
            await running.until_serving()
        return running

    yield run
    for running in started:
        with suppress(ProcessLookupError):
            running.process.kill()
        await running.process.wait()
        if running.reader:
            await running.reader


@pytest.fixture
async def stand_in() -> StandIn:
    return create_stand_in(invent_world())


@pytest.fixture
async def deployment(stand_in: StandIn, database_url: str) -> AsyncIterator[dict[str, Any]]:
    """Settings for a stand-in WeCom and a migrated database."""
    async with serving(stand_in) as wecom:
        values = settings_of(stand_in.company.world, api_url=wecom, database_url=database_url)
        values["server"] = {"port": 0}
        values["log"] = {"clean_messages": False}
        yield values


def _environment(settings: dict[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "MODERATOR" not in name}
    return kept | {
        f"MODERATOR_{group.upper()}": json.dumps(value) for group, value in settings.items()
    }


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """A folder for an embedded PostgreSQL: a socket's path has 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="moderator-") as home:
        Path(home).chmod(0o755)
        yield Path(home) / "pg"
