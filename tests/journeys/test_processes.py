"""`moderator serve --processes N`, and doors for those inside."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from moderator.rehearsal.plan import Plan
from moderator.rehearsal.run import Target, rehearse
from moderator.rehearsal.sender import Timing, callback_client
from moderator.rulebook.samples import expand
from moderator.settings import build_settings

Start = Any  # the fixture's own type; test folders are no packages
Meet = Any
Deployment = dict[str, Any]

pytestmark = pytest.mark.slow

_PATIENT = Timing(patience=30.0, spacing=0.2)
_ANSWERED = re.compile(r'^moderator_callbacks_total\{.*status="200"\} ([0-9.e+]+)$', re.MULTILINE)


def target_of(deployment: Deployment, url: str) -> Target:
    token = deployment["api"]["tokens"]["rehearsal"]
    return Target.of(build_settings(deployment), url=url, app="moderation", api_token=token)


def processes_of(parent: int) -> list[psutil.Process]:
    """The processes that serve, without those of PostgreSQL."""
    return [child for child in psutil.Process(parent).children() if "--inherit" in child.cmdline()]


async def answering(url: str) -> None:
    """Return when one of the processes is ready; the kernel keeps the caller waiting so long."""
    async with httpx.AsyncClient(timeout=60) as http:
        await http.get(f"{url}/livez")


def only(rules: Path, *names: str) -> None:
    """Leave out the other packs: what is not asked for need not be built."""
    for pack in rules.glob("*.yaml"):
        if pack.name not in names:
            pack.unlink()


async def test_a_process_that_dies_is_replaced_and_nothing_is_lost(
    start: Start, deployment: Deployment
) -> None:
    """`kill -9` of one of two under traffic: WeCom's next delivery finds another."""
    running = await start("serve", "--processes", "2", settings=deployment)
    await answering(running.url)
    target = target_of(deployment, running.url)
    warm = Plan(rate=20, seconds=1, violations=10, seed=1, run_id="warm")
    assert (await rehearse(target, warm, timing=_PATIENT)).passed
    first = processes_of(running.process.pid)
    assert len(first) == 2

    plan = Plan(rate=60, seconds=3, violations=20, seed=2, run_id="killed")
    traffic = asyncio.create_task(rehearse(target, plan, timing=_PATIENT))
    first[0].send_signal(signal.SIGKILL)
    report = await traffic

    assert report.passed, report
    second = processes_of(running.process.pid)
    assert first[1] in second
    assert await running.terminate() == 0
    assert not any(process.is_running() for process in (*first, *second))


async def test_a_secret_in_two_processes_is_found(
    start: Start, deployment: Deployment, meet: Meet
) -> None:
    """The key's name reaches one of them, its value the other: each stands still meanwhile."""
    only(Path(deployment["rules"]["directory"]), "credential-clouds.yaml", "policy.yaml")
    running = await start("serve", "--processes", "2", settings=deployment)
    await answering(running.url)
    processes = processes_of(running.process.pid)
    name, value = expand("<aws-key-id:AKIA>", seed="id"), expand("<base64:40>", seed="secret")
    for number, (text, still) in enumerate(zip((f"key {name}", value), processes, strict=True)):
        still.suspend()
        await answering(running.url)
        async with callback_client() as http:  # a new connection, to the one that moves
            await meet(running, http).say("WangFang", number, text)
        still.resume()

    async with callback_client() as http:
        told = await meet(running, http).violation(1)
    assert told["category"] == "credential"  # which the value alone is not
    assert await running.terminate() == 0


async def test_the_numbers_of_all_processes_add_up(start: Start, deployment: Deployment) -> None:
    """Whichever process answers the scrape, it tells of all of them."""
    running = await start("serve", "--processes", "2", settings=deployment)
    await answering(running.url)
    plan = Plan(rate=40, seconds=2, violations=0, seed=1, run_id="counted")
    await rehearse(target_of(deployment, running.url), plan, timing=_PATIENT)

    for _ in range(4):
        async with httpx.AsyncClient() as http:  # a new connection, perhaps another process
            shown = (await http.get(f"{running.url}/metrics")).text
        assert sum(float(found) for found in _ANSWERED.findall(shown)) == 80


async def test_only_callbacks_come_through_the_public_door(
    start: Start, deployment: Deployment
) -> None:
    """With an internal port, neither the API nor the metrics can be had where WeCom knocks."""
    deployment["server"] = {"port": 0, "internal_port": 0}
    running = await start("serve", settings=deployment)
    doors = set(re.findall(r"running on (http://[0-9.:]+)", "".join(running.output)))
    async with asyncio.timeout(30):
        while len(doors) < 2:
            await asyncio.sleep(0)
            doors = set(re.findall(r"running on (http://[0-9.:]+)", "".join(running.output)))

    async with httpx.AsyncClient() as http:
        answers = {
            door: [
                (await http.get(door + path)).status_code
                for path in ("/livez", "/metrics", "/readyz", "/api/v1/violations")
            ]
            for door in doors
        }
        callback = [
            (await http.post(f"{door}/wecom/callback/moderation")).status_code for door in doors
        ]
    assert sorted(answers.values()) == [[200, 200, 200, 401], [200, 404, 404, 404]]
    assert callback == [400, 400]  # both know the address; this was no delivery
    assert await running.terminate() == 0
