"""The whole service over a small rulebook, with its PostgreSQL away: most refusals need none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from moderator.app import create_app
from moderator.ledger.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import Settings, build_settings
from moderator.web.front import Moderator

PACK = """
category: gambling
severity: medium
description: 赌博
rules:
  - id: lottery
    description: 彩票
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [开会]
"""
POLICY = """
ladders:
  - {id: all, window: 9d, rungs: [{at: 1, actions: [warn_sender]}]}
"""


@pytest.fixture
def small_rules(tmp_path: Path) -> Path:
    """A folder with one rule: 六合彩."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "gambling.yaml").write_text(PACK, "utf-8")
    (rules / "policy.yaml").write_text(POLICY, "utf-8")
    return rules


@pytest.fixture
def values(small_rules: Path, tmp_path: Path) -> dict[str, Any]:
    """Settings of a service whose WeCom and PostgreSQL are nowhere."""
    url = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"
    made = settings_of(invent_world(people=80), api_url="http://127.0.0.1:1", database_url=url)
    made["rules"] = {"directory": str(small_rules), "watch": False}
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
