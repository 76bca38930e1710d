"""What the callback benchmark measures: real servers as processes, and the requests for them."""

import asyncio
import json
import os
import random
import re
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from callback_client import post
from moderator.rehearsal.callbacks import Head, text
from moderator.rehearsal.world import World
from moderator.shipped import rules_directory
from moderator.wecom.envelope import Envelope

MEMBERS = 50_000  # so many that nobody floods
BANNED = "有人买六合彩吗"
SERVE = (str(Path(sys.executable).with_name("moderator")), "serve")
_RUNNING = re.compile(rb"running on http://127\.0\.0\.1:(\d+)")
_EMPTY_ROUTE = """
import asyncio, sys
import uvicorn
from fastapi import FastAPI, Request, Response
from moderator.cli.listening import uvicorn_config
from moderator.settings import ServerSettings

app = FastAPI()

@app.post("/wecom/callback/{app}")
async def receive(app: str, request: Request) -> Response:
    await request.body()
    return Response()

config = uvicorn_config(ServerSettings(), app)
config.port, config.log_config, config.log_level = 0, uvicorn.config.LOGGING_CONFIG, "info"
config.configure_logging()
with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
    runner.run(uvicorn.Server(config).serve())
"""
EMPTY = (sys.executable, "-c", _EMPTY_ROUTE)


def requests_of(
    world: World, texts: Sequence[str], *, count: int, violations: float
) -> list[bytes]:
    """Encrypted deliveries of different messages; every so many of them a violation."""
    app = world.apps[0]
    envelope = Envelope(
        token=app.token, encoding_aes_key=app.encoding_aes_key, receive_id=world.corp
    )
    chance, run = random.Random(3), secrets.randbelow(10**9) * 10**9
    made = []
    for number in range(count):
        content = BANNED if chance.random() < violations else texts[number % len(texts)]
        head = Head(
            corp=world.corp,
            sender=f"member{chance.randrange(MEMBERS)}",
            at=int(time.time()),
            agent_id=app.agent_id,
        )
        sealed = envelope.seal(
            text(head, run + number, content), timestamp="1790000000", nonce=str(number)
        )
        query = {"msg_signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": number}
        path = f"/wecom/callback/{app.name}?{urlencode(query)}"
        made.append(post("127.0.0.1", path, sealed.body))
    return made


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, perhaps of several processes."""

    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds of processor time that it and its processes have used."""
        every = [self.process, *self.process.children()]
        used = [one.cpu_times() for one in every if "postgres" not in one.name()]
        return sum(times.user + times.system for times in used)

    def memory(self) -> int:
        """Bytes resident."""
        return int(self.process.memory_info().rss)


@asynccontextmanager
async def running(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[Server]:
    """A server while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    said: list[str] = []
    found = None
    while found is None:
        line = await process.stderr.readline()
        if not line:
            raise SystemExit(f"the server did not start: {''.join(said)}")
        said.append(line.decode())
        found = _RUNNING.search(line)
    reading = asyncio.create_task(process.stderr.read())
    try:
        yield Server(int(found[1]), psutil.Process(process.pid))
    finally:
        process.terminate()
        await process.wait()
        await reading


def rules_with(words: Sequence[str], directory: Path) -> Path:
    """The shipped rules and one pack of generated words."""
    rules = directory / "rules"
    shutil.copytree(rules_directory(), rules)
    pack = {
        "category": "generated",
        "severity": "medium",
        "description": "generated",
        "rules": [
            {
                "id": "generated-words",
                "description": "generated words",
                "words": list(words),
                "examples": [words[0]],
                "counter_examples": ["-"],
            }
        ],
    }
    (rules / "generated.yaml").write_text(json.dumps(pack, ensure_ascii=False), "utf-8")
    return rules


def environment_of(values: dict[str, Any]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "MODERATOR" not in name}
    return kept | {f"MODERATOR_{name.upper()}": json.dumps(value) for name, value in values.items()}
