"""What a running service clears away without being asked."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from tests.conftest import SmallRules

from moderator.app import Service
from moderator.ledger.access.attempts import FORGOTTEN_AFTER, Attempts, Guessed
from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.access import login_attempts
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings


async def guesses(database: Engine) -> int:
    async with database.begin() as transaction:
        return len(await transaction.rows(select(login_attempts.c.key)))


async def test_guesses_that_count_no_more_are_cleared_away(
    database: Engine, small_rules: SmallRules, tmp_path: Path
) -> None:
    """Also where nobody ever logs in again."""
    long_ago = datetime.now(UTC) - FORGOTTEN_AFTER - timedelta(hours=1)
    await Attempts(database, clock=lambda: long_ago).admit(Guessed.address("10.0.0.1"))
    values = settings_of(invent_world(people=10), api_url="http://127.0.0.1:9/")
    values["rules"] = {"directory": str(small_rules.folder)}
    values["spool"] = {"directory": str(tmp_path / "spool")}
    service = Service(build_settings(values), database)

    running = asyncio.create_task(service.retention.run())
    async with asyncio.timeout(60):
        while await guesses(database):
            assert not running.done()
    service.retention.stop()
    await running
    await service.stop()
