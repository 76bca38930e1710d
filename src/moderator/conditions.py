"""How every part of a running service is: what `/readyz` and `/healthz` are told."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from moderator.enforcement.directory import Directory
from moderator.enforcement.stationery import StationeryShelf
from moderator.errors import LedgerUnavailable
from moderator.intake.draining import Draining
from moderator.intake.silence import SilenceWatch
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.failed import FailedMessages
from moderator.rulebook.watcher import RulebookWatcher
from moderator.settings import Settings
from moderator.web.health import Check, Condition, Part, WeComWatch

_PATIENCE: Final = 1.0  # seconds; a probe waits little longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Asks the parts; `tasks` are what works beside the requests, by name."""

    settings: Settings
    engine: Engine
    rules: RulebookWatcher
    outbox: Outbox
    failed: FailedMessages
    draining: Draining
    alarms: Alarms
    silence: SilenceWatch
    directory: Directory
    shelf: StationeryShelf
    wecom: WeComWatch
    tasks: Mapping[str, asyncio.Task[None]]

    def ready(self) -> dict[str, Check]:
        """What decides whether the service may be sent anything."""
        return {"acceptance": self._acceptance}

    def others(self) -> dict[str, Check]:
        """What a person should know beside that."""
        return {
            "database": self._database,
            "background": self._background,
            "rulebook": self._rulebook,
            "outbox": self._actions,
            "notices": self._notices,
            "failed_messages": self._unprocessed,
            "spool": self._spooled,
            "wecom": self.wecom.check,
            "people": self._people,
            "alarms": self._rule_alarms,
            "silence": self._heard,
        }

    async def _background(self) -> Part:
        """Whether what works beside the requests still does."""
        ended = [name for name, task in self.tasks.items() if task.done()]
        if ended:
            return Part(Condition.FAILING, f"ended: {', '.join(ended)}; restart the service")
        return Part(Condition.OK)

    async def _database(self) -> Part:
        """Whether a violation could be written: PostgreSQL answers and has our migrations."""
        await migrating.check(self.engine)
        revision = await migrating.current_revision(self.engine)
        return Part(Condition.OK, facts={"revision": revision})

    async def _acceptance(self) -> Part:
        """Whether what must be kept can be: in PostgreSQL, or meanwhile on this machine."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await migrating.check(self.engine)
        except (LedgerUnavailable, TimeoutError) as away:
            if self.draining.filling.has_room:
                return Part(Condition.DEGRADED, "PostgreSQL is away; the spool takes what comes")
            return Part(Condition.FAILING, f"{type(away).__name__}, and the spool is full")
        return Part(Condition.OK)

    async def _rulebook(self) -> Part:
        book, state = self.rules.current, self.rules.state
        facts = {
            "hash": book.hash,
            "since": self.rules.since.isoformat(),
            "rules": len(book.rules),
            "reloads": state.reloads,
            "faults": [str(fault) for fault in state.faults],
        }
        if state.faults:
            return Part(Condition.DEGRADED, "some rules cannot be used", facts)
        return Part(Condition.OK, facts=facts)

    async def _actions(self) -> Part:
        if not self.settings.enforcement.enabled:
            return Part(Condition.DISABLED, "enforcement.enabled is false")
        counts = {state.value: number for state, number in (await self.outbox.counts()).items()}
        since = await self.outbox.waiting_since()
        pauses = [pause.told for pause in await self.outbox.pauses.list()]
        facts = counts | {"oldest": since.isoformat() if since else None, "pauses": pauses}
        if pauses:
            return Part(Condition.DEGRADED, "paused: see `moderator outbox pauses`", facts)
        return Part(Condition.OK, facts=facts)

    async def _spooled(self) -> Part:
        filling, fault = self.draining.filling, self.draining.fault
        facts = {**asdict(filling), "fault": fault}
        if filling.waiting or filling.refused or fault:
            return Part(Condition.DEGRADED, "violations wait on this machine", facts)
        return Part(Condition.OK, facts=facts)

    async def _rule_alarms(self) -> Part:
        """Whether a rule hits so much more than usual that it is held up."""
        if not self.settings.alarms.enabled:
            return Part(Condition.DISABLED, "alarms.enabled is false")
        rules = [alarm.rule for alarm in await self.alarms.list(open_only=True)]
        if rules:
            reason = "held up until cleared: see `moderator rules alarms list`"
            return Part(Condition.DEGRADED, reason, {"rules": rules})
        return Part(Condition.OK)

    async def _heard(self) -> Part:
        """Whether every app still hears something, as far as it is known when it should."""
        if not self.settings.silence.enabled:
            return Part(Condition.DISABLED, "silence.enabled is false")
        silences = self.silence.silences
        facts = {app: silence.told for app, silence in silences.items()}
        silent = [app for app, silence in silences.items() if silence.is_unusual]
        if silent:
            reason = f"no message for unusually long: {', '.join(silent)}"
            return Part(Condition.DEGRADED, reason, facts)
        return Part(Condition.OK, facts=facts)

    async def _people(self) -> Part:
        """Whether WeCom tells who people are; without that a record names their userid alone."""
        gaps = self.directory.gaps
        if gaps:
            return Part(Condition.DEGRADED, "; ".join(gaps))
        return Part(Condition.OK)

    async def _notices(self) -> Part:
        """Whether every template that the company changed can be used."""
        if self.shelf.faults:
            facts = {"faults": [str(fault) for fault in self.shelf.faults]}
            return Part(Condition.DEGRADED, "some notices are as shipped", facts)
        return Part(Condition.OK)

    async def _unprocessed(self) -> Part:
        waiting = await self.failed.count()
        facts = {"waiting": waiting}
        if waiting:
            return Part(Condition.DEGRADED, "see `moderator failed list`", facts)
        return Part(Condition.OK, facts=facts)
