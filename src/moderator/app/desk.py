"""What people reach over HTTP: the API and the console."""

from collections.abc import Iterator
from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI

from moderator import __version__
from moderator.app.service import Service
from moderator.enforcement.previewing import Previews
from moderator.identity.oidc import Provider
from moderator.intake.replaying import Replay
from moderator.ledger.access.accounts import Accounts
from moderator.ledger.actions.backlog import Backlog
from moderator.ledger.audit import Audit
from moderator.ledger.counting.hours import AppHours
from moderator.ledger.counting.rule_days import RuleDays
from moderator.ledger.counting.rule_health import RuleHealths
from moderator.ledger.counting.statistics import Statistics
from moderator.ledger.counting.waiting import OpenCases
from moderator.ledger.counting.week_hours import WeekHours
from moderator.ledger.desk.exports import Exports
from moderator.ledger.desk.jobs import Jobs
from moderator.ledger.desk.judging import Judging
from moderator.ledger.desk.past_hits import PastHits
from moderator.ledger.desk.presence import Presence
from moderator.ledger.desk.progress import Progress
from moderator.ledger.desk.views import Views
from moderator.ledger.directory.chats import Chats
from moderator.ledger.directory.departments import Departments
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.legal_holds import LegalHolds
from moderator.ledger.evidence.packs import Packs
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.signing import Signer
from moderator.ledger.standing.merits import Merits
from moderator.policy.policy import Policy
from moderator.rulebook.book import Rulebook
from moderator.web.access import Access
from moderator.web.admission import Admission, return_address
from moderator.web.alarms import alarms_router
from moderator.web.allowing import Allowing, allowing_router
from moderator.web.console.desk import Desk
from moderator.web.console.office import Office
from moderator.web.console.pages import Pages
from moderator.web.console.people import PeopleRecords
from moderator.web.console.routes import console_routes
from moderator.web.console.rules import RuleRecords
from moderator.web.console.statistics import Counts
from moderator.web.deciding import deciding_router
from moderator.web.elsewhere import OidcSite, OtherSite, WeComSite
from moderator.web.evidence import evidence_router
from moderator.web.exports import exports_router
from moderator.web.health import Cached
from moderator.web.people import people_router
from moderator.web.query import query_router
from moderator.web.reading import reading_routers
from moderator.web.requests import requests_router
from moderator.wecom.login import ScanLogin


def add_desk(app: FastAPI, service: Service) -> None:
    """Let people in: by the API, and, where it is switched on, by the console."""
    admission = Admission(service.settings, service.engine, _other_sites(service), clock=_now)
    allowing = _allowing(service)
    for router in (*admission.routers(), *_api(service, admission.access, allowing)):
        app.include_router(router)
    if service.settings.console.enabled:
        desk = _desk(service, admission.access, allowing)
        app.router.routes += admission.pages(desk.pages)
        app.router.routes += console_routes(desk, _office(service, desk))


def _api(service: Service, access: Access, allowing: Allowing) -> Iterator[APIRouter]:
    engine, corp = service.engine, service.settings.wecom.corp_id
    registry = Registry(engine, corp)

    def book() -> Rulebook:
        return service.rules.current

    def policy() -> Policy:
        return book().policy

    yield query_router(service.violations, service.outbox, access)
    yield from reading_routers(engine, registry, book, access, clock=_now)
    yield people_router(Merits(engine), registry, policy, corp, access)
    yield requests_router(service.requests, access, corp=corp)
    yield alarms_router(service.alarms, access, clock=_now)
    yield exports_router(
        Exports(engine),
        Progress(engine, clock=_now),
        access,
        corp=corp,
        policy=policy,
        clock=_now,
    )
    yield deciding_router(engine, access)
    yield allowing_router(allowing, access)
    yield evidence_router(
        engine,
        service.violations,
        service.unmaskings,
        service.settings.evidence,
        access,
        corp=corp,
    )


def _other_sites(service: Service) -> tuple[OtherSite, ...]:
    """Where people may log in besides here."""
    settings, found = service.settings, list[OtherSite]()
    if settings.oidc.issuer is not None:
        back = return_address(settings.console, OidcSite.name)
        found.append(OidcSite(Provider(settings.oidc, service.identity_http, redirect_uri=back)))
    if settings.wecom_login.app:
        back = return_address(settings.console, WeComSite.name)
        login = ScanLogin(settings.wecom_login, settings.wecom, service.client, redirect_uri=back)
        found.append(WeComSite(login, settings.wecom_login))
    return tuple(found)


def _desk(service: Service, access: Access, allowing: Allowing) -> Desk:
    engine, settings = service.engine, service.settings
    within = settings.enforcement.recall_within
    checks = {**service.conditions.ready(), **service.conditions.others()}
    return Desk(
        pages=Pages(),
        access=access,
        corp=settings.wecom.corp_id,
        violations=service.violations,
        judging=Judging(engine),
        unmaskings=service.unmaskings,
        packs=Packs(
            engine,
            service.violations,
            Signer.of(settings.evidence),
            persons=settings.evidence.unmask_persons,
        ),
        outbox=service.outbox,
        merits=Merits(engine),
        presence=Presence(engine),
        views=Views(engine),
        jobs=Jobs(engine),
        accounts=Accounts(engine, clock=_now),
        alarms=service.alarms,
        allowing=allowing,
        departments=Departments(engine, corp=settings.wecom.corp_id),
        book=lambda: service.rules.current,
        notices=Previews(service.shelf, recall_within=within).of,
        health=Cached(checks).parts,
    )


def _office(service: Service, desk: Desk) -> Office:
    engine, settings = service.engine, service.settings
    replay = Replay(service.failed, service.reception)
    return Office(
        pages=desk.pages,
        access=desk.access,
        people=PeopleRecords(
            corp=settings.wecom.corp_id,
            registry=Registry(engine, settings.wecom.corp_id),
            people=People(engine),
            departments=Departments(engine, corp=settings.wecom.corp_id),
            violations=service.violations,
            merits=desk.merits,
            statistics=Statistics(engine),
            policy=lambda: service.rules.current.policy,
            clock=_now,
        ),
        chats=Chats(engine),
        rules=service.rules,
        rule_records=RuleRecords(
            healths=RuleHealths(engine),
            days=RuleDays(engine),
            alarms=service.alarms,
            clock=_now,
        ),
        outbox=service.outbox,
        backlog=Backlog(engine),
        failed=service.failed,
        replay=lambda id_, by: replay.one(id_, by=by),
        audit=Audit(engine),
        progress=Progress(engine, clock=_now),
        holds=LegalHolds(engine, corp=settings.wecom.corp_id),
        counts=Counts(
            statistics=Statistics(engine),
            open_cases=OpenCases(engine),
            hours=WeekHours(engine),
            departments=Departments(engine, corp=settings.wecom.corp_id),
        ),
        hours=AppHours(engine),
        health=desk.health,
        apps=tuple(settings.wecom.apps),
        version=__version__,
        clock=_now,
    )


def _allowing(service: Service) -> Allowing:
    settings = service.settings
    return Allowing(
        engine=service.engine,
        unmaskings=service.unmaskings,
        past=PastHits(service.engine, EvidenceCipher.of(settings.evidence)),
        book=lambda: service.rules.current,
        directory=settings.rules.directory,
    )


def _now() -> datetime:
    return datetime.now(UTC)
