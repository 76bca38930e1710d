"""The service as a process of its own, as an operator runs it."""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderator.rehearsal import callbacks
from moderator.rehearsal.callbacks import Head
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.run import Target
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import build_settings
from moderator.shipped import rules_directory

_PATIENT = Timing(patience=30.0, spacing=0.0)
_UNSETTLED = {"queued", "approved", "sending"}
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
def rules_at_any_hour(tmp_path: Path) -> Path:
    """The shipped rules without their quiet hours: a journey goes the same way day and night."""
    rules = tmp_path / "rules"
    shutil.copytree(rules_directory(), rules)
    policy = rules / "policy.yaml"
    policy.write_text(
        re.sub(r"(?m)^quiet_hours:\n( .*\n)+", "", policy.read_text("utf-8")), "utf-8"
    )
    return rules


@pytest.fixture
async def deployment(
    stand_in: StandIn, database_url: str, rules_at_any_hour: Path
) -> AsyncIterator[dict[str, Any]]:
    """Settings for a stand-in WeCom and a migrated database."""
    async with serving(stand_in) as wecom:
        values = settings_of(stand_in.company.world, api_url=wecom, database_url=database_url)
        values["server"] = {"port": 0}
        values["log"] = {"clean_messages": False}
        values["rules"] = {"directory": str(rules_at_any_hour), "watch": False}
        yield values


class Staff:
    """People of the company who write to the app, and officers who ask and decide over the API."""

    def __init__(self, deployment: dict[str, Any], url: str, http: httpx.AsyncClient) -> None:
        token = deployment["api"]["tokens"]["rehearsal"]
        self._target = Target.of(
            build_settings(deployment), url=url, app=MODERATION_APP, api_token=token
        )
        self._sender = CallbackSender(
            self._target.callback, self._target.envelope, http, timing=_PATIENT
        )
        self._http = http
        self._headers = {"authorization": f"Bearer {token}"}
        self._url = f"{url}/api/v1"

    async def say(self, sender: str, number: int, text: str) -> None:
        """Write a message; WeCom has its 200 when this returns."""
        head = Head(
            corp=self._target.corp,
            sender=sender,
            at=int(time.time()),
            agent_id=self._target.agent_id,
        )
        assert (await self._sender.deliver(callbacks.text(head, number, text))).answered

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self._http.get(self._url + path, params=query, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self._http.post(self._url + path, json=body, headers=self._headers)

    async def violation(self, number: int) -> Any:
        """The record of the message with that number."""
        items = (await self.get("/violations", limit=200))["items"]
        found = next(item["id"] for item in items if item["message_id"] == str(number))
        return await self.get(f"/violations/{found}")

    async def settled(self, number: int, *, within: float = 60.0) -> Any:
        """The record when nothing of it is to be carried out any more."""
        async with asyncio.timeout(within):
            while True:
                found = await self.violation(number)
                if not {action["state"] for action in found["actions"]} & _UNSETTLED:
                    return found


@pytest.fixture
async def meet(deployment: dict[str, Any]) -> AsyncIterator[Callable[..., Staff]]:
    """The staff, talking to a running service, over connections of their own if these are given."""
    async with callback_client() as shared:
        yield lambda running, http=shared: Staff(deployment, running.url, http)


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
