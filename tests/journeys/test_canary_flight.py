"""The canary as a timer runs it: a process of its own, through both doors."""

import asyncio
import re
from typing import Any

import httpx
import pytest

Start = Any  # the fixture's own type; test folders are no packages
Deployment = dict[str, Any]

pytestmark = pytest.mark.slow


async def doors_of(running: Any) -> tuple[str, str]:
    """The public and the internal address, as soon as both are open."""
    doors: set[str] = set()
    async with asyncio.timeout(30):
        while len(doors) < 2:
            await asyncio.sleep(0)
            doors = set(re.findall(r"running on (http://[0-9.:]+)", "".join(running.output)))
    async with httpx.AsyncClient() as http:
        asked = {door: (await http.get(f"{door}/readyz")).status_code for door in doors}
    (public,) = (door for door, status in asked.items() if status == 404)
    (internal,) = doors - {public}
    return public, internal


async def test_a_canary_flies_through_both_doors(start: Start, deployment: Deployment) -> None:
    """Posted where WeCom knocks, asked for where staff asks; exit status 0, then 1 without us."""
    deployment["server"] = {"port": 0, "internal_port": 0}
    running = await start("serve", settings=deployment)
    public, internal = await doors_of(running)
    command = ("canary", "--target", public, "--api", internal)

    flown = await start(*command, settings=deployment, serving=False)
    told, _ = await flown.process.communicate()
    async with httpx.AsyncClient() as http:
        shown = (await http.get(f"{internal}/metrics")).text
    await running.terminate()
    lost = await start(*command, "--within", "0.5", settings=deployment, serving=False)
    await lost.process.communicate()

    assert (flown.process.returncode, lost.process.returncode) == (0, 1)
    assert b"moderation: found after" in told
    assert 'moderator_hits_total{category="canary",rule="canary-signal"}' in shown
