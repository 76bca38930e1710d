"""`moderator serve` as a process: start, work, die, start again, stop."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from moderator.rehearsal import callbacks
from moderator.rehearsal.journal import Call
from moderator.rehearsal.plan import Plan
from moderator.rehearsal.run import Target, rehearse
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.rehearsal.stand_in import StandIn
from moderator.settings import build_settings

Start = Any  # the fixture's own type; test folders are no packages
Deployment = dict[str, Any]

pytestmark = pytest.mark.slow

_PATIENT = Timing(patience=30.0, spacing=0.0)


def target_of(deployment: Deployment, url: str) -> Target:
    token = deployment["api"]["tokens"]["rehearsal"]
    return Target.of(build_settings(deployment), url=url, app="moderation", api_token=token)


def _reached(calls: Iterable[Call]) -> Counter[str]:
    return Counter(userid for call in calls for userid in call.reached)


async def test_a_service_that_is_killed_loses_and_doubles_nothing(
    start: Start, deployment: Deployment
) -> None:
    """`kill -9` under traffic, a new start, the same messages again: each violation is there once.

    The first rehearsal fails, as it must: messages on their way are not answered.
    """
    plan = Plan(rate=60, seconds=3, violations=20, seed=7, run_id="killed")
    first = await start("serve", settings=deployment)
    target = target_of(deployment, first.url)
    rehearsal = asyncio.create_task(rehearse(target, plan, timing=_PATIENT))
    await _something_recorded(first.url, deployment)
    await first.kill()
    await asyncio.gather(rehearsal, return_exceptions=True)

    second = await start("serve", settings=deployment)
    report = await rehearse(
        target_of(deployment, second.url), plan, timing=_PATIENT, look_back=3600.0
    )

    assert report.passed, report
    assert report.violations.recorded == report.violations.sent
    assert report.violations.doubled == report.violations.lost == 0


async def test_what_was_answered_is_there_after_a_kill(
    start: Start, deployment: Deployment
) -> None:
    """Every message that had its 200 before `kill -9` is recorded, without another delivery."""
    first = await start("serve", settings=deployment)
    target = target_of(deployment, first.url)
    answered: set[str] = set()
    enough = asyncio.Event()

    async with callback_client() as http:
        sender = CallbackSender(
            target.callback, target.envelope, http, timing=Timing(patience=30, deliveries=1)
        )

        async def say(number: int) -> None:
            head = callbacks.Head(corp=target.corp, sender=f"p{number}", at=1, agent_id=1000002)
            plain = callbacks.text(head, number, "低价代开发票，各行业都有")
            if (await sender.deliver(plain)).answered:
                answered.add(str(number))
                if len(answered) >= 15:
                    enough.set()

        saying = [asyncio.create_task(say(number)) for number in range(60)]
        await enough.wait()
        await first.kill()
        await asyncio.gather(*saying)

    second = await start("serve", settings=deployment)
    recorded = {one["message_id"] for one in await _recorded(second.url, deployment)}
    assert answered <= recorded
    assert len(answered) >= 15


async def test_every_warning_arrives_although_the_service_is_killed(
    start: Start, deployment: Deployment, stand_in: StandIn
) -> None:
    """What was committed before the end is carried out after the next start."""
    idle = deployment | {"enforcement": {"enabled": False}}
    first = await start("serve", settings=idle)
    plan = Plan(rate=20, seconds=1, violations=20, seed=3, run_id="warned")
    await rehearse(target_of(deployment, first.url), plan, timing=_PATIENT)
    planned = Counter(
        one["sender"]
        for one in await _recorded(first.url, deployment)
        for action in one["actions"]
        if action["kind"] in {"warn_sender", "remind_sender"} and action["state"] == "queued"
    )
    await first.kill()
    assert not stand_in.journal.calls("message/send")

    await start("serve", settings=deployment)

    assert planned
    sent: list[Call] = []
    while planned - _reached(sent):
        sent = await stand_in.journal.wait_for("message/send", len(sent) + 1, within=30)
    assert all(_reached(sent)[sender] == notices for sender, notices in planned.items())


async def test_sigterm_ends_the_service_in_order(start: Start, deployment: Deployment) -> None:
    """An orchestrator's stop is a clean exit with nothing on the screen but log lines."""
    running = await start("serve", settings=deployment)

    assert await running.terminate() == 0
    assert "Traceback" not in "".join(running.output)


async def test_a_sigterm_during_the_start_is_not_lost(start: Start, deployment: Deployment) -> None:
    """While it still reads its rules it listens to nobody, and ends as soon as it does."""
    running = await start("serve", settings=deployment, serving=False)
    status = Path(f"/proc/{running.process.pid}/status")
    await asyncio.to_thread(_until_it_catches_sigterm, status)
    running.process.terminate()

    async with asyncio.timeout(60):
        await running.process.communicate()
    assert running.process.returncode == 0


async def test_missing_settings_are_listed_without_a_traceback(start: Start) -> None:
    """One message with everything that is wrong, exit status 2."""
    running = await start("serve", settings={"server": {"port": 99999}}, serving=False)
    output, errors = await running.process.communicate()

    told = errors.decode()
    assert running.process.returncode == 2
    assert output == b""
    assert "Traceback" not in told
    for name in ("server.port", "evidence.key", "wecom.corp_id", "wecom.apps", "compliance.app"):
        assert name in told


async def test_a_database_without_migrations_is_refused(
    start: Start, deployment: Deployment, empty_database_url: str
) -> None:
    """`serve` checks migrations and does not run them; it says what to do."""
    deployment["database"] = {"url": empty_database_url}
    running = await start("serve", settings=deployment, serving=False)
    _, errors = await running.process.communicate()

    assert running.process.returncode == 2
    assert "moderator database upgrade" in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_a_start_during_an_outage_takes_what_comes(
    start: Start, deployment: Deployment, tmp_path: Path
) -> None:
    """A process that is replaced while PostgreSQL is away answers 200 out of its spool."""
    deployment["database"] = {"url": "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"}
    deployment["spool"] = {"directory": str(tmp_path)}
    running = await start("serve", settings=deployment)
    target = target_of(deployment, running.url)
    async with callback_client() as http:
        sender = CallbackSender(target.callback, target.envelope, http, timing=_PATIENT)
        head = callbacks.Head(corp=target.corp, sender="p1", at=1, agent_id=1000002)
        delivery = await sender.deliver(callbacks.text(head, 1, "低价代开发票，各行业都有"))

    assert delivery.answered
    assert await running.terminate() == 0
    assert "PostgreSQL is away" in "".join(running.output)


async def test_the_whole_service_runs_on_an_embedded_database(
    start: Start, deployment: Deployment, short_directory: Path
) -> None:
    """`embedded:` needs no PostgreSQL on the machine."""
    deployment["database"] = {"url": f"embedded://{short_directory}"}
    upgrade = await start("database", "upgrade", settings=deployment, serving=False)
    await upgrade.process.communicate()
    assert upgrade.process.returncode == 0

    running = await start("serve", settings=deployment)
    plan = Plan(rate=20, seconds=1, violations=20, seed=1, run_id="embedded")
    report = await rehearse(target_of(deployment, running.url), plan, timing=_PATIENT)

    assert report.passed, report
    assert await running.terminate() == 0
    assert not (short_directory / "postmaster.pid").exists()  # nothing is left running


def _until_it_catches_sigterm(status: Path) -> None:
    """Return once the process has a way of its own to handle the signal (15)."""
    while True:
        lines = status.read_text().splitlines()
        caught = next(line for line in lines if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) >> 14 & 1:
            return


async def _something_recorded(url: str, deployment: Deployment) -> None:
    while not await _recorded(url, deployment):
        pass


async def _recorded(url: str, deployment: Deployment) -> list[dict[str, Any]]:
    headers = {"authorization": f"Bearer {deployment['api']['tokens']['rehearsal']}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        page = (await http.get("/api/v1/violations", params={"limit": 200})).json()
        return [(await http.get(f"/api/v1/violations/{one['id']}")).json() for one in page["items"]]
