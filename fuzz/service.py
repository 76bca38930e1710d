"""Targets on the whole service over a real PostgreSQL: its callback address, its API, its spool."""

import asyncio
import base64
import io
import json
import secrets
import shutil
import tempfile
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote, urlencode

from fuzz import callbacks
from fuzz.target import Target, require
from moderator.app import Service, create_app
from moderator.errors import LedgerError
from moderator.ledger.database import migrating
from moderator.ledger.database.embedded import EmbeddedPostgres
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.recording.spool import Kept, Kind
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.settings import LogSettings, Settings, build_settings
from moderator.telemetry.logging import configure_logging
from moderator.web.headers import HEADERS
from moderator.wecom.envelope import Envelope

MARKER = callbacks.MARKER.encode()
_ANSWERS = {200, 400, 403, 404, 405, 413}  # of the callback address, while something can be kept
_NAMES = ("limit", "before", "since", "until", "sender", "rule", "status", "state", "chat")
_PARAMETERS = (
    *(f"{name}=".encode() for name in _NAMES),
    *(b"&", b"%00", b"%ED%A0%80", b"9223372036854775808", b"-1"),
    *(b"2026-02-30T25:00:00Z", b"0001-01-01", b"9999-12-31T23:59:59-14:00"),
)


class Answer(NamedTuple):
    status: int
    headers: Mapping[bytes, bytes]
    body: bytes


class Rig:
    """The service and its database, for as long as the block lasts; it opens at the first use."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._home = Path(tempfile.mkdtemp(prefix="fuzz-"))
        self._server = EmbeddedPostgres(self._home / "pg")
        self.log = io.StringIO()
        self._opened = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            self.run(self._close())
        self._runner.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def open(self) -> None:
        if not self._opened:
            self.run(self._open())
            self._opened = True

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def ask(
        self, method: str, path: str, query: bytes, body: bytes = b"", **headers: str
    ) -> Answer:
        return self.run(_asked(self.app, method, path, query, body, headers))  # type: ignore[no-any-return]

    async def _open(self) -> None:
        configure_logging(LogSettings(level="info"), stream=self.log)
        url = await self._server.start()
        self.engine = Engine(dsn_of(url))
        await migrating.upgrade(self.engine)
        values = settings_of(invent_world(), api_url="http://127.0.0.1:1", database_url=url)
        values["spool"] = {"directory": str(self._home / "spool")}
        self.settings: Settings = build_settings(values)
        self.app = create_app(self.settings, self.engine)
        self.service = Service(self.settings, self.engine)

    async def _close(self) -> None:
        await self.service.spool.close()
        await self.engine.dispose()
        await self._server.stop()


def targets(rig: Rig) -> list[Target]:
    api = _Api(rig)
    return [
        Target(name="callback", check=_Callbacks(rig).check, share=8, prepare=rig.open),
        Target(
            name="api",
            check=api.check,
            share=6,
            prepare=api.prepare,
            tokens=_PARAMETERS,
            longest=1024,
        ),
        Target(name="spool", check=_Spool(rig).check, share=2, prepare=rig.open),
    ]


class _Callbacks:
    """The address as a whole: the statuses it may have, and no word of what was sent."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._path = f"/wecom/callback/{MODERATION_APP}"

    def check(self, data: bytes) -> None:
        self._forged(data)
        self._genuine(data)
        said = self._rig.log.getvalue().encode()
        self._rig.log.seek(0)
        self._rig.log.truncate()
        require(MARKER not in said, "no log line holds a text")
        require(b'"failure": "' not in said or b"MalformedEnvelope" in said, _failure(said))

    def _forged(self, data: bytes) -> None:
        head, _, rest = data.partition(b"\n")
        method = ("POST", "GET", "PUT")[len(data) % 3]
        path = "/wecom/callback/" + head[:20].decode("latin-1")
        path = path if len(data) % 2 else self._path
        _acceptable(self._rig.ask(method, path, rest[:200], data))

    def _genuine(self, data: bytes) -> None:
        app = self._rig.settings.wecom.apps[MODERATION_APP]
        envelope = Envelope(
            token=app.token.get_secret_value(),
            encoding_aes_key=app.encoding_aes_key.get_secret_value(),
            receive_id=self._rig.settings.wecom.corp_id,
        )
        sealed = envelope.seal(data, timestamp="1790000000", nonce=secrets.token_hex(4))
        query = {
            "msg_signature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        answer = self._rig.ask("POST", self._path, urlencode(query).encode(), sealed.body)
        _acceptable(answer)
        require(answer.status == 200, f"what is genuine is kept, not answered {answer.status}")


def _acceptable(answer: Answer) -> None:
    require(answer.status in _ANSWERS, f"the callback address answered {answer.status}")
    require(MARKER not in answer.body, "no answer holds a text")


def _failure(said: bytes) -> str:
    lines = [json.loads(line) for line in said.splitlines() if b'"failure": "' in line]
    return f"a genuine callback failed: {[line.get('failure') for line in lines]}"


class _Api:
    """Every question is answered or refused in JSON: no 5xx, all headers, nothing sent back."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._operations: list[tuple[str, str]] = []

    def check(self, data: bytes) -> None:
        head, _, rest = data.partition(b"\n")
        method, path = self._operations[(head[0] if head else 0) % len(self._operations)]
        for name in ("violation_id", "action_id", "request_id", "userid", "rule", "id"):
            path = path.replace(f"{{{name}}}", quote(head[1:20], safe="") or "1")
        self._asked(method, path, rest)
        self._asked("GET", "/" + head.decode("latin-1"), rest)

    def prepare(self) -> None:
        self._rig.open()
        paths = self._rig.app.openapi()["paths"]
        found = [(method.upper(), path) for path, each in paths.items() for method in each]
        self._operations = sorted(found)
        self._token = next(iter(self._rig.settings.api.tokens.values())).get_secret_value()

    def _asked(self, method: str, path: str, rest: bytes) -> None:
        query, body = (rest, b"") if method == "GET" else (b"", rest)
        answer = self._rig.ask(method, path, query, body, authorization=f"Bearer {self._token}")
        require(answer.status < 500, f"{method} {path} answered {answer.status}")
        for name, _ in HEADERS:
            require(name in answer.headers, f"{method} {path} answered without {name.decode()}")
        if answer.status >= 400 and path.startswith("/api"):
            told = set(json.loads(answer.body)) - {"current"}  # of what somebody else decided
            require(told == {"error", "detail"}, "a problem has its form")


class _Spool:
    """Whatever lies in the spool moves on or is set aside; a drain never ends in a crash."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def check(self, data: bytes) -> None:
        self._rig.run(self._drained(data))

    async def _drained(self, data: bytes) -> None:
        cipher = EvidenceCipher.of(self._rig.settings.evidence)
        key = secrets.token_hex(8)
        sealed = cipher.seal(_content(data), bound_to=key)
        kind = Kind.VIOLATION if len(data) % 2 else Kind.FAILED
        keep = self._rig.service.spool.keep  # both in one commit: nearly all of a case is fsync
        await asyncio.gather(
            keep(Kept(kind=kind, key=key, key_id=sealed.key_id, sealed=sealed.blob)),
            keep(Kept(kind=kind, key=key + "x", key_id=sealed.key_id, sealed=data)),
        )
        try:
            await self._rig.service.keeper.drain()
        except LedgerError as error:
            require(holds=False, rule=f"PostgreSQL is well, yet the drain ended: {error}")
        left = await self._rig.service.spool.oldest()
        require(not left, "nothing waits for ever")


def _content(data: bytes) -> Any:
    """JSON as we would have sealed it: never half a pair of surrogates, which UTF-8 has not."""
    try:
        content = json.loads(data)
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return base64.b64encode(data).decode()
    return content


async def _asked(
    app: Any, method: str, path: str, query: bytes, body: bytes, headers: Mapping[str, str]
) -> Answer:
    """What a server would hand to the app, and what the app would have it send."""
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    said = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "root_path": "",
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "state": {},
    }
    await app(scope, receive, send)
    start, *parts = sent
    content = b"".join(part.get("body", b"") for part in parts)
    return Answer(
        start["status"], {name.lower(): value for name, value in start["headers"]}, content
    )
