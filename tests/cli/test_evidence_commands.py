"""`moderator evidence` against a real PostgreSQL, as an operator calls it."""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.offences import INVOICES, message
from typer.testing import CliRunner, Result

from moderator.cli import evidence
from moderator.domain.finding import Finding
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.evidence.retention import Terms
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Policy
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings

Run = Callable[..., Awaitable[Result]]
Values = dict[str, Any]
NEW = base64.b64encode(b"n" * 32).decode()
LINE = Prepared(
    "SELECT concat_ws(E'\\t', id, corp, sender, chat, E'\\\\\\\\x00', evidence_expires_at) AS line"
    " FROM violations",
    (),
    {},
)


@pytest.fixture
def values(database_url: str, tmp_path: Path) -> Values:
    """Settings of a deployment, by group."""
    world = invent_world(20)
    made = settings_of(world, api_url="http://127.0.0.1:9", database_url=database_url)
    return {**made, "spool": {"directory": str(tmp_path / "spool")}}


@pytest.fixture
def run(values: Values) -> Run:
    """`moderator evidence …` with these settings in the environment, as they are then."""

    async def ran(*arguments: str) -> Result:
        environment = {
            f"MODERATOR_{group.upper()}": json.dumps(each) for group, each in values.items()
        }
        return await asyncio.to_thread(
            CliRunner().invoke, evidence.app, list(arguments), env=environment
        )

    return ran


@pytest.fixture
def record(values: Values, database: Engine) -> Callable[[int, datetime], Awaitable[int]]:
    """Record the violation of a message that was sent then."""
    settings = build_settings(values).evidence
    recorder = Recorder(
        database, EvidenceCipher.of(settings), Fingerprinter(bytes(32)), keep=Terms.of(settings),
        within=timedelta(seconds=30),
    )  # fmt: skip

    async def recorded(number: int, at: datetime) -> int:
        corp = values["wecom"]["corp_id"]
        sent = message(number, corp=corp, app="moderation", sender="ZhangSan", sent_at=at)
        done = await recorder.record(
            sent, Finding((INVOICES,)), policy=Policy(ladders=()), rulebook="b", now=at
        )
        assert done
        return done.violation_id

    return recorded


Record = Callable[[int, datetime], Awaitable[int]]


def rotated(values: Values) -> None:
    """Put a new key before the present one."""
    old = values["evidence"]["key"]
    values["evidence"] = {**values["evidence"], "key": NEW, "previous_keys": [old]}


async def test_a_key_is_rotated_out(run: Run, record: Record, values: Values) -> None:
    """Before, the old key is in use; after, it may be dropped; and then nothing is lost."""
    for number in range(3):
        await record(number, datetime.now(UTC))
    rotated(values)

    before = await run("keys")
    done = await run("rotate", "--batch", "1")
    after = await run("keys")
    values["evidence"] = {**values["evidence"], "previous_keys": []}
    alone = await run("keys")

    assert ["in use\t3 violations" in before.output, "current\t0 violations" in before.output] == [
        True,
        True,
    ]
    assert (done.exit_code, "3 sealed again" in done.output) == (0, True)
    assert "may be dropped\t0 violations" in after.output
    assert alone.output.splitlines() == [after.output.splitlines()[0]]


async def test_a_rotation_ends_when_asked_and_says_what_is_left(
    record: Record, values: Values, database: Engine
) -> None:
    """SIGTERM after the first step: exit status 1, what was done is done and audited."""
    for number in range(3):
        await record(number, datetime.now(UTC))
    rotated(values)
    environment = {f"MODERATOR_{group.upper()}": json.dumps(each) for group, each in values.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from moderator.cli.main import run; run()"),
        *("evidence", "rotate", "--batch", "1", "--pause", "60000"),
        env={**os.environ, **environment},
        stdout=-1,
    )
    sealed = Prepared("SELECT FROM violations WHERE evidence_key <> $1", ("old",), {})
    old = EvidenceCipher([base64.b64decode(values["evidence"]["previous_keys"][0])]).current
    async with asyncio.timeout(60):
        done = 0
        while not done:
            async with database.begin() as transaction:
                done = len(await transaction.rows(sealed, old=old))
        process.send_signal(signal.SIGTERM)
        output, _ = await process.communicate()

    assert process.returncode == 1
    assert b"in use\t2 violations" in output
    assert (await Audit(database).page())[0].deed.detail == {"sealed": 1, "unreadable": 0}


async def test_rows_whose_key_is_missing_are_named(
    run: Run, record: Record, values: Values
) -> None:
    """Exit status 1: whoever dropped a key too early learns which."""
    await record(1, datetime.now(UTC))
    values["evidence"] = {**values["evidence"], "key": NEW}

    done = await run("rotate")

    assert done.exit_code == 1
    assert "1 unreadable" in done.output
    assert "not in the keyring\t1 violations" in done.output


async def test_a_scan_fails_until_everything_is_erased(
    run: Run, record: Record, database: Engine, values: Values
) -> None:
    """With the place, the number and the ids; a hold makes it right as well."""
    id_ = await record(1, datetime.now(UTC) - timedelta(days=999))
    clean_after_a_hold = []

    before = await run("scan")
    placed = await run("hold", "person", "zhangsan", "--reason", "lawsuit 9", "--by", "Li")
    clean_after_a_hold.append(await run("scan"))
    listed = await run("holds")
    released = await run("release", "1", "--reason", "settled")
    again = await run("release", "1", "--reason", "settled")

    assert (before.exit_code, before.output.splitlines()[-1]) == (
        1,
        f"violations\ttext past its time\t1\t{id_}",
    )
    assert "keeps 1 violations" in placed.output
    assert [(done.exit_code, done.output) for done in clean_after_a_hold] == [
        (0, "1 held beyond their time\nnothing is kept beyond its time\n")
    ]
    assert "lawsuit 9" in listed.output
    assert (released.exit_code, again.exit_code) == (0, 1)
    told = [(row.deed.action, row.deed.actor[-6:]) for row in await Audit(database).page()]
    assert told[-1] == ("hold.placed", "for Li")
    assert (await run("hold", "violation", "x", "--reason", "y")).exit_code == 2


async def test_a_dump_is_scanned_without_any_settings(
    run: Run, record: Record, database: Engine, tmp_path: Path, values: Values
) -> None:
    """A backup on another machine: what it should not hold any more."""
    id_ = await record(1, datetime.now(UTC) - timedelta(days=999))
    async with database.begin() as transaction:
        (row,) = await transaction.rows(LINE)
    dump = tmp_path / "dump.sql"
    columns = "id, corp, sender, chat, evidence, evidence_expires_at"
    dump.write_text(
        "COPY public.alembic_version (version_num) FROM stdin;\n0010\n\\.\n"
        f"COPY public.violations ({columns}) FROM stdin;\n{row['line']}\n\\.\n"
    )
    values.clear()

    done = await run("scan", "--dump", str(dump))

    assert done.exit_code == 1
    assert done.output == (
        f"1 violations, 1 with text, 0 held\nviolations\ttext past its time\t1\t{id_}\n"
    )


async def test_other_terms_are_counted_before_they_are_applied(
    run: Run, record: Record, values: Values
) -> None:
    """Thirty days for advertising, from now on and for what was kept before."""
    await record(1, datetime.now(UTC))
    values["evidence"] = {**values["evidence"], "keep_days_by_category": {"advertising": 30}}

    counted = await run("retention")
    applied = await run("retention", "--apply")
    again = await run("retention")

    assert counted.output.splitlines() == [
        "advertising\t30 days",
        "all others\t180 days",
        "1 would change (--apply)",
    ]
    assert applied.output.splitlines()[-1] == "1 changed"
    assert again.output.splitlines()[-1] == "0 would change (--apply)"


async def test_a_pack_is_made_and_verified(
    run: Run, record: Record, tmp_path: Path, values: Values
) -> None:
    """With the printed key anywhere, with the settings at home; an altered one is refused."""
    id_ = await record(1, datetime.now(UTC))
    path = tmp_path / "case.zip"

    made = await run("pack", str(id_), "--reason", "court", "--output", str(path))
    twice = await run("pack", str(id_), "--reason", "court", "--output", str(path))
    keys = (await run("public-key")).output.split()
    at_home = await run("verify", str(path))
    values.clear()
    abroad = await run("verify", str(path), "--public-key", keys[0])
    strange = await run("verify", str(path), "--public-key", "00" * 32)
    path.write_bytes(path.read_bytes()[:-10])
    altered = await run("verify", str(path), "--public-key", keys[0])

    assert (made.exit_code, twice.exit_code) == (0, 2)
    assert path.stat().st_mode & 0o077 == 0
    whole = "whole, and signed with a trusted key\n"
    assert [(done.exit_code, done.output) for done in (at_home, abroad)] == [(0, whole)] * 2
    assert (strange.exit_code, altered.exit_code) == (1, 1)


async def test_a_pack_that_cannot_be_made_leaves_no_file(run: Run, tmp_path: Path) -> None:
    """Of a violation that there is not."""
    path = tmp_path / "case.zip"

    done = await run("pack", "4711", "--reason", "court", "--output", str(path))

    assert done.exit_code != 0
    assert not path.exists()
