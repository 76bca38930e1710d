"""The whole service over a small rulebook, with its PostgreSQL away: most refusals need none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import Settings, build_settings
from moderator.web.front import Moderator


@pytest.fixture
def values(small_rules: SmallRules, tmp_path: Path) -> dict[str, Any]:
    """Settings of a service whose WeCom and PostgreSQL are nowhere."""
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"
    made = settings_of(invent_world(people=80), api_url="http://127.0.0.1:1", database_url=url)
    made["rules"] = {"directory": str(small_rules.folder), "watch": False}
    made["spool"] = {"directory": str(tmp_path / "spool")}
    return made


@pytest.fixture
def settings(values: dict[str, Any]) -> Settings:
    return build_settings(values)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Moderator]:
    """The whole service as an ASGI app; nothing works beside it."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    app = create_app(settings, engine)
    assert isinstance(app, Moderator)
    yield app
    await engine.dispose()
