"""The pages other than the cases: people, rules, actions, numbers, the log, the service itself."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.routing import BaseRoute

from moderator.ledger.actions.backlog import Backlog
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.audit import Audit
from moderator.ledger.counting.hours import AppHours
from moderator.ledger.desk.progress import Progress
from moderator.ledger.directory.chats import Chats
from moderator.ledger.evidence.legal_holds import LegalHolds
from moderator.ledger.recording.failed import FailedMessages
from moderator.rulebook.watcher import RulebookWatcher
from moderator.web.access import Access
from moderator.web.console.audit import audit_routes
from moderator.web.console.chats import chat_routes
from moderator.web.console.failed import Replayed, failed_routes
from moderator.web.console.health import health_routes
from moderator.web.console.holds import hold_routes
from moderator.web.console.outbox import outbox_routes
from moderator.web.console.pages import Pages
from moderator.web.console.people import PeopleRecords, people_routes
from moderator.web.console.rules import RuleRecords, rule_routes
from moderator.web.console.statistics import Counts, statistics_routes
from moderator.web.console.verifying import Verifying
from moderator.web.health import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What those pages are made with.

    `replay` processes a failed message again, by its id and in somebody's name; `health` asks
    every part; `apps` are those of the settings.
    """

    pages: Pages
    access: Access
    people: PeopleRecords
    chats: Chats
    rules: RulebookWatcher
    rule_records: RuleRecords
    outbox: Outbox
    backlog: Backlog
    failed: FailedMessages
    replay: Callable[[int, str], Awaitable[Replayed | None]]
    audit: Audit
    progress: Progress
    holds: LegalHolds
    counts: Counts
    hours: AppHours
    health: Callable[[], Awaitable[Mapping[str, Part]]]
    apps: Sequence[str]
    version: str
    clock: Callable[[], datetime]


def office_routes(office: Office) -> Iterable[BaseRoute]:
    pages, access, clock = office.pages, office.access, office.clock
    verifying = Verifying(office.audit, office.progress)
    for router in (
        people_routes(pages, access, office.people),
        chat_routes(pages, access, office.chats),
        rule_routes(pages, access, office.rules, office.rule_records),
        outbox_routes(
            pages,
            access,
            office.outbox,
            office.backlog,
            policy=office.people.policy,
            clock=clock,
        ),
        failed_routes(pages, access, office.failed, office.replay),
        audit_routes(pages, access, office.audit, verifying),
        hold_routes(pages, access, office.holds),
        statistics_routes(pages, access, office.counts, clock=clock),
        health_routes(
            pages, access, office.health, office.hours, apps=office.apps, version=office.version
        ),
    ):
        yield from router.routes
