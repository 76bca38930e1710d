"""Exports over HTTP: the file, who may have it, and what the log says of it."""

import csv
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import openpyxl  # type: ignore[import-untyped]
import pytest
from fastapi import FastAPI
from tests.web.conftest import NOW, POLICY, Desk

from moderator.domain.access import Actor, Right, Role
from moderator.domain.people import Department, Member
from moderator.exporting.formulas import restored
from moderator.exporting.jsonl import JsonLines
from moderator.exporting.table import Cell, Column, Kind
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.exports import Exports
from moderator.ledger.desk.progress import Progress
from moderator.ledger.desk.selections import VIOLATIONS
from moderator.ledger.directory.people import People
from moderator.web.access import Access
from moderator.web.exports import CHINA, exports_router
from moderator.web.problems import Refusal, install_problems

FORMATS = ("csv", "jsonl", "xlsx")
ALICE = Actor(name="alice", roles=frozenset({Role.AUDITOR}))


class Known(Access):
    """Access for one person, whatever is shown."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def needs(self, right: Right) -> Callable[..., Awaitable[Actor]]:
        async def actor() -> Actor:
            if not self._actor.may(right):
                raise Refusal(httpx.codes.FORBIDDEN, "forbidden", "no")  # type: ignore[arg-type]
            return self._actor

        return actor


@dataclass
class House:
    """The exports of one house, for whoever asks."""

    database: Engine

    async def get(self, path: str, actor: Actor = ALICE, **query: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._app(actor), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(f"/api/v1/exports/{path}", params=query)

    async def log(self) -> list[tuple[str, dict[str, Any]]]:
        """What the audit log holds of exports, oldest first."""
        rows = reversed(await Audit(self.database).page())
        return [
            (row.deed.action, dict(row.deed.detail))
            for row in rows
            if row.deed.action.startswith("export.")
        ]

    def _app(self, actor: Actor) -> FastAPI:
        app = FastAPI()
        install_problems(app)
        router = exports_router(
            Exports(self.database),
            Progress(self.database, clock=lambda: NOW),
            Known(actor),
            corp="ww1",
            policy=lambda: POLICY,
            clock=lambda: NOW,
        )
        app.include_router(router)
        return app


@pytest.fixture
def house(database: Engine) -> House:
    return House(database)


def read(answer: httpx.Response) -> list[dict[str, Any]]:
    """The rows of a file, as another reader has them."""
    assert answer.status_code == 200, answer.text
    match answer.headers["content-type"].partition(";")[0]:
        case "text/csv":
            lines = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
            return list(csv.DictReader(lines, strict=True))
        case "application/x-ndjson":
            return [json.loads(line) for line in answer.content.splitlines()]
        case _:
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[1]
            head, *rows = sheet.iter_rows(values_only=True)
            return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("ending", FORMATS)
async def test_all_formats_have_the_same_rows(desk: Desk, house: House, ending: str) -> None:
    """The same columns, newest first, whatever the file is."""
    ids = [await desk.record(sender=f"user-{number}") for number in range(3)]

    rows = read(await house.get(f"violations.{ending}"))

    assert [int(row["id"]) for row in rows] == ids[::-1]
    assert [row["sender"] for row in rows] == ["user-2", "user-1", "user-0"]
    assert list(rows[0]) == [column.name for column in VIOLATIONS]


async def test_all_formats_have_the_same_hash(desk: Desk, house: House) -> None:
    """It is that of the JSON lines, so whoever has them can check all three."""
    for number in range(3):
        await desk.record(sender=f"=user-{number}")

    _, lines, book = [await house.get(f"violations.{ending}") for ending in FORMATS]

    hashes = {detail["hash"] for action, detail in await house.log() if action == "export.written"}
    assert hashes == {hashlib.sha256(lines.content).hexdigest()}
    assert book.headers["x-export-sha256"] in hashes
    assert book.headers["x-export-rows"] == "3"


def typed(column: Column, cell: Any, text: Callable[[str], str]) -> Cell:
    """What was exported, from the cell of a spreadsheet, after docs/exports.md."""
    match column.kind:
        case Kind.NUMBER:
            return int(cell) if cell not in ("", None) else None
        case Kind.MOMENT if isinstance(cell, datetime):
            return cell.replace(tzinfo=ZoneInfo(CHINA))
        case Kind.MOMENT:
            return datetime.fromisoformat(cell) if cell else None
        case Kind.WORDS:
            return text(cell or "").split()
        case Kind.TEXT:
            return text(cell or "")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_nothing_is_lost_on_the_way(desk: Desk, house: House, ending: str) -> None:
    """Whoever reads a file back has the rows whose hash it was exported with."""
    text = restored if ending == "csv" else str
    for sender in ("=user", "＋用户", "@x", "-1", "007", "a,b", "'quoted"):
        await desk.record(sender=sender, chat='chat "1"')

    rows = read(await house.get(f"violations.{ending}"))
    cells = [[typed(column, row[column.name], text) for column in VIOLATIONS] for row in rows]

    again = hashlib.sha256(JsonLines(VIOLATIONS).lines(cells)).hexdigest()
    assert again == (await house.log())[-1][1]["hash"]


@pytest.mark.parametrize("ending", FORMATS)
async def test_no_text_leaves_the_house(desk: Desk, house: House, ending: str) -> None:
    """Neither what was written nor the word that was found in it."""
    await desk.record("低价代開發票请联系")

    content = (await house.get(f"violations.{ending}")).content
    cells = str(read(await house.get(f"violations.{ending}"))) + content.decode(errors="replace")

    assert "發票" not in cells
    assert "发票" not in cells


async def test_an_attack_in_a_name_is_defused(desk: Desk, house: House, database: Engine) -> None:
    """A sender's name that is a formula is a text in CSV and in XLSX."""
    attack = '=HYPERLINK("http://evil.example")'
    await People(database).keep("ww1", Member(userid="zhangsan", name=attack), at=NOW)
    await desk.record()

    (comma,) = read(await house.get("violations.csv"))
    answer = await house.get("violations.xlsx")

    assert comma["sender_name"] == f"'{attack}"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[1]
    (cell,) = (cell for cell in sheet[2] if cell.value == attack)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


async def test_filters_are_those_of_the_list(desk: Desk, house: House) -> None:
    """What the list would not show is not in the file; the log has the filter."""
    await desk.record()
    wanted = await desk.record(sender="lisi")
    since = (NOW + timedelta(minutes=1)).isoformat()

    rows = read(await house.get("violations.jsonl", sender="lisi", sent_after=since))

    assert [row["id"] for row in rows] == [wanted]
    assert (await house.log())[-1][1]["filter"] == {
        "sender": "lisi",
        "sent_from": "2026-03-02T09:31:00.000Z",
    }


async def test_a_misspelt_filter_exports_nothing(house: House) -> None:
    """It is refused instead of ignored, and no export has begun."""
    answer = await house.get("violations.csv", sendr="lisi")

    assert answer.status_code == 422
    assert await house.log() == []


@pytest.mark.parametrize(
    "query",
    [{"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"time_zone": "Asia"}],
)
async def test_an_unknown_zone_is_refused(house: House, query: dict[str, Any]) -> None:
    """Only zones of the IANA data base are; a path is none."""
    assert (await house.get("violations.csv", **query)).status_code == 422


async def test_moments_are_in_the_zone_asked_for(desk: Desk, house: House) -> None:
    """CSV with the offset, XLSX with the zone on its first sheet, JSON lines in UTC."""
    await desk.record()
    zone: dict[str, Any] = {"time_zone": "Europe/Paris"}

    (comma,) = read(await house.get("violations.csv", **zone))
    (line,) = read(await house.get("violations.jsonl", **zone))
    book = openpyxl.load_workbook(io.BytesIO((await house.get("violations.xlsx", **zone)).content))

    assert comma["sent_at"] == "2026-03-02T10:31:00.000+01:00"
    assert line["sent_at"] == "2026-03-02T09:31:00.000Z"
    assert str(book.worksheets[1]["B2"].value) == "2026-03-02 10:31:00"
    told = dict(book.worksheets[0].iter_rows(values_only=True))
    assert told["时区 Time zone"] == "Europe/Paris (CET, UTC+0100)"


async def test_the_first_sheet_says_who_what_and_how_many(desk: Desk, house: House) -> None:
    """Filter, author, number of rows and hash stand where the file goes."""
    await desk.record()
    answer = await house.get("violations.xlsx", severity="medium")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    told = dict(sheet.iter_rows(values_only=True))
    assert told["导出人 Author"] == "alice"
    assert json.loads(told["筛选 Filter"]) == {"severity": "medium"}
    assert told["行数 Rows"] == 1
    assert told["SHA-256"] == answer.headers["x-export-sha256"]
    assert told["编号 Id"] == answer.headers["x-export-id"]


@pytest.mark.parametrize("ending", FORMATS)
async def test_nothing_found_is_a_file(house: House, ending: str) -> None:
    """An export without rows is whole, and is told as one."""
    assert read(await house.get(f"violations.{ending}")) == []
    (_, (action, detail)) = await house.log()
    assert (action, detail["rows"]) == ("export.written", 0)


async def test_whoever_may_not_export_gets_nothing(house: House) -> None:
    """A viewer sees the list, and no file of it."""
    viewer = Actor(name="eve", roles=frozenset({Role.VIEWER}))

    for subject in ("violations", "actions", "people", "audit"):
        assert (await house.get(f"{subject}.csv", viewer)).status_code == 403
    assert await house.log() == []


async def test_the_audit_log_is_for_those_who_see_it(house: House) -> None:
    """To export is not enough; and it is not divided by departments."""
    reviewer = Actor(name="bob", roles=frozenset({Role.REVIEWER}))
    bound = Actor(name="eve", roles=ALICE.roles, departments=frozenset({1}))

    assert (await house.get("audit.csv", reviewer)).status_code == 403
    assert (await house.get("audit.csv", bound)).status_code == 403


@pytest.fixture
async def two_departments(desk: Desk, database: Engine) -> None:
    """zhangsan of department 2, lisi of 7, each with a violation and its actions."""
    people = People(database)
    tree = (Department(id=1), Department(id=2, parent=1), Department(id=7, parent=1))
    await people.keep_departments("ww1", tree, at=NOW)
    for userid, department in (("zhangsan", 2), ("lisi", 7)):
        await people.keep("ww1", Member(userid=userid, departments=(department,)), at=NOW)
        await desk.record(sender=userid)


@pytest.mark.parametrize("subject", ["violations", "actions", "people"])
async def test_the_bound_holds(two_departments: None, house: House, subject: str) -> None:
    """Whoever is bound to a department exports nobody else; the log names the bound."""
    bound = Actor(name="chen", roles=ALICE.roles, departments=frozenset({7}))

    rows = read(await house.get(f"{subject}.jsonl", bound))
    everybody = read(await house.get(f"{subject}.jsonl"))

    assert {row["sender"] for row in rows} == {"lisi"}
    assert {row["sender"] for row in everybody} == {"zhangsan", "lisi"}
    assert (await house.log())[1][1]["filter"]["bound"] == [7]


async def test_a_filter_does_not_widen_the_bound(two_departments: None, house: House) -> None:
    """Another department's id finds nothing."""
    bound = Actor(name="chen", roles=ALICE.roles, departments=frozenset({7}))

    assert read(await house.get("violations.jsonl", bound, department=2)) == []
    assert read(await house.get("violations.jsonl", bound, sender="zhangsan")) == []


async def test_actions_are_exported(desk: Desk, house: House) -> None:
    """By the filters of their list."""
    violation = await desk.record()

    rows = read(await house.get("actions.jsonl", state="proposed"))

    assert [(row["violation_id"], row["kind"]) for row in rows] == [
        (violation, "remove_from_group")
    ]


async def test_standings_are_exported(desk: Desk, house: House) -> None:
    """Everybody with a violation, with what counts now."""
    await desk.record()
    await desk.record()

    (row,) = read(await house.get("people.jsonl"))

    assert (row["sender"], row["violations"], row["open"], row["strikes"]) == ("zhangsan", 2, 2, 2)
    assert read(await house.get("people.jsonl", sender="lisi")) == []


async def test_standings_are_filtered_as_the_list_of_people(
    two_departments: None, house: House
) -> None:
    """By who works where now, and by part of a name or userid."""
    there = read(await house.get("people.jsonl", department=7))
    called = read(await house.get("people.jsonl", text="angsa"))

    assert [row["sender"] for row in there] == ["lisi"]
    assert [row["sender"] for row in called] == ["zhangsan"]


async def test_the_audit_log_is_exported_with_its_chain(desk: Desk, house: House) -> None:
    """Each row has its hash and the one before it."""
    for _ in range(2):
        await house.get("violations.csv")

    rows = read(await house.get("audit.jsonl", action="export.written"))
    everything = read(await house.get("audit.jsonl"))

    assert [row["action"] for row in rows] == ["export.written"] * 2
    newer, older = everything[0], everything[1]
    assert newer["previous"] == older["hash"]
    assert json.loads(newer["detail"])["of"] == "audit"


async def test_the_log_is_written_before_and_after(desk: Desk, house: House) -> None:
    """It has begun before a row leaves, and its end has rows, hash, format and filter."""
    await desk.record()

    answer = await house.get("violations.csv", severity="medium")

    begun, written = await house.log()
    same = {"of": "violations", "format": "csv", "filter": {"severity": "medium"}}
    assert begun == ("export.begun", same)
    assert written[0] == "export.written"
    assert written[1] | {"hash": ""} == {**same, "rows": 1, "hash": ""}
    told = (await house.get(answer.headers["x-export-id"])).json()
    assert (told["fate"], told["rows"], told["hash"]) == ("written", 1, written[1]["hash"])


async def test_nobody_is_told_of_the_exports_of_others(house: House) -> None:
    """For them there is no such export."""
    answer = await house.get("violations.csv")
    bob = Actor(name="bob", roles=ALICE.roles)

    assert (await house.get(answer.headers["x-export-id"], bob)).status_code == 404
    assert (await house.get("0" * 32)).status_code == 404


async def test_without_a_database_there_is_no_file() -> None:
    """It is told before the first byte, as every other answer is."""
    away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")

    answer = await House(away).get("violations.csv")

    assert answer.status_code == 503
    assert answer.json()["error"] == "ledger_unavailable"
    await away.dispose()
