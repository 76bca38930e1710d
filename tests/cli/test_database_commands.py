"""`moderator database`, `outbox` and `violations` against a real PostgreSQL."""

import asyncio
import os
import pwd
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.ledgers import Run, config_file, record
from tests.offences import NOW
from typer.testing import CliRunner, Result

from moderator.cli import database as database_commands
from moderator.cli import failed, outbox, violations
from moderator.domain.decision import ActionState
from moderator.errors import SchemaMismatch
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("no_variables")
ACCOUNT = pwd.getpwuid(os.getuid()).pw_name


async def test_check_accepts_a_migrated_database(run: Run) -> None:
    """`database check` names the revision and exits with 0."""
    result = await run(database_commands.app, "check")

    assert (result.exit_code, "as this version needs it" in result.output) == (0, True)


async def test_upgrade_brings_an_empty_database_to_the_newest_revision(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Refused by the check before, accepted after; a second upgrade has nothing to do."""
    config = config_file(tmp_path, empty_database_url)

    def run(command: str) -> Result:
        return CliRunner().invoke(database_commands.app, [command, "--config", str(config)])

    before = await asyncio.to_thread(run, "check")
    first, second, after = [
        await asyncio.to_thread(run, command) for command in ("upgrade", "upgrade", "check")
    ]

    assert isinstance(before.exception, SchemaMismatch)
    assert first.output.startswith("upgraded from an empty database to ")
    assert second.output.endswith("already\n")
    assert after.exit_code == 0


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """A socket's path has 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="moderator-"))
    yield directory
    shutil.rmtree(directory)


def test_upgrade_starts_an_embedded_database(short_directory: Path) -> None:
    """`embedded:` needs no server: it is started, migrated and stopped again."""
    config = config_file(short_directory, f"embedded://{short_directory}/pg")

    for command in ("upgrade", "check"):
        result = CliRunner().invoke(database_commands.app, [command, "--config", str(config)])
        assert result.exit_code == 0, result.output
    assert not (short_directory / "pg" / "postmaster.pid").exists()


async def test_violations_are_listed_without_their_text(run: Run, recorded: int) -> None:
    """A line names id, sender, category, severity and rule."""
    result = await run(violations.app, "list")

    assert result.output.split("\t")[0] == str(recorded)
    assert "advertising\tmedium\tinvoices\topen" in result.output
    assert "发票" not in result.output


async def test_the_list_is_filtered(run: Run, recorded: int) -> None:
    """Options that do not fit give an empty list; an unknown severity is refused."""
    fitting = ("--severity", "medium", "--category", "advertising", "--since", "2026-03-02")
    unfit = [("--severity", "critical"), ("--sender", "lisi"), ("--until", "2026-03-02")]

    assert (await run(violations.app, "list", *fitting)).output.startswith(f"{recorded}\t")
    for options in unfit:
        assert (await run(violations.app, "list", *options)).output == ""
    assert (await run(violations.app, "list", "--severity", "dire")).exit_code == 2


async def test_violations_are_found_and_counted_by_any_filter(run: Run, recorded: int) -> None:
    """The question is the one of the API's address; what it does not know is named."""
    fits = "severity=medium&status=open&status=confirmed&sort=gravest"

    assert (await run(violations.app, "find", fits)).output.startswith(f"{recorded}\t")
    assert (await run(violations.app, "find", "rule=casino")).output == ""
    assert (await run(violations.app, "count", fits)).output == "1\n"
    assert (await run(violations.app, "count", "text=nobody")).output == "0\n"
    refused = await run(violations.app, "find", "sendr=lisi")
    assert refused.exit_code == 2
    assert "sendr" in refused.output


async def test_a_limit_is_kept_over_many_pages(
    run: Run, database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three lines are three lines, with two to a page."""
    monkeypatch.setattr(violations, "_PAGE", 2)
    for number in range(1, 6):
        await record(database, settings, number)

    result = await run(violations.app, "list", "--limit", "3")

    assert len(result.output.splitlines()) == 3


@pytest.mark.usefixtures("recorded")
async def test_proposals_are_listed_and_approved(run: Run, database: Engine) -> None:
    """Approving keeps who it was; a second decision changes nothing and exits with 1."""
    listed = await run(outbox.app, "list", "--state", "proposed")
    action = listed.output.split("\t")[0]

    first = await run(outbox.app, "approve", action, "--by", "wang")
    second = await run(outbox.app, "refuse", action, "--by", "li", "--reason", "no")

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "approved" in second.output
    decided_by = (await Outbox(database).one(int(action))).decided_by
    assert decided_by == f"{ACCOUNT}@{socket.gethostname()} (cli) for wang"


@pytest.mark.usefixtures("recorded")
async def test_nobody_decides_in_another_persons_name(
    run: Run, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is kept in any case, and not what the environment calls it."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "director")
    action = (await run(outbox.app, "list", "--state", "proposed")).output.split("\t")[0]

    await run(outbox.app, "refuse", action)

    decided_by = (await Outbox(database).one(int(action))).decided_by
    assert decided_by == f"{ACCOUNT}@{socket.gethostname()} (cli)"


@pytest.mark.parametrize(
    ("app", "arguments"),
    [
        (outbox.app, ("approve", "99999999999999999999")),
        (outbox.app, ("requeue", "99999999999999999999")),
        (outbox.app, ("requeue", "--errcode", "99999999999")),
        (outbox.app, ("list", "--before", "99999999999999999999")),
        (outbox.app, ("list", "--limit", "99999999999999999999")),
        (failed.app, ("replay", "99999999999999999999")),
    ],
)
async def test_a_number_beyond_all_ids_is_a_usage_error(
    run: Run, app: Any, arguments: tuple[str, ...]
) -> None:
    """The greatest that there can be is named, and the database is not asked."""
    result = await run(app, *arguments)

    assert result.exit_code == 2
    assert re.search(r"\b(2147483647|9223372036854775807)\b", result.output)


async def test_lists_of_an_empty_database_say_what_to_do(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Without the migrations every list tells how to run them."""
    config = config_file(tmp_path, empty_database_url)

    for app in (outbox.app, violations.app, failed.app):
        result = await asyncio.to_thread(CliRunner().invoke, app, ["list", "--config", str(config)])
        assert isinstance(result.exception, SchemaMismatch)
        assert "run `moderator database upgrade`" in str(result.exception)


@pytest.mark.usefixtures("recorded")
async def test_failed_actions_are_requeued(run: Run, database: Engine) -> None:
    """Those with the errcode named are tried again."""
    box = Outbox(database, expire_after=timedelta(days=3650))
    (claimed,) = await box.claim(1, timedelta(minutes=1), NOW + timedelta(hours=1))
    await box.settle(claimed.id, ActionState.FAILED, "range", 60020)

    none = await run(outbox.app, "requeue", "--errcode", "1", "--by", "ops")
    one = await run(outbox.app, "requeue", "--errcode", "60020", "--by", "ops")

    assert (none.output, one.output) == ("0 requeued\n", "1 requeued\n")
    assert (await box.one(claimed.id)).state is ActionState.QUEUED


def test_dsn_is_taken_from_the_settings(config: Path, database_url: str) -> None:
    """The commands work on the database that the settings name."""
    assert dsn_of(load_settings(config).database.url.get_secret_value()) == dsn_of(database_url)
