"""A company on a stand-in WeCom over real HTTP, a real ledger, and a worker between them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

import httpx
import pytest
from tests.offences import INVOICES, message

from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding
from moderator.domain.message import Message, Source
from moderator.enforcement.approval import Approval
from moderator.enforcement.directory import Directory
from moderator.enforcement.gatekeeper import Gatekeeper
from moderator.enforcement.sanctions import Sanctions
from moderator.enforcement.stationery import StationeryShelf
from moderator.enforcement.worker import Worker
from moderator.ledger.actions.cards import Cards
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.actions.requests import Requests
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.records import ActionRecord, Status
from moderator.policy.policy import Ladder, Measure, Policy, Rung
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn
from moderator.rehearsal.world import World
from moderator.settings import Settings, build_settings
from moderator.shipped import rules_directory
from moderator.telemetry.metrics import Metrics
from moderator.wecom.client import WeComClient
from moderator.wecom.siem import Siem

OFFENDING = "低价代开发票"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def timestamp(self) -> float:
        return self.now.timestamp()

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


@cache
def shipped_shelf(language: str = "zh") -> StationeryShelf:
    """The notices as shipped; reading and trying them takes a moment."""
    return StationeryShelf(rules_directory(), rules_directory(), language)


class Scene:
    """Everything that a journey needs, joined as `create_app` joins it."""

    def __init__(
        self,
        database: Engine,
        stand_in: StandIn,
        settings: Settings,
        http: httpx.AsyncClient,
        clock: Clock,
    ) -> None:
        cipher = EvidenceCipher([bytes(32)])
        fingerprinter = Fingerprinter(bytes(32))
        self._database = database
        self.clock = clock
        self.record_only = False
        self.stand_in = stand_in
        self.settings = settings
        self.metrics = Metrics()
        self.violations = Violations(database, cipher)
        self.outbox = Outbox(
            database,
            expire_after=settings.enforcement.expire_after,
            expire_kinds=settings.enforcement.expire_kinds,
        )
        self.http = http
        self.client = self.another_client()
        self.requests = Requests(database)
        self.shelf = shipped_shelf()
        self.siem: Siem | None = None
        self._recorder = Recorder(database, cipher, fingerprinter, keep=timedelta(days=30))
        self._numbers = count(1)
        self.worker = self.another_worker()

    @property
    def sender(self) -> str:
        """A member who is in the work group and in the group that the app did not make."""
        return self.stand_in.company.people()[5].userid

    def another_client(self) -> WeComClient:
        """A client as of another process: it shares nothing but the ledger with the others."""
        gate = Gatekeeper(
            self._database,
            self.metrics,
            corp=self.settings.wecom.corp_id,
            clock=self.clock,
        )
        return WeComClient(
            self.settings.wecom,
            self.http,
            on_call=self.metrics.count_wecom_call,
            gate=gate,
            clock=self.clock.timestamp,
        )

    def directory(self) -> Directory:
        """A directory that remembers nothing yet."""
        return Directory(
            self.client, People(self._database), corp=self.settings.wecom.corp_id, clock=self.clock
        )

    def another_worker(
        self,
        *,
        compliance: Mapping[str, object] | None = None,
        enforcement: Mapping[str, object] | None = None,
    ) -> Worker:
        """A worker on the same outbox, with what is given changed in its settings."""
        changed = {"compliance": self.settings.compliance.model_copy(update=compliance)}
        settings = self.settings.model_copy(update=changed)
        approval = Approval(
            self.client,
            self.shelf,
            Cards(self._database),
            self.outbox,
            self.violations,
            Judging(self._database),
            settings.compliance,
            clock=self.clock,
        )
        sanctions = Sanctions(
            self.client,
            self.violations,
            self.directory(),
            self.requests,
            self.shelf,
            approval,
            settings=settings,
            siem=self.siem,
            clock=self.clock,
        )
        return Worker(
            self.outbox,
            sanctions,
            self.settings.enforcement.model_copy(update=enforcement),
            self.metrics,
            record_only=lambda: self.record_only,
            clock=self.clock,
            jitter=lambda: 0.0,
        )

    async def violate(
        self,
        *actions: ActionKind,
        sender: str = "",
        chat: str = "",
        app: str = MODERATION_APP,
        approval: bool = False,
        source: Source = Source.CALLBACK,
        category: str = "advertising",
        detail: str = "",
    ) -> int:
        """Record a violation that calls for `actions`, each with `detail`; returns its id."""
        message = replace(self._message(sender or self.sender, chat, app), source=source)
        finding = Finding(tuple(replace(hit, category=category) for hit in _FINDING.hits))
        measures = tuple(Measure(kind, detail) for kind in actions)
        rung = Rung(at=1, actions=measures, approval=approval)
        policy = Policy(ladders=(Ladder(id="all", rungs=(rung,), window=timedelta(days=180)),))
        recorded = await self._recorder.record(
            message, finding, policy=policy, rulebook="book", now=self.clock()
        )
        assert recorded is not None
        return recorded.violation_id

    async def dismiss(self, violation: int) -> None:
        """Let alice say that it was none."""
        judged = await Judging(self._database).judge(
            violation, Status.DISMISSED, by="alice", version=1, now=self.clock()
        )
        assert judged.applied

    async def work(self) -> None:
        """Carry out whatever is due, and what becomes due by that."""
        while await self.worker.work_once():
            pass

    async def work_after(self, seconds: float) -> None:
        """Let time pass, then work."""
        self.clock.forward(seconds=seconds)
        await self.work()

    async def actions(self, violation: int) -> tuple[ActionRecord, ...]:
        return (await self.violations.one(violation)).actions

    async def action(self, violation: int) -> ActionRecord:
        """The last action that the policy called for; it puts identifying the sender first."""
        found = await self.actions(violation)
        return [one for one in found if one.kind is not ActionKind.ASK_REVIEWERS][-1]

    def _message(self, sender: str, chat: str, app: str) -> Message:
        number = next(self._numbers)
        return message(
            number,
            f"你好{OFFENDING}",
            corp=self.settings.wecom.corp_id,
            app=app,
            sender=sender,
            sent_at=self.clock(),
            chat=chat,
        )


_FINDING = Finding((replace(INVOICES, end=8),))


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """`worker` at work; stopped and drained at the end."""
    work = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait_for(work, 10)


@pytest.fixture
def world() -> World:
    return invent_world(people=80)


@pytest.fixture
async def scene(database: Engine, world: World) -> AsyncIterator[Scene]:
    clock = Clock()
    stand_in = StandIn(world, clock=clock.timestamp)
    async with serving(stand_in) as url, httpx.AsyncClient() as http:
        settings = build_settings(settings_of(world, api_url=url))
        scene = Scene(database, stand_in, settings, http, clock)
        yield scene
        await scene.outbox.close()
