"""One app's callback address over a small rulebook and a real PostgreSQL."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.types import Send

from moderator.domain.cards import CardAnswer
from moderator.domain.people import ContactChange
from moderator.intake.callback import CallbackEndpoint
from moderator.intake.reception import Reception, Report
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.recording.spool import Spool
from moderator.matching.conversation import Conversation
from moderator.pipeline import Pipeline
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import encoding_aes_key
from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.telemetry.metrics import Metrics
from moderator.wecom.envelope import Envelope

CORP = "ww0123456789abcdef"

_PACK = """
category: gambling
severity: medium
description: 赌博
rules:
  - id: gambling-word
    description: 赌博平台
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [彩色]
"""
_POLICY = """
documents: []
clauses: []
record_only: false
caps: {}
ladders:
  - id: any
    categories: []
    severities: []
    window: 180d
    rungs:
      - {at: 1, actions: [identify_sender, warn_sender, notify_compliance]}
"""


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """A rulebook of one word: 六合彩."""
    directory: Path = tmp_path_factory.mktemp("rules")
    (directory / "gambling.yaml").write_text(_PACK, "utf-8")
    (directory / "policy.yaml").write_text(_POLICY, "utf-8")
    return load_rulebook(directory)


@dataclass
class Desk:
    """The address of one app, what it told, and what it keeps in."""

    endpoint: CallbackEndpoint
    reception: Reception
    envelope: Envelope
    stray: Envelope  # the right token and key, for another corp
    http: httpx.AsyncClient
    metrics: Metrics
    violations: Violations
    failed: FailedMessages
    keeper: Keeper
    reports: list[Report] = field(default_factory=list)
    mend: Callable[[], None] = lambda: None

    async def post(self, plain: bytes, **changes: str) -> httpx.Response:
        """Deliver `plain` as WeCom does; `changes` spoil the query."""
        sealed = self.envelope.seal(
            plain, timestamp=str(int(datetime.now(UTC).timestamp())), nonce=secrets.token_hex(5)
        )
        query = {
            "msg_signature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        return await self.http.post(
            "/wecom/callback/guard", params=query | changes, content=sealed.body
        )

    async def call(self, plain: bytes, send: Send) -> None:
        """Deliver `plain` to the bare ASGI app; `send` sees each event as it leaves."""
        sealed = self.envelope.seal(plain, timestamp="1790000000", nonce=secrets.token_hex(5))
        query = {
            "msg_signature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/wecom/callback/guard",
            "query_string": urlencode(query).encode(),
            "headers": [],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": sealed.body, "more_body": False}

        await self.endpoint(scope, receive, send)

    async def say(self, content: str, *, msgid: int = 1, sender: str = "ZhangSan") -> int:
        """Deliver a text message; the status of the answer."""
        return (await self.post(self.text(content, msgid=msgid, sender=sender))).status_code

    def text(self, content: str, *, msgid: int = 1, sender: str = "ZhangSan") -> bytes:
        """The plaintext of a text message, the same at every call."""
        head = callbacks.Head(corp=CORP, sender=sender, at=1_790_000_000, agent_id=1000002)
        return callbacks.text(head, msgid, content)

    def event(self, name: str) -> bytes:
        """The plaintext of an event."""
        head = callbacks.Head(corp=CORP, sender="ZhangSan", at=1_790_000_000, agent_id=1000002)
        return callbacks.event(head, name)

    def counted(self, outcome: str) -> float:
        """How many messages ended so."""
        return (
            self.metrics.registry.get_sample_value("moderator_messages_total", {"outcome": outcome})
            or 0.0
        )


def open_desk(engine: Engine, book: Callable[[], Rulebook], spool: Spool) -> Desk:
    """Build the parts as the composition root does."""
    cipher = EvidenceCipher([secrets.token_bytes(32)])
    recorder = Recorder(
        engine, cipher, Fingerprinter(secrets.token_bytes(32)), keep=timedelta(days=1)
    )
    token, key = secrets.token_hex(8), encoding_aes_key()
    envelope = Envelope(token=token, encoding_aes_key=key, receive_id=CORP)
    stray = Envelope(token=token, encoding_aes_key=key, receive_id="wwother")
    metrics, failed, reports = Metrics(), FailedMessages(engine), list[Report]()
    keeper = Keeper(
        recorder,
        failed,
        spool,
        cipher,
        policy=lambda: book().policy,
        clock=lambda: datetime.now(UTC),
    )
    contacts = Contacts(engine, clock=lambda: datetime.now(UTC))

    async def apply(told: ContactChange | CardAnswer) -> None:
        assert isinstance(told, ContactChange)  # cards have journeys of their own
        await contacts.apply(told)

    reception = Reception(
        corp=CORP,
        envelopes={"guard": envelope},
        pipeline=Pipeline(
            book=book,
            conversation=Conversation(),
            keeper=keeper,
            clock=lambda: datetime.now(UTC),
        ),
        keeper=keeper,
        metrics=metrics,
        tell=reports.append,
        apply=apply,
        own=("OurRobot",),
    )
    endpoint = CallbackEndpoint(reception, metrics)
    transport = httpx.ASGITransport(app=endpoint)
    http = httpx.AsyncClient(transport=transport, base_url="http://moderator.test")
    violations = Violations(engine, cipher)
    return Desk(
        endpoint, reception, envelope, stray, http, metrics, violations, failed, keeper, reports
    )


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    """A spool of the test's own; the first row makes its file."""
    made = Spool(tmp_path / "spool" / "own.sqlite", limit=4 * 1024 * 1024)
    yield made
    await made.close()


@pytest.fixture
async def desk(database: Engine, book: Rulebook, spool: Spool) -> AsyncIterator[Desk]:
    """The address with everything in order."""
    opened = open_desk(database, lambda: book, spool)
    yield opened
    await opened.http.aclose()


@pytest.fixture
async def desk_with_a_bug(database: Engine, book: Rulebook, spool: Spool) -> AsyncIterator[Desk]:
    """The address while the matcher breaks on everything; `desk.mend()` mends it."""
    state = {"broken": True}

    def current() -> Rulebook:
        if state["broken"]:
            raise ZeroDivisionError
        return book

    opened = open_desk(database, current, spool)
    opened.mend = lambda: state.update(broken=False)
    yield opened
    await opened.http.aclose()


@pytest.fixture
async def desk_without_tables(
    empty_database: Engine, book: Rulebook, spool: Spool
) -> AsyncIterator[Desk]:
    """The address over a PostgreSQL that nobody migrated."""
    opened = open_desk(empty_database, lambda: book, spool)
    yield opened
    await opened.http.aclose()


@pytest.fixture
async def desk_without_database(book: Rulebook, spool: Spool) -> AsyncIterator[Desk]:
    """The address while PostgreSQL is away."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    opened = open_desk(engine, lambda: book, spool)
    yield opened
    await opened.http.aclose()
    await engine.dispose()


@pytest.fixture
async def desk_that_loses_its_database(
    database: Engine, book: Rulebook, spool: Spool
) -> AsyncIterator[Desk]:
    """The address while PostgreSQL is away; `desk.mend()` brings it back."""
    dsn, database.dsn = database.dsn, "postgresql://nobody@127.0.0.1:1/nowhere"
    opened = open_desk(database, lambda: book, spool)
    await database.dispose()

    def mend() -> None:
        database.dsn, database._pool = dsn, None  # the next use opens a pool of the right one

    opened.mend = mend
    yield opened
    await opened.http.aclose()
    await database.dispose()


@pytest.fixture
async def desk_that_can_keep_nothing(book: Rulebook, tmp_path: Path) -> AsyncIterator[Desk]:
    """The address while PostgreSQL is away and the spool's folder cannot be made."""
    (tmp_path / "in-the-way").touch()
    engine = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    spool = Spool(tmp_path / "in-the-way" / "own.sqlite", limit=4 * 1024 * 1024)
    opened = open_desk(engine, lambda: book, spool)
    yield opened
    await opened.http.aclose()
    await spool.close()
    await engine.dispose()
