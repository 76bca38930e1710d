"""The composition root: every part of the service is built and joined here, and nowhere else."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import structlog
from fastapi import FastAPI

from moderator import __version__
from moderator.conditions import Conditions
from moderator.domain import canary
from moderator.domain.cards import CardAnswer
from moderator.domain.decision import ActionKind
from moderator.domain.message import Message
from moderator.domain.people import ContactChange
from moderator.enforcement.alarms import AlarmWatch
from moderator.enforcement.approval import Approval
from moderator.enforcement.directory import Directory
from moderator.enforcement.gatekeeper import Gatekeeper
from moderator.enforcement.retention import Retention
from moderator.enforcement.sanctions import Sanctions
from moderator.enforcement.stationery import StationeryShelf
from moderator.enforcement.worker import Worker
from moderator.intake.callback import PATH as CALLBACK_PATH
from moderator.intake.callback import CallbackEndpoint
from moderator.intake.draining import Draining
from moderator.intake.reception import Reception, Report
from moderator.intake.silence import SilenceWatch
from moderator.intake.wide_event import MessageLog
from moderator.ledger.alarms import Alarms
from moderator.ledger.cards import Cards
from moderator.ledger.contacts import Contacts
from moderator.ledger.embedded import data_directory
from moderator.ledger.engine import Engine
from moderator.ledger.evidence import EvidenceCipher, Fingerprinter
from moderator.ledger.failed import FailedMessages
from moderator.ledger.hours import AppHours
from moderator.ledger.keeping import Keeper
from moderator.ledger.merits import Merits
from moderator.ledger.outbox import Outbox
from moderator.ledger.people import People
from moderator.ledger.rates import Rates
from moderator.ledger.recording import Recorder
from moderator.ledger.requests import Requests
from moderator.ledger.spool import Spool
from moderator.ledger.violations import Violations
from moderator.matching.conversation import Conversation
from moderator.pipeline import Outcome, Pipeline
from moderator.rulebook.book import Rulebook
from moderator.rulebook.cache import RulebookCache
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.watcher import RulebookWatcher, WatchState
from moderator.settings import Settings, WeComSettings
from moderator.shipped import rules_directory
from moderator.telemetry.metrics import Metrics
from moderator.web.alarms import alarms_router
from moderator.web.front import Moderator
from moderator.web.health import WeComWatch
from moderator.web.ops import Ops
from moderator.web.people import people_router
from moderator.web.problems import install_problems
from moderator.web.query import query_router
from moderator.web.reference import reference_route
from moderator.web.requests import requests_router
from moderator.wecom.client import WeComClient
from moderator.wecom.envelope import Envelope
from moderator.wecom.gate import Gate
from moderator.wecom.siem import Siem

# The outcomes of messages that the rules were tried on.
_LOOKED_AT = frozenset({Outcome.CLEAN, Outcome.VIOLATION, Outcome.SPOOLED})


class Service:
    """The parts of one running service; building them does no I/O but reading the rules.

    Raises `RulebookError` where there are no usable rules.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        cache: RulebookCache | None = None,
        settle: Callable[[], object] = object,
    ) -> None:
        """`cache` spares the building of rules that were built before.

        `settle` is called whenever new rules are in use.
        """
        self._settle = settle
        cipher = EvidenceCipher.of(settings.evidence)
        self.settings = settings
        self.engine = engine
        self.metrics = Metrics(version=__version__)
        self.watch = WeComWatch()
        self.http = httpx.AsyncClient()
        self.violations = Violations(engine, cipher)
        self.failed = FailedMessages(engine, keep=timedelta(days=settings.evidence.keep_days))
        self.outbox = Outbox(
            engine,
            expire_after=settings.enforcement.expire_after,
            expire_kinds=settings.enforcement.expire_kinds,
        )
        self.gate = Gatekeeper(engine, self.metrics, corp=settings.wecom.corp_id, clock=_now)
        self.requests = Requests(engine)
        self.shelf = shelf_of(settings)
        self.rules = self._follow_rules(rules_of(settings), cache)
        self.spool = spool_of(settings)
        self.keeper = self._keeper(cipher)
        self.draining = Draining(self.keeper, self.spool, self.metrics)
        self.alarms = Alarms(engine)
        self.alarm_watch = self._alarm_watch()
        self.silence = SilenceWatch(
            AppHours(engine),
            settings.silence,
            self.metrics,
            apps=settings.wecom.apps,
            clock=_now,
        )
        self.client = WeComClient(
            settings.wecom,
            self.http,
            on_call=self._called,
            on_token=self.metrics.show_token,
            gate=self.gate,
        )
        self.approval = Approval(
            self.client,
            self.shelf,
            Cards(engine),
            self.outbox,
            self.violations,
            settings.compliance,
            clock=_now,
        )
        self.contacts = Contacts(engine, clock=_now)
        self.reception = self._reception()
        self.worker = self._worker()
        self.retention = Retention(self.violations, self.failed, self.gate.allowances, clock=_now)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.conditions = Conditions(
            settings=settings,
            engine=engine,
            rules=self.rules,
            outbox=self.outbox,
            failed=self.failed,
            draining=self.draining,
            alarms=self.alarms,
            silence=self.silence,
            directory=self.directory,
            shelf=self.shelf,
            wecom=self.watch,
            tasks=self._tasks,
        )

    def start(self) -> None:
        """Begin to follow the rules, to carry actions out and to erase what has expired."""
        if self.settings.rules.watch:
            self._tasks["rule watcher"] = asyncio.create_task(self.rules.run())
        if self.settings.enforcement.enabled:
            self._tasks["worker"] = asyncio.create_task(self.worker.run())
        if self.settings.alarms.enabled:
            self._tasks["alarms"] = asyncio.create_task(self.alarm_watch.run())
        if self.settings.silence.enabled:
            self._tasks["silence"] = asyncio.create_task(self.silence.run())
        self._tasks["spool"] = asyncio.create_task(self.draining.run())
        self._tasks["retention"] = asyncio.create_task(self.retention.run())

    async def stop(self) -> None:
        """Begin nothing more, wait for what was begun, and let go of everything."""
        self.worker.stop()
        self.rules.stop()
        self.retention.stop()
        self.draining.stop()
        self.alarm_watch.stop()
        self.silence.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.spool.close()
        await self.outbox.close()
        await self.client.close()
        await self.http.aclose()

    def _follow_rules(self, directory: Path, cache: RulebookCache | None) -> RulebookWatcher:
        book = load_rulebook(directory, cache=cache)
        watcher = RulebookWatcher(directory, book, on_change=self._show_rules)
        self._show_rules(book, watcher.state)
        return watcher

    def _show_rules(self, book: Rulebook, state: WatchState) -> None:
        self.metrics.count_reload(faulty=bool(state.faults))
        self.metrics.use_rulebook(book.hash, rules=len(book.rules), faults=len(state.faults))
        self._settle()
        structlog.get_logger("moderator.rulebook").info(
            "rulebook", hash=book.hash, rules=len(book.rules), faults=len(state.faults)
        )

    def _keeper(self, cipher: EvidenceCipher) -> Keeper:
        evidence = self.settings.evidence
        recorder = Recorder(
            self.engine,
            cipher,
            Fingerprinter.of(evidence),
            keep=timedelta(days=evidence.keep_days),
            always=(ActionKind.REPORT_TO_SIEM,) if self.settings.siem.url else (),
        )
        return Keeper(
            recorder,
            self.failed,
            self.spool,
            cipher,
            policy=lambda: self.rules.current.policy,
            clock=_now,
        )

    def _reception(self) -> Reception:
        return Reception(
            corp=self.settings.wecom.corp_id,
            envelopes=envelopes_of(self.settings.wecom),
            pipeline=Pipeline(
                book=lambda: self.rules.current,
                conversation=Conversation(),
                keeper=self.keeper,
                clock=_now,
            ),
            keeper=self.keeper,
            metrics=self.metrics,
            tell=self._teller(),
            apply=self._apply,
            own=self.settings.wecom.own_senders,
        )

    async def _apply(self, told: ContactChange | CardAnswer) -> None:
        if isinstance(told, CardAnswer):
            await self.approval.answer(told)
        else:
            await self.contacts.apply(told)

    def _teller(self) -> Callable[[Report], None]:
        log, tally = MessageLog(clean=self.settings.log.clean_messages), self.alarm_watch.tally
        heard = self.silence.heard

        def tell(report: Report) -> None:
            log(report)
            if not isinstance(report.content, Message) or report.content.sender == canary.SENDER:
                return
            heard(report.app)
            if report.outcome in _LOOKED_AT:
                finding = report.moderated.finding if report.moderated else None
                tally.count(report.content.sender, finding.rules if finding else ())

        return tell

    def _alarm_watch(self) -> AlarmWatch:
        return AlarmWatch(
            Rates(self.engine),
            self.alarms,
            self.settings.alarms,
            self.metrics,
            rules=lambda: len(self.rules.current.rules),
            clock=_now,
        )

    def _directory(self, client: WeComClient) -> Directory:
        wecom = self.settings.wecom
        people = People(self.engine)
        return Directory(client, people, corp=wecom.corp_id, fresh=wecom.directory_fresh)

    def _worker(self) -> Worker:
        self.directory = self._directory(self.client)
        sanctions = Sanctions(
            self.client,
            self.violations,
            self.directory,
            self.requests,
            self.shelf,
            self.approval,
            settings=self.settings,
            siem=siem_of(self.settings, self.http, self.gate),
        )
        return Worker(
            self.outbox,
            sanctions,
            self.settings.enforcement,
            self.metrics,
            record_only=lambda: self.rules.current.policy.record_only,
            credentials=self.client.credentials,
            clock=_now,
        )

    def _called(self, path: str, errcode: int) -> None:
        self.metrics.count_wecom_call(path, errcode)
        self.watch.saw(path, errcode)


def create_app(
    settings: Settings,
    engine: Engine,
    cache: RulebookCache | None = None,
    settle: Callable[[], object] = object,
) -> FastAPI:
    """The whole service as an ASGI app; its lifespan starts and stops what works beside it.

    `cache` and `settle` as in `Service`.
    """
    service = Service(settings, engine, cache, settle)
    app = Moderator(
        CallbackEndpoint(service.reception, service.metrics),
        CALLBACK_PATH,
        title="moderator",
        version=__version__,
        lifespan=_lifespan(service),
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    install_problems(app)
    app.router.routes += _ops(service).routes()
    app.router.routes.append(reference_route(app))
    app.include_router(query_router(service.violations, service.outbox, settings.api))
    app.include_router(
        people_router(
            Merits(service.engine),
            lambda: service.rules.current.policy,
            settings.wecom.corp_id,
            settings.api,
        )
    )
    app.include_router(requests_router(service.requests, settings.api, corp=settings.wecom.corp_id))
    app.include_router(alarms_router(service.alarms, settings.api, clock=_now))
    return app


def shelf_of(settings: Settings) -> StationeryShelf:
    """The notices of this deployment: shipped, and as its rule folder changes them."""
    return StationeryShelf(rules_directory(), rules_of(settings), settings.compliance.language)


def siem_of(settings: Settings, http: httpx.AsyncClient, gate: Gate | None = None) -> Siem | None:
    """The receiver of signed reports, if there is one."""
    return Siem(settings.siem, http, clock=_now, gate=gate) if settings.siem.url else None


def rules_of(settings: Settings) -> Path:
    """The folder that the rules come from."""
    return settings.rules.directory or rules_directory()


def spool_of(settings: Settings) -> Spool:
    """The spool of this deployment; those of others may lie in the same folder."""
    whose = f"{settings.wecom.corp_id} {settings.database.url.get_secret_value()}"
    name = hashlib.sha256(whose.encode()).hexdigest()[:16]
    directory = settings.spool.directory or data_directory() / "spool"
    return Spool(directory / f"{name}.sqlite", limit=settings.spool.megabytes * 1024 * 1024)


def envelopes_of(wecom: WeComSettings) -> dict[str, Envelope]:
    """One envelope for each app, by its name in the settings."""
    return {
        name: Envelope(
            token=app.token.get_secret_value(),
            encoding_aes_key=app.encoding_aes_key.get_secret_value(),
            receive_id=wecom.corp_id if app.receive_id is None else app.receive_id,
        )
        for name, app in wecom.apps.items()
    }


def _ops(service: Service) -> Ops:
    return Ops(
        version=__version__,
        metrics=service.metrics,
        rulebook=lambda: service.rules.current.hash,
        ready=service.conditions.ready(),
        others=service.conditions.others(),
    )


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await service.stop()

    return lifespan


def _now() -> datetime:
    return datetime.now(UTC)
