"""Where a scenario plays: a database of its own, a stand-in WeCom, and the services it starts."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from faults import reading, service
from faults.checking import Evidence
from faults.postgres import Distance, Postgres
from faults.service import Service
from faults.traffic import Traffic
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.run import Target
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import build_settings

_PEOPLE = 12
_BETWEEN_LOOKS = 0.1  # seconds
_PACK = """
category: gambling
severity: high
description: 赌博
rules:
  - id: gambling-word
    description: 赌博
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [彩色]
"""
_POLICY = """
documents: []
clauses: []
ladders:
  - id: any
    window: 180d
    rungs:
      - {at: 1, actions: [identify_sender, warn_sender, notify_compliance]}
"""
_QUICK = {"lease": 3, "poll": 0.2}  # what a crash interrupted is begun again soon
_PATIENCE = 1.5  # seconds for one call of WeCom, so that a lease outlives it


class NotSettled(Exception):
    """Something still waits though the time for it is over."""


@dataclass
class Stage:
    """The parts that a scenario hurts; `settings` are those of the services it starts.

    `complaints` are what a scenario itself finds wrong, beside what the checker finds.
    """

    postgres: Postgres
    database: str
    home: Path
    stand_in: StandIn
    settings: dict[str, Any]
    traffic: Traffic
    chance: random.Random
    services: list[Service] = field(default_factory=list)
    afterwards: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return self.postgres.dsn(self.database)

    async def serve(
        self,
        *,
        crash: str = "",
        clock: Path | None = None,
        changes: Mapping[str, Any] | None = None,
        source: Path = service.ROOT,
    ) -> Service:
        """Start a service; raises `DidNotStart`."""
        started = await service.start(
            self.settings | dict(changes or {}), crash=crash, clock=clock, source=source
        )
        self.services.append(started)
        return started

    async def run(self, *statements: str) -> None:
        """Change the server's settings, or whatever else takes SQL."""
        await self.postgres.run(*statements)

    async def distance(self) -> Distance:
        """A proxy through which services reach PostgreSQL, for `changes`."""
        between = Distance(self.postgres, self.home / "far", chance=self.chance)
        await between.open()
        self.afterwards.append(between.close)
        return between

    async def drained(self, *, within: float = 30) -> None:
        """Return when the spool is empty; raises `NotSettled`."""
        await _until(self._spool_is_empty, within, "the spool is not empty")

    async def settled(self, *, within: float = 120) -> None:
        """Return when nothing waits any more; raises `NotSettled`."""
        await self.drained(within=within)
        await _until(self._nothing_waits, within, "actions still wait")

    async def evidence(self) -> Evidence:
        """Everything that the checker compares."""
        violations, actions, failed = await reading.rows_of(self.dsn)
        return Evidence(
            sent=self.traffic.sent(),
            violations=violations,
            actions=actions,
            shown=list(reading.shown(self.stand_in.journal.calls())),
            spooled=reading.spooled(self.home / "spool"),
            failed=failed,
        )

    async def _spool_is_empty(self) -> bool:
        return reading.spooled(self.home / "spool") == 0

    async def _nothing_waits(self) -> bool:
        return await reading.waiting(self.dsn) == 0

    async def close(self) -> None:
        for started in self.services:
            await started.kill()
        for undo in reversed(self.afterwards):
            await undo()


@asynccontextmanager
async def staged(postgres: Postgres, *, seed: int, people: int = _PEOPLE) -> AsyncIterator[Stage]:
    """A stage with nothing running yet but the stand-in; everything is taken down after.

    `people` write; a few of them offend again and again.
    """
    world = invent_world()
    stand_in = create_stand_in(world)
    database = await postgres.database()
    chance = random.Random(seed)  # noqa: S311 - not a secret
    with TemporaryDirectory(prefix="faults-") as home:
        async with serving(stand_in) as wecom:
            settings = _settings(world, wecom, postgres.dsn(database), Path(home))
            token = settings["api"]["tokens"]["rehearsal"]
            target = Target.of(
                build_settings(settings), url="http://-", app=MODERATION_APP, api_token=token
            )
            writers = [person.userid for person in world.people[70 : 70 + people]]
            stage = Stage(
                postgres=postgres,
                database=database,
                home=Path(home),
                stand_in=stand_in,
                settings=settings,
                traffic=Traffic(target, writers, chance),
                chance=chance,
            )
            try:
                yield stage
            finally:
                await stage.close()
                await postgres.revive()
                await postgres.drop(database)


def _settings(world: Any, wecom: str, dsn: str, home: Path) -> dict[str, Any]:
    rules = home / "rules"
    rules.mkdir()
    (rules / "gambling.yaml").write_text(_PACK, "utf-8")
    (rules / "policy.yaml").write_text(_POLICY, "utf-8")
    url = dsn.replace("postgresql://", "postgresql+asyncpg://")
    values = settings_of(world, api_url=wecom, database_url=url)
    values["server"] = {"port": 0}
    values["log"] = {"clean_messages": False}
    values["rules"] = {"directory": str(rules), "watch": False}
    values["spool"] = {"directory": str(home / "spool"), "megabytes": 16}
    values["enforcement"] = _QUICK
    values["wecom"]["timeout"] = _PATIENCE
    return values


async def _until(condition: Callable[[], Awaitable[bool]], within: float, told: str) -> None:
    until = asyncio.get_running_loop().time() + within
    while not await _true(condition):
        if asyncio.get_running_loop().time() > until:
            raise NotSettled(f"{told} after {within:g} s")
        await asyncio.sleep(_BETWEEN_LOOKS)


async def _true(condition: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await condition()
    except (OSError, asyncpg.PostgresError):  # the server is coming back
        return False
