"""The whole examination, from what everything else rests on to what rests on it."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from moderator.app import rules_of
from moderator.cli.certificates import expiry
from moderator.cli.diagnosis.callbacks import Callbacks, is_address
from moderator.cli.diagnosis.company import Company
from moderator.cli.diagnosis.findings import Finding, fault, note, ok
from moderator.cli.diagnosis.refusals import why_unreachable
from moderator.domain.decision import ActionKind
from moderator.errors import LedgerError, RulebookError, SchemaMismatch, SettingsError
from moderator.ledger.database import migrating
from moderator.ledger.database.condition import condition, try_to_write
from moderator.ledger.database.engine import Engine
from moderator.ledger.database.opening import opened
from moderator.policy.policy import Policy
from moderator.rulebook.checker import check_rules
from moderator.rulebook.reading import read_directory
from moderator.settings import Settings, SiemSettings, load_settings
from moderator.wecom.client import WeComClient

_CLOCKS_AGREE: Final = timedelta(seconds=2)
_RENEWED_BY: Final = timedelta(days=21)
_POOLED: Final = note(
    "database",
    "a pooler stands before it: nothing is kept prepared, and actions begin by the clock",
    mend="the server's own address in database.url, where that is too slow",
)
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_ACCOUNTS: Final = frozenset({ActionKind.DISABLE_ACCOUNT, ActionKind.ENABLE_ACCOUNT})


async def examine(config: Path | None, *, url: str = "") -> AsyncIterator[Finding]:
    """Examine settings, database, rules, WeCom and the service at `url`, in this order."""
    try:
        settings = load_settings(config)
    except SettingsError as error:
        for sentence in error.faults:
            yield fault("settings", sentence, mend="the settings file or the environment")
        return
    yield ok("settings", "complete")
    if settings.server.certificate:
        yield _certificate(settings.server.certificate)
    async for finding in _database(settings):
        yield finding
    for finding in _rules(settings):
        yield finding
    async with httpx.AsyncClient() as http:
        async for finding in _outside(settings, http, url):
            yield finding


async def _outside(settings: Settings, http: httpx.AsyncClient, url: str) -> AsyncIterator[Finding]:
    for proxy in _PROXIES:
        if os.environ.get(proxy) or os.environ.get(proxy.lower()):
            yield note("network", f"{proxy} is set: WeCom sees the proxy's address")
    client = WeComClient(settings.wecom, http)
    company = Company(settings, client, disables=_disables(settings))
    async for finding in company.examine():
        yield finding
    if url and not is_address(url):
        yield fault("--url", "is no address", mend="--url https://…")
        url = ""
    async for finding in Callbacks(settings, http, url).examine():
        yield finding
    if settings.siem.url:
        yield await _siem(settings.siem, http)


def _certificate(chain: Path) -> Finding:
    about = "server.certificate"
    try:
        left = expiry(chain) - datetime.now(UTC)
    except (OSError, ValueError) as error:
        return fault(about, f"cannot be read: {type(error).__name__}", mend=f"{chain}, in PEM")
    if left < timedelta():
        return fault(about, "has expired: no callback comes", mend=f"renew {chain}")
    what = f"expires in {left.days} days"
    return ok(about, what) if left > _RENEWED_BY else note(about, what, mend=f"renew {chain}")


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with opened(settings.database) as engine:
            for finding in await _engine(engine):
                yield finding
    except LedgerError as error:
        yield fault("database", f"cannot be used: {error}", mend="database.url, or the server")


async def _engine(engine: Engine) -> list[Finding]:
    found = await condition(engine)
    findings = [ok("database", f"reachable: {found.version}"), _clock(found.ahead)]
    try:
        await migrating.check(engine)
    except SchemaMismatch as error:
        return [*findings, fault("database", str(error), mend="`moderator database upgrade`")]
    try:
        await try_to_write(engine)
    except LedgerError as error:
        what = f"nothing can be written: {error}"
        return [*findings, fault("database", what, mend="the server: a replica, or its disk")]
    findings.append(ok("database", "migrated and writable"))
    return [*findings, _POOLED] if engine.is_pooled else findings


def _clock(ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(ahead) <= _CLOCKS_AGREE:
        return ok("clock", f"agrees with the database's (now {datetime.now(UTC):%H:%M:%S} UTC)")
    what = f"the database's clock is {seconds:+.0f} s off ours"
    return fault("clock", what, cause="one of the two machines has no NTP", mend="NTP")


def _rules(settings: Settings) -> Iterator[Finding]:
    try:
        report = check_rules(rules_of(settings))
    except (RulebookError, OSError) as error:
        yield fault("rules", f"cannot be read: {error}", mend="rules.directory")
        return
    for each in report.faults:
        yield fault("rules", str(each), mend="`moderator rules check`")
    if not report.faults:
        yield ok("rules", f"{report.enabled} rules, {report.samples} examples")


def _disables(settings: Settings) -> bool:
    source = read_directory(rules_of(settings)).policy
    return source is not None and not _ACCOUNTS.isdisjoint(_kinds(source.policy))


def _kinds(policy: Policy) -> Iterator[ActionKind]:
    for ladder in policy.ladders:
        yield from (measure.kind for rung in ladder.rungs for measure in rung.measures)
    yield from (measure.kind for each in policy.conversions for measure in each.measures)


async def _siem(settings: SiemSettings, http: httpx.AsyncClient) -> Finding:
    """Knock without a report: any answer of a web server shows that it is there."""
    about, timeout = "siem.url", settings.timeout.total_seconds()
    try:
        answer = await http.head(str(settings.url), timeout=timeout, follow_redirects=False)
    except httpx.HTTPError as error:
        return fault(about, "cannot be reached", cause=why_unreachable(error), mend="siem.url")
    if answer.is_server_error or answer.is_redirect:
        return fault(about, f"answers HTTP {answer.status_code}", mend="siem.url, or the receiver")
    return ok(about, f"somebody is there (HTTP {answer.status_code} without a report)")
