"""From a false alarm to the phrase that prevents the next one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.web.conftest import INVOICES, TOKEN, Desk

from moderator.domain.people import Entry
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.past_hits import PastHits
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.rulebook.loader import load_rulebook
from moderator.settings import ApiSettings
from moderator.web.access import Access
from moderator.web.allowing import Allowing, allowing_router
from moderator.web.problems import install_problems

PACK = """\
category: advertising
severity: medium
description: 代开发票
clauses: [s1]
rules:
  - id: invoices  # 财务部自己也说
    description: 买卖发票
    words: [代开发票]
    examples: [低价代开发票]
    counter_examples: [开发票]
"""
POLICY = """\
clauses:
  - {id: s1, document: d, number: 第一条, text: 不得代开发票}
documents:
  - {id: d, title: 办法, version: "1"}
ladders:
  - id: all
    window: 180d
    rungs: [{at: 1, actions: [warn_sender], clauses: [s1]}]
"""
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "advertising.yaml").write_text(PACK, "utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    return tmp_path


def asking(database: Engine, folder: Path, *, own: bool = True) -> httpx.AsyncClient:
    """The routes over the folder's rules; with `own` they are this deployment's to change."""
    cipher = EvidenceCipher([bytes(32)])
    book = load_rulebook(folder)
    allowing = Allowing(
        engine=database,
        unmaskings=Unmaskings(database, Violations(database, cipher)),
        past=PastHits(database, cipher),
        book=lambda: book,
        directory=folder if own else None,
    )
    app = FastAPI()
    install_problems(app)
    access = Access(ApiSettings.model_validate({"tokens": {"alice": TOKEN}}))
    app.include_router(allowing_router(allowing, access))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test/api/v1",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )


def written(text: str) -> dict[str, Any]:
    """A message, and its hit."""
    start = text.index("代开发票")
    return {"text": text, "hits": (replace(INVOICES, start=start, end=start + 4),)}


async def test_the_phrase_comes_with_what_it_would_have_cleared(
    desk: Desk, database: Engine, folder: Path
) -> None:
    """Counted over the kept texts: two hits would go, one of which people confirmed."""
    case = await desk.record(**written("禁止代开发票的通知"))
    await desk.record(**written("关于代开发票的处罚"))
    same = await desk.record(**written("公司可代开发票的联系我"))
    await desk.record(**written("低价代开发票"))
    decision = {"decision": "confirm", "version": 1}
    await desk.post(f"/violations/{same}/decision", decision)
    await desk.unmask(case)
    async with asking(database, folder) as client:
        (told,) = (await client.get(f"/violations/{case}/allow-phrases")).json()["items"]

    assert told == {
        "rule": "invoices",
        "hit": 0,
        "phrase": "代开发票的",
        "clears_hits": 3,
        "clears_violations": 3,
        "clears_confirmed": 1,
        "read": 4,
        "total": 4,
    }


async def test_a_phrase_is_not_told_to_who_may_not_read_the_message(
    desk: Desk, database: Engine, folder: Path
) -> None:
    """It repeats what somebody wrote: first comes the unmasking with its reason."""
    case = await desk.record(**written("禁止代开发票的通知"))
    async with asking(database, folder) as client:
        answer = await client.get(f"/violations/{case}/allow-phrases")

    assert (answer.status_code, answer.json()["error"]) == (409, "not_readable")
    assert "发票" not in answer.text


async def test_hits_of_other_departments_are_not_counted(desk: Desk, database: Engine) -> None:
    """A number tells, too: past hits are those that whoever asks may see."""
    for department in (7, 7, 8):
        case = await desk.record(**written("禁止代开发票的通知"))
        await desk.violations.identify(case, Entry(name="张三", departments=(department,)))
    past = PastHits(database, EvidenceCipher([bytes(32)]))

    assert (await past.of("invoices", bound=frozenset({7}))).total == 2
    assert len((await past.of("invoices")).hits) == 3


async def test_an_author_puts_the_phrase_into_the_pack(
    desk: Desk, database: Engine, folder: Path
) -> None:
    """The file says it, the next book lets it pass, and the audit log tells who wanted it."""
    async with asking(database, folder) as client:
        answer = await client.post(
            "/rules/invoices/allow-phrases", json={"phrase": "代开发票的通知"}
        )
    screen = load_rulebook(folder).screen
    rows = await Audit(database).page()

    assert answer.json() == {
        "written": True,
        "file": "advertising.yaml",
        "reason": "",
        "yaml": "",
    }
    assert not screen.screen("禁止代开发票的通知")
    assert screen.screen("低价代开发票")
    assert "# 财务部自己也说" in (folder / "advertising.yaml").read_text("utf-8")
    deed = rows[0].deed
    assert (deed.actor, deed.action, deed.subject) == ("alice", "rules.changed", "rule/invoices")
    assert "代开发票" not in str(deed.detail)
    assert deed.detail["before"] != deed.detail["after"]


async def test_two_processes_lose_no_phrase(database: Engine, folder: Path) -> None:
    """Several that are asked at the same moment write one after the other."""
    phrases = [f"代开发票的第{turn}条" for turn in "一二三四五六"]
    async with asking(database, folder) as one, asking(database, folder) as other:
        answers = await asyncio.gather(
            *(
                (one, other)[turn % 2].post(
                    "/rules/invoices/allow-phrases", json={"phrase": phrase}
                )
                for turn, phrase in enumerate(phrases)
            )
        )

    assert [answer.json()["written"] for answer in answers] == [True] * len(phrases)
    kept = (folder / "advertising.yaml").read_text("utf-8")
    assert [phrase for phrase in phrases if phrase not in kept] == []
    rows = [row.deed.detail for row in reversed(await Audit(database).page())]
    assert [row["before"] for row in rows[1:]] == [row["after"] for row in rows[:-1]]


@pytest.mark.parametrize("hindrance", ["shipped", "gone", "example"])
async def test_where_it_cannot_be_written_there_are_lines_to_paste(
    database: Engine, folder: Path, hindrance: str
) -> None:
    """Shipped rules, a file out of reach, a phrase that hides an example: told, not done."""
    phrase = "低价代开发票" if hindrance == "example" else "代开发票的"
    async with asking(database, folder, own=hindrance != "shipped") as client:
        if hindrance == "gone":
            (folder / "advertising.yaml").unlink()
        answer = await client.post("/rules/invoices/allow-phrases", json={"phrase": phrase})

    told = answer.json()
    assert (answer.status_code, told["written"]) == (200, False)
    assert f'- "{phrase}"' in told["yaml"]
    assert told["reason"]
    assert await Audit(database).page() == []


@pytest.mark.parametrize(
    ("rule", "phrase", "status"),
    [
        ("nowhere", "代开发票的", 404),
        ("invoices", "代开发票", 409),
        ("invoices", "天气很好", 409),
        ("invoices", "代开发票\n", 422),
        ("Invoices", "代开发票的", 422),
    ],
)
async def test_a_phrase_that_makes_no_sense_changes_nothing(
    database: Engine, folder: Path, rule: str, phrase: str, status: int
) -> None:
    """No such rule, the banned word itself, nothing of the rule's, two lines."""
    async with asking(database, folder) as client:
        answer = await client.post(f"/rules/{rule}/allow-phrases", json={"phrase": phrase})

    assert answer.status_code == status
    assert (folder / "advertising.yaml").read_text("utf-8") == PACK
