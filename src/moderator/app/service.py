"""One running service: its parts, and what works in the background."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Concatenate, Final, Protocol, TypeVar

import httpx
import structlog

from moderator import __version__
from moderator.app.parts import envelopes_of, rules_of, shelf_of, siem_of, spool_of
from moderator.conditions import Conditions
from moderator.domain import canary
from moderator.domain.access import Actor, holder
from moderator.domain.cards import CardAnswer
from moderator.domain.decision import ActionKind
from moderator.domain.message import Message
from moderator.domain.people import ContactChange
from moderator.enforcement.alarms import AlarmWatch
from moderator.enforcement.approval import Approval
from moderator.enforcement.bulk import Bulk
from moderator.enforcement.directory import Directory
from moderator.enforcement.gatekeeper import Gatekeeper
from moderator.enforcement.retention import Retention
from moderator.enforcement.rule_archive import RuleArchive
from moderator.enforcement.sanctions import Sanctions
from moderator.enforcement.tallying import Tallying
from moderator.enforcement.traced import TracedSanctions
from moderator.enforcement.worker import Worker
from moderator.intake.draining import Draining
from moderator.intake.reception import Reception, Report
from moderator.intake.silence import SilenceWatch
from moderator.intake.traced import TracedKeeper, TracedReception, traced_look
from moderator.intake.wide_event import MessageLog
from moderator.ledger.access.attempts import Attempts
from moderator.ledger.actions.cards import Cards
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.actions.requests import Requests
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.days import DayCounts
from moderator.ledger.counting.hours import AppHours
from moderator.ledger.counting.rates import Rates
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.bulk import BulkWork
from moderator.ledger.desk.judging import Judging
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.retention import Departures, Erasure, Terms
from moderator.ledger.evidence.rule_versions import RuleVersions
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.evidence.spool_erasure import SpoolErasure
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.recorder import Recorder
from moderator.matching.conversation import Conversation
from moderator.matching.recollection import Recollection
from moderator.pipeline import Outcome, Pipeline, find
from moderator.rulebook.book import Rulebook
from moderator.rulebook.cache import RulebookCache
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.watcher import RulebookWatcher, WatchState
from moderator.settings import Settings
from moderator.telemetry.metrics import Metrics
from moderator.telemetry.tracing import Tracer, tracer_of
from moderator.web.health import WeComWatch
from moderator.wecom.client import WeComClient
from moderator.wecom.traced import TracedWire
from moderator.wecom.wire import Wire

# Log-ins at the company's provider wait for each other, and never keep a call to WeCom waiting.
_FEW: Final = httpx.Limits(max_connections=8, max_keepalive_connections=2)
# The outcomes of messages that the rules were tried on.
_LOOKED_AT = frozenset({Outcome.CLEAN, Outcome.VIOLATION, Outcome.SPOOLED})

Part = TypeVar("Part")


class Background(Protocol):
    """What works in the background for as long as the service runs."""

    async def run(self) -> None: ...
    def stop(self) -> None: ...


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
        recollection: Recollection | None = None,
    ) -> None:
        """`cache` spares the building of rules that were built before.

        `settle` is called whenever new rules are in use.  `recollection` is one that knows what
        other processes hear; left out: one of this process alone.
        """
        self._settle = settle
        self._conversation = Conversation(recollection)
        cipher = EvidenceCipher.of(settings.evidence)
        self.settings = settings
        self.engine = engine
        self.metrics = Metrics(version=__version__)
        self.tracer = tracer_of(settings.telemetry, version=__version__)
        self.watch = WeComWatch()
        self.http = httpx.AsyncClient()
        self.identity_http = httpx.AsyncClient(limits=_FEW)
        self.violations = Violations(engine, cipher)
        self.unmaskings = Unmaskings(
            engine,
            self.violations,
            lasts=settings.evidence.unmask_for,
            persons=settings.evidence.unmask_persons,
        )
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
        self.rule_archive = RuleArchive(
            RuleVersions(engine), book=lambda: self.rules.current, clock=_now
        )
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
            on_token=self._fetched,
            gate=self.gate,
            wire=self._seen(Wire, TracedWire),
        )
        self.approval = Approval(
            self.client,
            self.shelf,
            Cards(engine),
            self.outbox,
            self.violations,
            Judging(engine),
            settings.compliance,
            clock=_now,
        )
        self.contacts = Contacts(engine, clock=_now)
        self.directory = Directory(
            self.client,
            People(engine),
            corp=settings.wecom.corp_id,
            fresh=settings.wecom.directory_fresh,
        )
        self.reception = self._reception()
        self.worker = self._worker()
        self.tallying = Tallying(DayCounts(engine), clock=_now)
        self.retention = Retention(
            Erasure(engine),
            self.failed,
            SpoolErasure(self.spool, cipher, Terms.of(settings.evidence)),
            Departures(engine, after=timedelta(days=settings.evidence.forget_people_days)),
            self.gate.allowances,
            Attempts(engine, clock=_now),
            clock=_now,
        )
        self.bulk = Bulk(BulkWork(engine, self._holder, clock=_now))
        self._background = dict(self._background_parts())
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
        self._tasks |= {
            name: asyncio.create_task(one.run()) for name, one in self._background.items()
        }

    async def stop(self) -> None:
        """Begin nothing more, wait for what was begun, and let go of everything."""
        for one in self._background.values():
            one.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.spool.close()
        await self.outbox.close()
        await self.client.close()
        await self.http.aclose()
        await self.identity_http.aclose()
        if self.tracer:
            await asyncio.to_thread(self.tracer.close)

    def _background_parts(self) -> Iterator[tuple[str, Background]]:
        if self.settings.rules.watch:
            yield "rule watcher", self.rules
        if self.settings.enforcement.enabled:
            yield "worker", self.worker
        if self.settings.alarms.enabled:
            yield "alarms", self.alarm_watch
        if self.settings.silence.enabled:
            yield "silence", self.silence
        yield "spool", self.draining
        yield "retention", self.retention
        yield "statistics", self.tallying
        yield "bulk", self.bulk
        yield "rule archive", self.rule_archive

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
            keep=Terms.of(evidence),
            always=(ActionKind.REPORT_TO_SIEM,) if self.settings.siem.url else (),
        )
        return self._seen(Keeper, TracedKeeper)(
            recorder,
            self.failed,
            self.spool,
            cipher,
            policy=lambda: self.rules.current.policy,
            clock=_now,
        )

    def _reception(self) -> Reception:
        return self._seen(Reception, TracedReception)(
            corp=self.settings.wecom.corp_id,
            envelopes=envelopes_of(self.settings.wecom),
            pipeline=Pipeline(
                book=lambda: self.rules.current,
                conversation=self._conversation,
                keeper=self.keeper,
                clock=_now,
                look=traced_look(self.tracer, find) if self.tracer else find,
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

    def _worker(self) -> Worker:
        sanctions = self._seen(Sanctions, TracedSanctions)(
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

    def _holder(self, name: str) -> Actor | None:
        return holder(name) if name in self.settings.api.tokens else None

    def _fetched(self, app: str) -> None:
        self.metrics.show_token(app)
        self.watch.fetched(app)

    def _seen(
        self, part: Callable[..., Part], traced: Callable[Concatenate[Tracer, ...], Part]
    ) -> Callable[..., Part]:
        """What makes the part: a traced one only where there is a tracer."""
        return partial(traced, self.tracer) if self.tracer else part

    def _called(self, path: str, errcode: int) -> None:
        self.metrics.count_wecom_call(path, errcode)
        self.watch.saw(path, errcode)


def _now() -> datetime:
    return datetime.now(UTC)
