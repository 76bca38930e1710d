"""A rehearsal: steady traffic against a running service, then a look at what it recorded."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from moderator.rehearsal.callbacks import Head, text
from moderator.rehearsal.plan import Plan, Planned
from moderator.rehearsal.recorded import QueryFailed, RecordedViolation, ViolationList
from moderator.rehearsal.report import Outcome, Report, compare, weigh
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.settings import AppSettings, Settings
from moderator.wecom.envelope import Envelope

_BETWEEN_LOOKS = 0.5  # seconds


class NothingThere(Exception):
    """Neither a callback nor the query API was ever answered."""

    def __init__(self, url: str) -> None:
        super().__init__(f"nothing answers at {url}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The service under rehearsal and how it is reached.

    `journal` is the address of the stand-in that the service talks to, if its journal should be in
    the report.
    """

    url: str
    corp: str
    app: str
    agent_id: int
    envelope: Envelope
    api_token: str
    journal: str = ""

    @classmethod
    def of(
        cls, settings: Settings, *, url: str, app: str, api_token: str, journal: str = ""
    ) -> "Target":
        """The service that runs with `settings`; raises `KeyError` for an unknown app."""
        chosen: AppSettings = settings.wecom.apps[app]
        corp = settings.wecom.corp_id
        return cls(
            url=url.rstrip("/"),
            corp=corp,
            app=app,
            agent_id=chosen.agent_id,
            envelope=Envelope(
                token=chosen.token.get_secret_value(),
                encoding_aes_key=chosen.encoding_aes_key.get_secret_value(),
                receive_id=corp if chosen.receive_id is None else chosen.receive_id,
            ),
            api_token=api_token,
            journal=journal.rstrip("/"),
        )

    @property
    def callback(self) -> str:
        return f"{self.url}/wecom/callback/{self.app}"


async def rehearse(
    target: Target,
    plan: Plan,
    *,
    timing: Timing | None = None,
    concurrency: int = 256,
    look_back: float = 5.0,
    settle: float = 10.0,
) -> Report:
    """Send the plan, then ask what was recorded.

    Raises `QueryFailed` when the API cannot be asked, `NothingThere` when nothing could be.

    `look_back`: seconds before the start from which records are asked for (a plan that was sent
    before has older ones).  `settle`: seconds that a record may come after its 200, for a service
    that spools while its database is away.
    """
    async with callback_client() as http:
        began, wall = time.perf_counter(), time.time()
        sender = CallbackSender(
            target.callback,
            target.envelope,
            http,
            agent_id=target.agent_id,
            timing=timing,
            concurrency=concurrency,
        )
        outcomes = await _send_all(target, plan, sender)
        seconds = time.perf_counter() - began
        violations = ViolationList(target.url, target.api_token, http)
        try:
            recorded = await _settled(violations, outcomes, wall - look_back, settle)
        except QueryFailed as failed:
            if any(any(outcome.delivery.statuses) for outcome in outcomes):
                raise
            raise NothingThere(target.url) from failed
        received = await received_by(target.journal, http) if target.journal else {}
    return weigh(
        outcomes,
        recorded,
        run_id=plan.run_id,
        seed=plan.seed,
        seconds=seconds,
        received=received,
    )


async def received_by(journal: str, http: httpx.AsyncClient) -> Mapping[str, Mapping[str, int]]:
    """What the stand-in WeCom received, by path: calls, refused, reached, dropped."""
    answer = await http.get(f"{journal}/rehearsal/journal", timeout=30.0)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for call in answer.json()["calls"]:
        count = counts[call["path"]]
        count["calls"] += 1
        count["refused"] += call["errcode"] != 0
        count["reached"] += len(call["reached"])
        count["dropped"] += len(call["dropped"])
    return counts


async def _send_all(target: Target, plan: Plan, sender: CallbackSender) -> list[Outcome]:
    """Open loop: every message starts when it is due, however slow the answers are."""
    started = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        sending: list[asyncio.Task[Outcome]] = []
        for planned in plan.messages():
            due = started + planned.number / plan.rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            sending.append(tasks.create_task(_send_one(target, planned, sender, due)))
    return [task.result() for task in sending]


async def _send_one(
    target: Target, planned: Planned, sender: CallbackSender, due: float
) -> Outcome:
    head = Head(
        corp=target.corp, sender=planned.sender, at=int(time.time()), agent_id=target.agent_id
    )
    delivery = await sender.deliver(text(head, planned.msgid, planned.text))
    return Outcome(planned, delivery, time.perf_counter() - due)


async def _settled(
    violations: ViolationList, outcomes: Sequence[Outcome], moment: float, settle: float
) -> list[RecordedViolation]:
    """Ask again until nothing is missing or `settle` is over."""
    until = time.perf_counter() + settle
    while True:
        try:
            recorded = await violations.since(moment)
        except QueryFailed:
            if time.perf_counter() >= until:
                raise
        else:
            if not compare(outcomes, recorded).lost or time.perf_counter() >= until:
                return recorded
        await asyncio.sleep(_BETWEEN_LOOKS)
