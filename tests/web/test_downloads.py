"""Downloads that do not end well, and how much of them is in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.web.conftest import NOW

from moderator.domain.access import Actor, Role
from moderator.errors import NotFound
from moderator.exporting.table import Format
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.exports import BATCH, Exports
from moderator.ledger.desk.progress import Progress
from moderator.ledger.desk.selections import violations_selected
from moderator.ledger.records import ViolationFilter
from moderator.rehearsal.serving import serving
from moderator.web.downloads import Download, Downloads
from moderator.web.front import Moderator
from moderator.web.problems import Refusal

ALICE = Actor(name="alice", roles=frozenset({Role.AUDITOR}))


async def log(database: Engine) -> list[tuple[str, dict[str, Any]]]:
    """What the audit log holds, oldest first."""
    rows = reversed(await Audit(database).page())
    return [(row.deed.action, dict(row.deed.detail)) for row in rows]


class Line:
    """A connection that somebody holds: what is sent over it, and when they hang up."""

    def __init__(self, *, hang_up_after: int = 10**9, takes: bool = True) -> None:
        self.sent: list[dict[str, Any]] = []
        self._after = hang_up_after
        self._takes = takes
        self._gone = asyncio.Event()

    async def receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        self.sent.append(event)
        if len(self.sent) >= self._after:
            self._gone.set()
        if not self._takes:
            await asyncio.Event().wait()

    @property
    def whole(self) -> bool:
        return self.sent[-1].get("more_body") is False


def progress(database: Engine) -> Progress:
    return Progress(database, clock=lambda: NOW)


def download(
    database: Engine, ending: str, downloads: Downloads | None = None, watch: str = ""
) -> Download:
    downloads = downloads or Downloads(
        exports=Exports(database), progress=progress(database), clock=lambda: NOW
    )
    selection = violations_selected(ViolationFilter())
    return downloads.of(selection, Format(ending), ALICE, ZoneInfo("Asia/Shanghai"), watch)


async def fill(database: Engine, rows: int) -> None:
    """Violations in one go."""
    async with database.begin() as transaction:
        await transaction.script(
            f"""
            INSERT INTO violations (message_key, corp, sender, source, sent_at, recorded_at,
                                    category, severity, rules, fingerprints, hits, offence,
                                    clauses, evidence_expires_at)
            SELECT n::text, 'ww1', 'user', 'callback', now(), now(), 'advertising', 2,
                   '{{}}', '{{}}', '[]', 1, '[]', now()
              FROM generate_series(1, {rows}) AS n
            """
        )


@pytest.mark.parametrize("ending", ["csv", "jsonl", "xlsx"])
async def test_an_aborted_download_is_told_as_one(database: Engine, ending: str) -> None:
    """Whoever hangs up has an aborted export with the rows that had left, and no whole one."""
    await fill(database, 5 * BATCH)
    line = Line(hang_up_after=1 if ending == "xlsx" else 3)

    await download(database, ending)({}, line.receive, line.send)

    assert not line.whole
    begun, (action, detail) = await log(database)
    assert (begun[0], action, detail["reason"]) == ("export.begun", "export.aborted", "broken off")
    assert detail["rows"] <= 5 * BATCH


async def test_whoever_takes_nothing_is_cut_off(database: Engine) -> None:
    """A reader that stops holds the snapshot for no longer than the patience."""
    await fill(database, 1)
    downloads = Downloads(
        exports=Exports(database), progress=progress(database), clock=lambda: NOW, patience=0.01
    )
    line = Line(takes=False)

    with pytest.raises(TimeoutError):
        await download(database, "csv", downloads)({}, line.receive, line.send)

    assert (await log(database))[-1][0] == "export.aborted"


async def test_a_few_exports_at_a_time(database: Engine) -> None:
    """One more is asked to come again; nothing of it is in the log."""
    downloads = Downloads(exports=Exports(database), progress=progress(database), clock=lambda: NOW)
    await downloads.slots.acquire()
    await downloads.slots.acquire()
    line = Line()

    with pytest.raises(Refusal) as refused:
        await download(database, "csv", downloads)({}, line.receive, line.send)

    assert refused.value.status_code == 429
    assert line.sent == []


async def test_the_log_has_the_end_before_the_reader_has(database: Engine) -> None:
    """When the last event leaves, the export is in the log as written."""
    line, seen = Line(), []

    async def send(event: Any) -> None:
        await line.send(event)
        if line.whole:
            seen.append((await log(database))[-1][0])

    await download(database, "csv")({}, line.receive, send)

    assert seen == ["export.written"]


async def test_rows_leave_in_batches(database: Engine) -> None:
    """However many there are, no more than a batch of them is sent, or held, at a time."""
    await fill(database, 7 * BATCH + 1)
    line = Line()

    await download(database, "jsonl")({}, line.receive, line.send)

    pieces = [event["body"].count(b"\n") for event in line.sent if "body" in event]
    assert [number for number in pieces if number] == [BATCH] * 7 + [1]


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_whoever_asked_sees_how_far_it_is(database: Engine, ending: str) -> None:
    """While it is under way, of how many rows; nobody else does, and nothing is left of it."""
    await fill(database, 3 * BATCH)
    downloads = Downloads(exports=Exports(database), progress=progress(database), clock=lambda: NOW)
    line, seen, watch = Line(), [], "9f" * 16

    async def send(event: Any) -> None:
        if not line.sent:
            seen.append((await downloads.course(watch, ALICE)).total)
            with pytest.raises(NotFound):
                await downloads.course(watch, replace(ALICE, name="bob"))
        await line.send(event)

    await download(database, ending, downloads, watch)({}, line.receive, send)

    assert seen == [3 * BATCH]
    assert line.whole
    with pytest.raises(NotFound):
        await downloads.course(watch, ALICE)


async def test_whoever_hangs_up_on_a_real_connection_is_told_as_aborted(database: Engine) -> None:
    """Over TCP, through everything that stands around the API."""
    await fill(database, 20_000)  # megabytes: more than the connection buffers
    app = Moderator(_nothing, "/wecom/callback/")
    exports = Exports(database)

    @app.get("/export")
    async def export() -> Download:
        downloads = Downloads(exports=exports, progress=progress(database), clock=lambda: NOW)
        return download(database, "jsonl", downloads)

    async with serving(app) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", "/export") as answer:
            await anext(answer.aiter_bytes())
        async with asyncio.timeout(30):
            while len(told := await log(database)) < 2:
                continue

    assert [action for action, _ in told] == ["export.begun", "export.aborted"]
    assert 0 < told[1][1]["rows"] < 20_000


async def test_an_export_that_breaks_is_no_whole_answer(database: Engine) -> None:
    """Where PostgreSQL goes away in the middle the connection breaks, and a client notices."""
    await fill(database, 20_000)
    app = Moderator(_nothing, "/wecom/callback/")

    @app.get("/export")
    async def export() -> Download:
        return download(database, "jsonl")

    async with (
        serving(app) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/export") as answer,
    ):
        rest = answer.aiter_bytes()
        await anext(rest)
        await hang_up_on_readers(database)
        with pytest.raises(httpx.RemoteProtocolError):
            await all_of(rest)

    assert (await log(database))[-1][1]["reason"] == "LedgerUnavailable"


async def hang_up_on_readers(database: Engine) -> None:
    """Have PostgreSQL end whoever reads beside the pool."""
    async with database.begin() as transaction:
        await transaction.script(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = '' AND query LIKE 'SELECT%'
            """
        )


async def all_of(pieces: AsyncIterator[bytes]) -> None:
    async for _ in pieces:
        pass


async def _nothing(*_: Any) -> None:
    return
