"""Commands against a real PostgreSQL."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from tests.cli.ledgers import Run, config_file, record
from typer.testing import CliRunner, Result

from moderator.ledger.database.engine import Engine
from moderator.settings import Settings, load_settings


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MODERATOR_CONFIG", raising=False)
    before = logging.root.handlers[:]
    yield
    # A replay sends all logs to the standard error of its command, which is closed by now.
    structlog.reset_defaults()
    logging.root.handlers[:] = before


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    return config_file(tmp_path, database_url)


@pytest.fixture
def settings(config: Path) -> Settings:
    return load_settings(config)


@pytest.fixture
def run(config: Path) -> Run:
    """Runs a command with the settings, in a thread: it starts an event loop of its own."""

    async def running(app: Any, *arguments: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, app, [*arguments, "--config", str(config)]
        )

    return running


@pytest.fixture
async def recorded(database: Engine, settings: Settings) -> int:
    """The id of a violation by somebody whose userid looks like a formula."""
    return await record(database, settings, 1)
