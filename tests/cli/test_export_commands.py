"""`moderator export`, and `moderator violations export`, against a real PostgreSQL."""

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.cli.ledgers import config_file, record
from typer.testing import CliRunner, Result

from moderator.cli import exports, violations
from moderator.ledger.audit import Audit, AuditRow
from moderator.ledger.database.engine import Engine
from moderator.settings import load_settings

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def ids(tmp_path: Path, database: Engine, database_url: str) -> list[int]:
    """Three violations of one who is called like a formula, newest first."""
    settings = load_settings(config_file(tmp_path, database_url))
    return [await record(database, settings, number) for number in (1, 2, 3)][::-1]


@pytest.fixture
def run(ids: list[int], tmp_path: Path) -> Run:
    """Runs a command with the settings, in a thread: it starts an event loop of its own."""

    async def running(app: Any, *arguments: str) -> Result:
        config = str(tmp_path / "moderator.toml")
        return await asyncio.to_thread(CliRunner().invoke, app, [*arguments, "--config", config])

    return running


async def log(database: Engine) -> list[AuditRow]:
    """What the audit log holds, oldest first."""
    return (await Audit(database).page())[::-1]


async def test_violations_are_written_to_standard_output(run: Run, ids: list[int]) -> None:
    """As CSV that a spreadsheet may open; what was written is said beside it."""
    result = await run(violations.app, "export")

    assert result.exit_code == 0, result.output
    content = result.stdout_bytes.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline=""), strict=True))
    assert [int(row["id"]) for row in rows] == ids
    assert {row["sender"] for row in rows} == {"'=cmd|calc"}
    assert result.stderr.startswith("3 rows, SHA-256 ")


async def test_the_hash_is_that_of_the_json_lines(run: Run, database: Engine) -> None:
    """It is printed, and it is in the audit log with who exported what."""
    result = await run(violations.app, "export", "--format", "jsonl", "--by", "li")

    digest = hashlib.sha256(result.stdout_bytes).hexdigest()
    begun, written = await log(database)
    assert f"3 rows, SHA-256 {digest}, " in result.stderr
    assert (begun.deed.action, written.deed.action) == ("export.begun", "export.written")
    assert written.deed.detail["hash"] == digest
    assert written.deed.actor.endswith("(cli) for li")


async def test_a_file_has_its_name_when_it_is_whole(run: Run, tmp_path: Path) -> None:
    """A workbook with all rows, and nothing beside it."""
    file = tmp_path / "out" / "violations.xlsx"
    file.parent.mkdir()

    result = await run(violations.app, "export", "--format", "xlsx", "--output", str(file))

    assert result.exit_code == 0, result.output
    assert openpyxl.load_workbook(file).worksheets[1].max_row == 4
    assert list(file.parent.iterdir()) == [file]


async def test_a_failed_export_leaves_no_file(
    run: Run, tmp_path: Path, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it breaks off there is no file, and the log says that it was aborted."""

    async def broken(*_: Any) -> Any:
        yield b"id"
        raise OSError("disk full")

    monkeypatch.setattr(exports, "pieces", broken)
    file = tmp_path / "out" / "violations.csv"
    file.parent.mkdir()

    result = await run(violations.app, "export", "--output", str(file))

    assert result.exit_code == 1
    assert list(file.parent.iterdir()) == []
    assert (await log(database))[-1].deed.action == "export.aborted"
    assert (await log(database))[-1].deed.detail["reason"] == "OSError"


async def test_filters_are_those_of_the_api(run: Run) -> None:
    """Any of them, once or several times; one that there is not is refused."""
    fitting = ("--where", "status=open", "--where", "status=confirmed", "--where", "rule=invoices")

    assert len((await run(violations.app, "export", *fitting)).stdout_bytes.splitlines()) == 4
    for unfit in ("status=dismissed", "rule=other"):
        result = await run(violations.app, "export", "--where", unfit)
        assert len(result.stdout_bytes.splitlines()) == 1
    assert (await run(violations.app, "export", "--where", "sendr=x")).exit_code == 2
    assert (await run(violations.app, "export", "--time-zone", "Mars/Olympus")).exit_code == 2


async def test_the_other_lists_are_exported_too(run: Run) -> None:
    """Actions, people's standings and the audit log, each with its own columns."""
    actions = await run(exports.app, "actions", "--format", "jsonl", "--where", "state=proposed")
    people = await run(exports.app, "people", "--format", "jsonl")
    audit = await run(exports.app, "audit", "--format", "jsonl", "--where", "action=export.written")

    told = [json.loads(line) for line in actions.stdout_bytes.splitlines()]
    assert {action["kind"] for action in told} == {"remove_from_group"}
    (person,) = (json.loads(line) for line in people.stdout_bytes.splitlines())
    assert (person["sender"], person["violations"], person["strikes"]) == ("=cmd|calc", 3, 3)
    deeds = [json.loads(line) for line in audit.stdout_bytes.splitlines()]
    assert [json.loads(deed["detail"])["of"] for deed in deeds] == ["people", "actions"]
