"""`moderator serve` as a process of its own."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
_RUNNING = re.compile(r"running on (http://[0-9.:]+)")
_PLAIN = ("-c", "from moderator.cli.main import run; run()")
_ARMED = ("-m", "faults.launcher")
_STARTS_WITHIN = 60  # seconds
_KEPT = 400  # lines of output


class DidNotStart(Exception):
    """The process ended before it listened; the message is what it wrote."""


class Service:
    """A started process; `output` is the last of what it wrote."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""
        self.output: list[str] = []
        self._reader: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def until_serving(self) -> None:
        """Return once it listens; raises `DidNotStart`."""
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(listening))
        async with asyncio.timeout(_STARTS_WITHIN):
            self.url = await listening

    async def kill(self) -> None:
        """`kill -9`, the way a machine dies."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.ended()

    async def terminate(self) -> int:
        """SIGTERM, the way an orchestrator asks; the exit status."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end; the exit status."""
        status = await self.process.wait()
        if self._reader:
            await self._reader
        return status

    async def _read(self, listening: asyncio.Future[str]) -> None:
        assert self.process.stderr is not None  # noqa: S101 - it was asked for
        async for line in self.process.stderr:
            self.output.append(line.decode())
            del self.output[:-_KEPT]
            if (found := _RUNNING.search(self.output[-1])) and not listening.done():
                listening.set_result(found[1])
        if not listening.done():
            listening.set_exception(DidNotStart("".join(self.output)))


async def start(
    settings: Mapping[str, Any],
    *,
    crash: str = "",
    clock: Path | None = None,
    source: Path = ROOT,
) -> Service:
    """Start a service; with `crash` or `clock` by way of `faults.launcher`.

    `source`: the checkout whose code it runs.  Raises `DidNotStart`.
    """
    armed = {"FAULTS_CRASH": crash} if crash else {}
    armed |= {"FAULTS_CLOCK": str(clock)} if clock else {}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(_ARMED if armed else _PLAIN),
        "serve",
        cwd=source,
        env=_environment(settings, source) | armed,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    service = Service(process)
    await service.until_serving()
    return service


async def order(settings: Mapping[str, Any], *command: str, source: Path = ROOT) -> None:
    """Run another command of `moderator` to its end; raises `DidNotStart` where it fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_PLAIN,
        *command,
        cwd=source,
        env=_environment(settings, source),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise DidNotStart(said.decode())


def _environment(settings: Mapping[str, Any], source: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "MODERATOR" not in name}
    given = {f"MODERATOR_{group.upper()}": json.dumps(value) for group, value in settings.items()}
    return kept | given | {"PYTHONPATH": str(source / "src")}
