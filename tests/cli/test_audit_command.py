"""`moderator audit` against a real PostgreSQL."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner, Result

from moderator.cli import audit
from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
async def run(database_url: str, database: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, over a log of three deeds."""
    values = settings_of(
        invent_world(people=10), api_url="http://127.0.0.1:1", database_url=database_url
    )
    for group, value in values.items():
        monkeypatch.setenv(f"MODERATOR_{group.upper()}", json.dumps(value))
    log = Audit(database)
    for number, actor in enumerate(("李", "wang", "李"), start=1):
        detail = {"reason": "误报", "ratio": 0.5}
        deed = Deed(
            actor=actor, action="violation.dismissed", subject=f"violation/{number}", detail=detail
        )
        await log.write(deed)

    async def ran(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, audit.app, list(arguments))

    return ran


async def test_a_whole_log_is_called_whole(run: Run) -> None:
    """With its seal, to be kept elsewhere and to be compared with later."""
    result = await run("verify")
    seal = (await run("seal")).output.strip()

    assert result.exit_code == 0
    assert result.output == f"whole\t{seal}\n"
    assert (await run("verify", "--known", seal)).exit_code == 0


async def test_a_touched_log_is_an_exit_status(run: Run, database: Engine) -> None:
    """With the number of every row that does not hold, for a job that looks every night."""
    async with database.begin() as transaction:
        await transaction.script(
            "ALTER TABLE audit_log DISABLE TRIGGER USER;"
            "UPDATE audit_log SET actor = 'somebody else' WHERE number = 2"
        )

    result = await run("verify")

    assert result.exit_code == 1
    assert result.output == "2\twas altered\n"


async def test_another_seal_is_an_exit_status(run: Run) -> None:
    """A log that is whole, and not the one that was sealed; and what is no seal."""
    assert (await run("verify", "--known", f"3:{'00' * 32}")).exit_code == 1
    assert (await run("verify", "--known", f"4:{'00' * 32}")).exit_code == 1
    assert (await run("verify", "--known", "3")).exit_code == 2


async def test_deeds_are_listed_by_what_one_looks_for(run: Run) -> None:
    """Newest first, one line for each."""
    lines = (await run("list", "--actor", "李")).output.splitlines()

    assert [line.split("\t")[0] for line in lines] == ["3", "1"]
    assert lines[0].split("\t")[2:5] == ["李", "violation.dismissed", "violation/3"]
    assert (await run("list", "--action", "login")).output == ""
    assert (await run("list", "--since", "2999-01-01")).output == ""
    assert len((await run("list", "--before", "3")).output.splitlines()) == 2


async def test_an_export_can_be_verified_without_the_service(run: Run) -> None:
    """By the recipe of docs/audit.md: SHA-256 over the hash before and the row as JSON."""
    rows = [json.loads(line) for line in (await run("export")).output.splitlines()]
    previous = bytes(32)
    for row in rows:
        told = [row[name] for name in ("number", "at", "actor", "action", "subject", "detail")]
        content = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert row["previous"] == previous.hex()
        previous = hashlib.sha256(previous + content.encode()).digest()
        assert row["hash"] == previous.hex()

    assert [row["number"] for row in rows] == [1, 2, 3]
