"""The whole API against its own description, by schemathesis with every check on."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.conftest import SmallRules
from tests.offences import INVOICES, calling_for, message

from moderator.app import create_app
from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import create_stand_in
from moderator.settings import Settings, build_settings

TOKEN = "alice-" + "0a" * 20
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
async def service(
    database: Engine, database_url: str, small_rules: SmallRules, tmp_path: Path
) -> AsyncIterator[str]:
    """The address of the whole service, with some violations in it."""
    async with serving(create_stand_in(invent_world(people=20))) as wecom:
        values = settings_of(invent_world(people=20), api_url=wecom, database_url=database_url)
        values["rules"] = {"directory": str(small_rules.folder)}
        values["api"] = {"tokens": {"alice": TOKEN}}
        values["enforcement"] = {"enabled": False}
        values["spool"] = {"directory": str(tmp_path / "spool")}
        settings = build_settings(values)
        for number in range(1, 6):
            await record(database, settings, number)
        async with serving(create_app(settings, database)) as address:
            yield address


async def record(database: Engine, settings: Settings, number: int) -> None:
    at = datetime.now(UTC) - timedelta(minutes=number)
    sent = message(number, corp=settings.wecom.corp_id, app="moderation", sent_at=at)
    recorder = Recorder(
        database,
        EvidenceCipher.of(settings.evidence),
        Fingerprinter.of(settings.evidence),
        keep=timedelta(days=30),
    )
    policy = calling_for(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP)
    await recorder.record(sent, Finding((INVOICES,)), policy=policy, rulebook="b", now=at)


async def test_the_service_keeps_to_its_description(service: str, tmp_path: Path) -> None:
    """No call, well-formed or not, gets an answer that the OpenAPI document does not foresee."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{service}/api/openapi.json"),
        *("--header", f"Authorization: Bearer {TOKEN}"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", "4", "--generation-deterministic", "--no-shrink"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--no-color"),
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "SCHEMATHESIS_HOOKS": "tests.web.formats",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()

    assert process.returncode == 0, told.decode("utf-8", "replace")
    assert re.search(rb"Tested: [0-9]+", told)
