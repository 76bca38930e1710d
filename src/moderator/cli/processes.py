"""Several processes behind the same sockets: one that dies is replaced, all end together.

They hear what each of them is told by way of memory that belongs to no file.
"""

import asyncio
import mmap
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog
from prometheus_client.multiprocess import mark_process_dead

from moderator.cli.listening import Doors
from moderator.matching.overhearing import PART, Overheard

_FIRST_WAIT: Final = 0.5  # seconds before a process that died is replaced
_LONGEST_WAIT: Final = 30.0
_STEADY: Final = 60.0  # seconds of life after which a death is no longer one of a series


class Processes:
    """Starts `number` processes of the service and keeps them running until it is stopped."""

    def __init__(self, number: int, doors: Doors, *, config: Path | None) -> None:
        self._number = number
        self._doors = doors
        self._config = config
        self._hall = _memory(number)
        self._running: dict[int, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger("moderator.processes")

    async def run(self) -> None:
        """Return when all of them have ended, after SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)
        with tempfile.TemporaryDirectory(prefix="moderator-metrics-") as metrics:
            async with asyncio.TaskGroup() as group:
                for place in range(self._number):
                    group.create_task(self._keep(place, metrics))

    def _stop(self) -> None:
        self._stopping.set()
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.terminate()

    async def _keep(self, place: int, metrics: str) -> None:
        wait = _FIRST_WAIT
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            status = await self._live(place, metrics)
            if self._stopping.is_set():
                return
            lived = asyncio.get_running_loop().time() - began
            wait = _FIRST_WAIT if lived > _STEADY else min(_LONGEST_WAIT, 2 * wait)
            self._log.error("process ended", status=status, again_in_seconds=wait)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stopping.wait()

    async def _live(self, place: int, metrics: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *_command(self._doors, self._config),
            *(["--hall", f"{self._hall}:{place}"] if self._hall is not None else []),
            stdin=asyncio.subprocess.PIPE,  # never written: it ends when we do
            pass_fds=[*self._doors.descriptors, *([self._hall] if self._hall is not None else [])],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": metrics},
        )
        self._running[place] = process
        if self._stopping.is_set():
            process.terminate()
        status = await process.wait()
        mark_process_dead(process.pid, metrics)  # type: ignore[no-untyped-call]
        return status


def overheard(hall: str) -> Overheard | None:
    """What the processes of this machine share, for the one that has that place; None for none."""
    if not hall:
        return None
    descriptor, place = map(int, hall.split(":"))
    return Overheard(memoryview(mmap.mmap(descriptor, 0)), place=place)


def _memory(number: int) -> int | None:
    """Memory for that many processes, by its descriptor; None where the system has no such thing.

    It is nobody's but ours, and never on a disk: texts are in it.
    """
    if not hasattr(os, "memfd_create"):
        return None
    descriptor = os.memfd_create("moderator")
    os.ftruncate(descriptor, number * PART)
    return descriptor


def end_with_parent() -> None:
    """Ask this process to end when the one that started it is gone, however that ended."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(0, 1):
            loop.remove_reader(0)
            os.kill(os.getpid(), signal.SIGTERM)

    loop.add_reader(0, look)


def _command(doors: Doors, config: Path | None) -> list[str]:
    inherited = ",".join(map(str, doors.descriptors))
    command = [sys.executable, "-c", "from moderator.cli.main import run; run()", "serve"]
    return [*command, "--inherit", inherited, *(["--config", str(config)] if config else [])]
