"""Settings, database, rules, the rest of the world, and how all of it is printed."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import typer
from tests.cli.diagnosis.conftest import (
    Answering,
    Examine,
    Values,
    announce,
    faults,
    only_fault,
)
from tests.conftest import SmallRules
from typer.testing import CliRunner

from moderator.cli.diagnosis.examination import _clock
from moderator.cli.diagnosis.findings import Level
from moderator.cli.doctor import doctor
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.invention import (
    FOREIGN_GROUP,
    MODERATION_APP,
)
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn


async def test_a_deployment_in_order_has_no_fault(run: Examine, stand_in: StandIn) -> None:
    """Everything was looked at, and nobody noticed."""
    findings = await run()

    assert faults(findings) == []
    about = " ".join(finding.about for finding in findings)
    for part in ("settings", "database", "clock", "rules", f"apps.{MODERATION_APP}", "contacts"):
        assert part in about
    assert stand_in.journal.delivered() == []


@pytest.mark.parametrize(
    ("status", "level"), [(405, Level.OK), (200, Level.OK), (503, Level.FAULT), (301, Level.FAULT)]
)
async def test_the_siem_is_knocked_at(
    run: Examine, values: Values, status: int, level: Level
) -> None:
    """Without a report: that the receiver refuses an empty one is enough."""
    async with serving(Answering(status)) as url:
        secret = "whsec_" + "QUJD" * 8
        values["siem"] = {"url": url, "secrets": [secret]}
        findings = await run()

    (siem,) = [finding for finding in findings if finding.about == "siem.url"]
    assert siem.level is level


async def test_a_database_out_of_reach_is_told(run: Examine, values: Values) -> None:
    """The rest is examined all the same."""
    values["database"]["url"] = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"

    found = only_fault(await run())

    assert found.about == "database"


async def test_missing_migrations_are_told(
    run: Examine, values: Values, empty_database_url: str
) -> None:
    """With the command that runs them."""
    values["database"]["url"] = empty_database_url

    assert only_fault(await run()).mend == "`moderator database upgrade`"


async def test_a_database_that_takes_nothing_is_told(run: Examine, database: Engine) -> None:
    """A replica, or one set to read-only."""
    async with database.begin() as transaction:
        await transaction.script(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
            " current_database()); END $$"
        )

    assert "nothing can be written" in only_fault(await run()).what


async def test_trying_to_write_leaves_nothing_behind(run: Examine, database: Engine) -> None:
    """The row is taken back."""
    await run()

    async with database.begin() as transaction:
        await transaction.script("DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM standings); END $$")


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.5, Level.OK), (-1.9, Level.OK), (90.0, Level.FAULT)]
)
def test_clocks_that_disagree_are_told(ahead: float, level: Level) -> None:
    """Windows and quiet hours go by the clock."""
    assert _clock(timedelta(seconds=ahead)).level is level


async def test_every_wrong_setting_is_told(run: Examine, values: Values) -> None:
    """All at once, and nothing else is tried with them."""
    values["compliance"] = {"app": "nobody"}
    del values["evidence"]["key"]

    findings = await run()

    assert len(findings) >= 3
    assert {finding.about for finding in findings} == {"settings"}


async def test_faults_of_rules_are_told(run: Examine, small_rules: SmallRules) -> None:
    """By file and line, as `rules check` does."""
    (small_rules.folder / "bad.yaml").write_text("category: 1\n", "utf-8")

    assert any("bad.yaml" in finding.what for finding in faults(await run()))


@pytest.mark.parametrize("form", [[], ["--json"]])
async def test_the_command_prints_findings_and_no_secret(
    values: Values, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, form: list[str]
) -> None:
    """Exit status 1 with a fault, 0 without; whatever fails, no secret is in what is printed."""
    secrets = [stand_in.company.world.contacts_secret]
    for app in values["wecom"]["apps"].values():
        secrets += [app["secret"], app["token"], app["encoding_aes_key"]]
    values["robots"] = {"keys": {FOREIGN_GROUP: "0123456789abcdef" * 2}}
    announce(values, monkeypatch)
    command = typer.Typer()
    command.command()(doctor)

    broken = await asyncio.to_thread(CliRunner().invoke, command, form)
    values["robots"] = {"keys": {}}
    announce(values, monkeypatch)
    mended = await asyncio.to_thread(CliRunner().invoke, command, form)

    assert (broken.exit_code, mended.exit_code) == (1, 0), broken.output
    for secret in (*secrets, "0123456789abcdef" * 2):
        assert secret not in broken.output + mended.output
    if form:
        lines = [json.loads(line) for line in broken.output.splitlines()]
        assert {line["level"] for line in lines} == {"ok", "note", "fault"}
    else:
        assert "FAULT  robots.keys" in broken.output


async def test_several_faults_are_all_told(
    run: Examine, values: Values, stand_in: StandIn, small_rules: SmallRules
) -> None:
    """One does not hide the other."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(Answering(500)))
        values["siem"] = {"url": url, "secrets": ["whsec_" + "QUJD" * 8]}
        values["compliance"]["users"] = ["NoSuchPerson"]
        values["wecom"]["contacts_secret"] = "x" + "y" * 42
        findings = faults(await run())

    assert [finding.about for finding in findings] == [
        "compliance.users NoSuchPerson",
        "wecom.contacts_secret",
        "siem.url",
    ]
