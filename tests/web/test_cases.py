"""Reading a case over the API: masked, unmasked for a reason, held, and as a pack."""

import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.web.conftest import OTHER_TOKEN

from moderator.domain.access import Grant, Right, Role
from moderator.ledger.access.accounts import Accounts, Newcomer, Source
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.access.sessions import Sessions
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.pack_verifier import faults_of
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import ApiSettings, EvidenceSettings, build_settings
from moderator.web.access import Access, Logins
from moderator.web.cookies import Cookies
from moderator.web.evidence import evidence_router
from moderator.web.problems import install_problems

Desk = Any  # the fixtures' own type; test folders are no packages
Ask = Callable[..., Awaitable[httpx.Response]]
PHRASE = "低价代開發票请联系"


@pytest.fixture
def evidence() -> EvidenceSettings:
    world = invent_world(people=20)
    values = settings_of(world, api_url="http://127.0.0.1:9", database_url="embedded:")
    return build_settings(values).evidence


@pytest.fixture
async def ask(database: Engine, evidence: EvidenceSettings) -> AsyncIterator[Ask]:
    """Ask in somebody's name: each has a role of that name, and a token for it."""
    now = lambda: datetime.now(UTC)  # noqa: E731
    sessions = Sessions(database, idle=timedelta(1), lifetime=timedelta(1), clock=now)
    tokens = ApiTokens(database, clock=now)
    access = Access(ApiSettings(), Logins(sessions, tokens, Cookies.over(tls=False)))
    violations = Violations(database, EvidenceCipher([bytes(32)]))
    app = FastAPI()
    install_problems(app)
    two = evidence.model_copy(update={"unmask_persons": 2})
    unmaskings = Unmaskings(database, violations, persons=2)
    app.include_router(evidence_router(database, violations, unmaskings, two, access, corp="ww1"))
    values = {role: await _token(database, tokens, role) for role in ("admin", "auditor", "viewer")}
    values["approver"] = await _token(database, tokens, "approver")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

    async def asked(role: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {values[role]}"}
        return await client.request(method, f"/api/v1{path}", json=body, headers=headers)

    yield asked
    await client.aclose()


async def _token(database: Engine, tokens: ApiTokens, role: str) -> str:
    accounts = Accounts(database, clock=lambda: datetime.now(UTC))
    newcomer = Newcomer(name=role, display=role, source=Source.OIDC, subject=role)
    account = await accounts.add(newcomer, Grant(roles=frozenset({Role(role)})), by="test")
    assert account
    _, value = await tokens.create(account, "t", frozenset(Right), lasts=timedelta(1))
    return value


async def actions_of(database: Engine) -> list[str]:
    """What the audit log tells of evidence and holds, oldest first."""
    rows = reversed(await Audit(database).page())
    told = [row.deed.action for row in rows]
    return [action for action in told if action.startswith(("evidence.", "hold."))]


async def test_a_case_is_masked_until_a_reason_is_given(desk: Desk) -> None:
    """Before: rule, place, length. After, for the one who asked: text, word, excerpt."""
    violation = await desk.record()

    masked = await desk.get(f"/violations/{violation}")
    asked = await desk.unmask(violation)
    seen = (await desk.get(f"/violations/{violation}")).json()
    path = f"/api/v1/violations/{violation}"
    others = await desk.client.get(path, headers={"Authorization": f"Bearer {OTHER_TOKEN}"})

    assert not [word for word in (PHRASE, "代开发票", "代開發票") if word in masked.text]
    (hit,) = masked.json()["hits"]
    assert (hit["rule"], hit["start"], hit["end"], hit["word"]) == ("invoices", 2, 6, "")
    assert masked.json()["evidence"] == "withheld"
    assert (asked.status_code, asked.json()["state"]) == (201, "granted")
    assert seen["texts"] == [{"name": "Content", "text": PHRASE}]
    assert seen["unmasking"]["reason"] == "complaint 7"
    assert others.json()["evidence"] == "withheld"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001, "a\x00b", None])
async def test_without_a_reason_nothing_is_shown(desk: Desk, reason: str | None) -> None:
    """An empty or impossible reason is none."""
    violation = await desk.record()

    answer = await desk.post(f"/violations/{violation}/unmaskings", {"reason": reason})

    assert answer.status_code == 422
    assert (await desk.get(f"/violations/{violation}")).json()["evidence"] == "withheld"


async def test_a_decision_tells_no_text(desk: Desk) -> None:
    """What comes back from judging is masked as the case is."""
    violation = await desk.record()
    body = {"decision": "confirm", "version": 1}

    answer = await desk.post(f"/violations/{violation}/decision", body)

    assert answer.status_code == 200
    assert PHRASE not in answer.text


async def test_two_persons_one_asks_and_another_grants(desk: Desk, ask: Ask) -> None:
    """The asker cannot, a viewer may not, the second can once; then the first reads."""
    violation = await desk.record()
    path = f"/violations/{violation}"
    asked = await ask("auditor", "POST", f"{path}/unmaskings", {"reason": "objection"})
    grant = f"/unmaskings/{asked.json()['id']}/grant"

    answers = [await ask(role, "POST", grant) for role in ("auditor", "viewer", "approver")]
    again = await ask("approver", "POST", grant)
    waiting = (await ask("approver", "GET", "/unmaskings")).json()["items"]
    seen = (await ask("auditor", "GET", path)).json()

    assert asked.json()["state"] == "waiting"
    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert answers[0].json()["error"] == "own_request"
    assert (again.status_code, again.json()["error"]) == (409, "answered_already")
    assert waiting == []
    assert seen["texts"][0]["text"] == PHRASE
    assert seen["unmasking"]["answered_by"] == "approver (t)"


async def test_a_refused_request_shows_nothing(desk: Desk, ask: Ask) -> None:
    """The reason of the refusal is kept; what waits is listed for whoever may answer."""
    violation = await desk.record()
    asked = await ask("auditor", "POST", f"/violations/{violation}/unmaskings", {"reason": "x"})
    waiting = (await ask("approver", "GET", "/unmaskings")).json()["items"]
    refuse = f"/unmaskings/{asked.json()['id']}/refuse"
    refused = await ask("approver", "POST", refuse, {"reason": "no need"})

    assert [item["id"] for item in waiting] == [asked.json()["id"]]
    assert refused.json()["refusal"] == "no need"
    seen = (await ask("auditor", "GET", f"/violations/{violation}")).json()
    assert (seen["evidence"], seen["unmasking"]) == ("withheld", None)


async def test_holds_are_placed_and_released_by_admins_and_seen_by_auditors(
    desk: Desk, ask: Ask, database: Engine
) -> None:
    """What a hold covers is told at once; a case shows it; a second release is refused."""
    violation = await desk.record()
    wanted = {"scope": "person", "target": "ZhangSan", "reason": "lawsuit 9"}

    placed = await ask("admin", "POST", "/holds", wanted)
    forbidden = await ask("auditor", "POST", "/holds", wanted)
    listed = (await ask("auditor", "GET", "/holds")).json()["items"]
    seen = (await ask("viewer", "GET", f"/violations/{violation}")).json()
    release = f"/holds/{placed.json()['id']}/release"
    released = [await ask("admin", "POST", release, {"reason": "settled"}) for _ in range(2)]

    assert (placed.status_code, placed.json()["covers"]) == (201, 1)
    assert forbidden.status_code == 403
    assert [hold["target"] for hold in listed] == ["ZhangSan"]
    assert [hold["reason"] for hold in seen["holds"]] == ["lawsuit 9"]
    assert [answer.status_code for answer in released] == [200, 409]
    assert (await ask("auditor", "GET", "/holds")).json()["items"] == []
    ended = (await ask("auditor", "GET", "/holds?released=true&limit=1")).json()["items"]
    assert ended[0]["released_by"] == "admin (t)"
    assert await actions_of(database) == ["hold.placed", "evidence.read", "hold.released"]


@pytest.mark.parametrize("target", ["x", "-1", "", "9" * 30, "٣"])
async def test_a_violation_is_held_by_its_number(desk: Desk, ask: Ask, target: str) -> None:
    """Anything else names no violation."""
    wanted = {"scope": "violation", "target": target, "reason": "x"}

    assert (await ask("admin", "POST", "/holds", wanted)).status_code == 422


async def test_a_pack_is_made_for_whoever_may_read_and_verifies(
    desk: Desk, ask: Ask, database: Engine, tmp_path: Path
) -> None:
    """Not before the second person granted it; with the key that the service tells."""
    violation = await desk.record()
    path = f"/violations/{violation}"
    early = await ask("auditor", "POST", f"{path}/pack", {"reason": "court"})
    asked = await ask("auditor", "POST", f"{path}/unmaskings", {"reason": "objection"})
    await ask("approver", "POST", f"/unmaskings/{asked.json()['id']}/grant")

    made = await ask("auditor", "POST", f"{path}/pack", {"reason": "court"})
    forbidden = await ask("viewer", "POST", f"{path}/pack", {"reason": "court"})
    key = (await ask("viewer", "GET", "/evidence/public-keys")).json()["current"]

    assert (early.status_code, early.json()["error"]) == (403, "unmasking_needed")
    assert (made.status_code, forbidden.status_code) == (200, 403)
    assert made.headers["content-type"] == "application/zip"
    assert f"violation-{violation}.zip" in made.headers["content-disposition"]
    (tmp_path / "pack.zip").write_bytes(made.content)
    assert faults_of(tmp_path / "pack.zip", {key}) == []
    with zipfile.ZipFile(BytesIO(made.content)) as pack:
        assert PHRASE in pack.read("message.json").decode()
    assert (await actions_of(database))[-1] == "evidence.packed"
