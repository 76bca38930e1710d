"""The callback path against the cheapest route that FastAPI can have, over real TCP.

`python benchmarks/callbacks.py [--messages N]`: the real `moderator serve` with a generated lexicon
beside the shipped rules, real encryption, 1 % violations committed to PostgreSQL; and, in the same
uvicorn configuration, a FastAPI route that reads the body and answers nothing.
"""

import argparse
import asyncio
import json
import os
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from callback_client import Run, post, send_all
from matching_texts import clean_texts, generated_words
from moderator.ledger import migrating
from moderator.ledger.embedded import EmbeddedPostgres
from moderator.ledger.engine import Engine, dsn_of
from moderator.rehearsal.callbacks import Head, text
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.world import World
from moderator.shipped import rules_directory
from moderator.wecom.envelope import Envelope
from report import provenance, record, table

WORDS = 60_000
MEMBERS = 50_000  # so many that nobody floods
BANNED = "有人买六合彩吗"
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


@asynccontextmanager
async def running(command: Sequence[str], environment: dict[str, str]) -> AsyncIterator[int]:
    """The port on which a server listens while the block runs."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    said = []
    while line := await process.stderr.readline():
        said.append(line.decode())
        if found := _RUNNING.search(line):
            break
    else:
        raise SystemExit(f"the server did not start: {''.join(said)}")
    reading = asyncio.create_task(process.stderr.read())
    try:
        yield int(found[1])
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


async def best(port: int, makers: Sequence[Sequence[bytes]], **how: Any) -> Run:
    """The fastest of several runs, each with messages of its own."""
    runs = [await send_all("127.0.0.1", port, requests, **how) for requests in makers]
    return max(runs, key=lambda run: run.per_second)


async def measure(count: int, repeats: int) -> None:
    corpus, texts = clean_texts()
    world = invent_world()

    def batches(violations: float) -> list[list[bytes]]:
        return [
            requests_of(world, texts, count=count, violations=violations) for _ in range(repeats)
        ]

    with tempfile.TemporaryDirectory(prefix="moderator-") as home:
        Path(home).chmod(0o755)
        async with EmbeddedPostgres(Path(home) / "pg") as url:
            await migrating.upgrade(Engine(dsn_of(url)))
            values = settings_of(world, api_url="http://127.0.0.1:1", database_url=url)
            values |= {
                "server": {"port": 0},
                "log": {"clean_messages": False},
                "enforcement": {"enabled": False},
                "rules": {
                    "directory": str(rules_with(generated_words(WORDS, texts), Path(home))),
                    "watch": False,
                },
            }
            rows = []
            async with running([sys.executable, "-c", _EMPTY_ROUTE], environment_of({})) as port:
                empty = await best(port, batches(0.01), connections=64)
                rows.append(_row("empty FastAPI route", empty, empty))
            serve = [str(Path(sys.executable).with_name("moderator")), "serve"]
            async with running(serve, environment_of(values)) as port:
                for share in (0.0, 0.01, 1.0):
                    full = await best(port, batches(share), connections=64)
                    rows.append(_row(f"moderator, {share:.0%} violations", full, empty))
                    if share == 0.01:
                        half = full.per_second / 2
                steady = await best(port, batches(0.01), connections=256, rate=half)
                rows.append(_row("moderator, 1% violations, half of the maximum", steady, empty))
    print(
        f"# Callbacks\n\n{provenance()}; {corpus}, {WORDS:,} generated words, {count:,} messages\n"
    )
    print(table(["", "per second", "of the empty route", "p50 ms", "p99 ms", "answers"], rows))


def _row(name: str, run: Run, empty: Run) -> list[object]:
    share = run.per_second / empty.per_second
    record("callbacks", name=name, per_second=run.per_second, share=share)
    return [
        name,
        run.per_second,
        f"{share:.2f}",
        f"{run.percentile(0.5):.1f}",
        f"{run.percentile(0.99):.1f}",
        " ".join(f"{status}: {number}" for status, number in sorted(run.statuses.items())),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    asyncio.run(measure(options.messages, options.repeats))


if __name__ == "__main__":
    main()
