"""Many cases at once, over the API of the service as a process of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import SmallRules
from tests.journeys.conftest import Running, Staff, Start
from tests.offences import INVOICES, calling_for, message

from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.standing import standings
from moderator.settings import Settings, build_settings

CASES = 500
PEOPLE = 50
MASS = replace(INVOICES, rule="mass-mail", start=0, end=4, word="周年庆典")


async def record(database: Engine, settings: Settings) -> None:
    """What a rule too many makes of one campaign: ten hits for each of fifty people."""
    recorder = Recorder(
        database,
        EvidenceCipher.of(settings.evidence),
        Fingerprinter.of(settings.evidence),
        keep=timedelta(days=30),
        within=timedelta(seconds=30),
    )
    policy = calling_for(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP)
    for number in range(CASES):
        at = datetime.now(UTC) - timedelta(seconds=CASES - number)
        sent = message(
            number,
            "周年庆典，欢迎参加",
            corp=settings.wecom.corp_id,
            app="moderation",
            sender=f"person{number % PEOPLE}",
            sent_at=at,
        )
        await recorder.record(sent, Finding((MASS,)), policy=policy, rulebook="b", now=at)


async def until(staff: Staff, job: int, done: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(240):
        while not done(found := await staff.get(f"/jobs/{job}")):
            pass
    return found


async def counted(staff: Staff, status: str) -> int:
    number: int = (await staff.get("/violations/count", status=status))["number"]
    return number


async def test_five_hundred_are_dismissed_through_a_crash_and_taken_back(
    start: Start,
    deployment: dict[str, Any],
    meet: Callable[[Running], Staff],
    database: Engine,
    tmp_path: Path,
) -> None:
    """Each once and none left out, then every record, strike and action as it was before."""
    deployment["enforcement"] = {"enabled": False}
    deployment["rules"] = {"directory": str(SmallRules(tmp_path / "small").folder)}
    await record(database, build_settings(deployment))
    before = await standing(database)
    running = await start("serve", settings=deployment)
    staff = meet(running)
    order = {"kind": "dismiss", "reason": "自家活动", "of": {"filter": {"rule": "mass-mail"}}}
    job = (await staff.post("/jobs", order)).json()["id"]
    await until(staff, job, lambda found: found["counts"]["done"] > CASES // 10)
    await running.kill()
    staff = meet(await start("serve", settings=deployment))
    done = await until(staff, job, lambda found: found["state"] == "done")

    assert (done["total"], done["counts"]["done"]) == (CASES, CASES)
    assert await counted(staff, "dismissed") == CASES
    assert set((await standing(database)).values()) == {0}
    assert await standings.deviations(database) == []

    undoing = (await staff.post(f"/jobs/{job}/undo", {"reason": "其实不是"})).json()["id"]
    undone = await until(staff, undoing, lambda found: found["state"] == "done")
    assert undone["counts"]["done"] == CASES
    assert await counted(staff, "open") == CASES
    assert await standing(database) == before
    assert await standings.deviations(database) == []
    states = {
        action["state"]
        for action in (await staff.get("/actions", kind="warn_sender", limit=200))["items"]
    }
    assert states == {"queued"}
    assert await Audit(database).verify() == []


async def standing(database: Engine) -> dict[str, int]:
    """How many strikes each person has."""
    sql = "SELECT sender, jsonb_array_length(strikes) AS strikes FROM standings"
    async with database.begin() as transaction:
        rows = await transaction.rows(Prepared(sql, (), {}))
    return {row["sender"]: row["strikes"] for row in rows}
