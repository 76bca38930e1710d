"""When a machine should be sent callbacks, and when a person should look at it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.app import Service
from moderator.errors import SchemaMismatch
from moderator.intake.silence import Silence
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.spool import Filling
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import Settings, build_settings
from moderator.shipped import rules_directory
from moderator.web.health import Condition, Part

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


async def acceptance(service: Service) -> Part:
    return await service.conditions.ready()["acceptance"]()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    values = settings_of(invent_world(people=80), api_url="http://127.0.0.1:1")
    for name in ("canary.yaml", "policy.yaml"):
        (tmp_path / name).write_bytes((rules_directory() / name).read_bytes())
    values["rules"] = {"directory": str(tmp_path)}
    values["spool"] = {"directory": str(tmp_path / "spool")}
    return build_settings(values)


async def test_a_machine_is_ready_while_the_spool_stands_in(settings: Settings) -> None:
    """PostgreSQL away is no reason to take every machine out at once."""
    service = Service(settings, Engine(NOWHERE))
    service.draining.filling = Filling(waiting=0, refused=0, used=10, limit=100)

    assert (await acceptance(service)).condition is Condition.DEGRADED


async def test_a_machine_whose_spool_is_full_is_not_ready(settings: Settings) -> None:
    """Nothing could be kept: callbacks would be answered 503."""
    service = Service(settings, Engine(NOWHERE))
    service.draining.filling = Filling(waiting=9, refused=0, used=100, limit=100)

    assert (await acceptance(service)).condition is Condition.FAILING


async def test_missing_migrations_are_not_ready(settings: Settings, empty_database: Engine) -> None:
    """The spool is for a database that is away, not for one that does not fit."""
    service = Service(settings, empty_database)
    service.draining.filling = Filling(waiting=0, refused=0, used=10, limit=100)

    with pytest.raises(SchemaMismatch):
        await acceptance(service)


async def test_an_unusual_silence_degrades_the_service(settings: Settings) -> None:
    """With the app's name, and since when."""
    service = Service(settings, Engine(NOWHERE))
    hour = timedelta(hours=1)
    since = datetime(2026, 3, 2, tzinfo=UTC)
    service.silence.silences = {
        "chat": Silence(since, lasts=2 * hour, unusual=hour),
        "new": Silence(since, lasts=2 * hour, unusual=None),
    }

    part = await service.conditions.others()["silence"]()

    assert part.condition is Condition.DEGRADED
    assert part.reason == "no message for unusually long: chat"
    assert part.facts["chat"] == {"since": since.isoformat(), "unusual_after_seconds": 3600}
