"""The ledger against a small model of it, whatever is done to it and in whatever order.

Real PostgreSQL, real spool; time passes when the machine says so.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from moderator.domain.decision import ActionState
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.errors import LedgerUnavailable
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.ledger.desk.judging import Judging
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper, Spooled
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.recording.spool import Spool
from moderator.ledger.records import Status
from moderator.policy.policy import Policy

NOWHERE = "postgresql://nobody@127.0.0.1:1/nowhere"
EMPTIED = """
SET session_replication_role = replica;
DELETE FROM violations; DELETE FROM actions; DELETE FROM standings; DELETE FROM policies;
"""
LEASE = timedelta(seconds=90)
YEAR = timedelta(days=365)
PEOPLE = st.sampled_from(["ann", "bob"])
NUMBERS = st.integers(1, 5)
CHOICE = st.integers(0, 10**6)


@dataclass
class Row:
    """A violation as the model sees it."""

    key: str
    sender: str
    offence: int
    dismissed: bool = False


@dataclass
class Model:
    """What the ledger should hold; `rows` in the order of decisions, `spool` in that of arrival."""

    rows: list[Row] = field(default_factory=list)
    spool: list[Message] = field(default_factory=list)
    promised: set[str] = field(default_factory=set)
    leases: dict[int, datetime] = field(default_factory=dict)
    claims: Counter[int] = field(default_factory=Counter)
    accepted: set[int] = field(default_factory=set)

    def has(self, key: str) -> bool:
        return any(row.key == key for row in self.rows)

    def standing(self, sender: str) -> int:
        return sum(row.sender == sender and not row.dismissed for row in self.rows)

    def record(self, message: Message) -> bool:
        """Whether it is new."""
        if self.has(message.key):
            return False
        self.rows.append(Row(message.key, message.sender, 1 + self.standing(message.sender)))
        return True

    def put(self, message: Message) -> None:
        if message.key not in {waiting.key for waiting in self.spool}:
            self.spool.append(message)

    def drain(self) -> None:
        for message in self.spool:
            self.record(message)
        self.spool.clear()


@dataclass
class Parts:
    """What one process has of the ledger."""

    engine: Engine
    keeper: Keeper
    spool: Spool
    violations: Violations
    judging: Judging
    outbox: Outbox

    async def close(self) -> None:
        await self.outbox.close()
        await self.spool.close()
        await self.engine.dispose()


class Ledger(RuleBasedStateMachine):
    """Everything that may happen to the ledger, in any order."""

    def __init__(
        self,
        dsn: str,
        folder: Path,
        make_message: Callable[..., Message],
        finding: Finding,
        policy: Policy,
        start: datetime,
    ) -> None:
        super().__init__()
        self.make_message, self.finding, self.policy = make_message, finding, policy
        self.now = start + timedelta(hours=1)
        self.model = Model()
        self.away = False
        self.dsn, self.file = dsn, folder / f"{uuid4().hex}.sqlite"
        self.runner = asyncio.Runner()
        self.eye = self.run(asyncpg.connect(self.dsn))
        self.run(self.eye.execute(EMPTIED))
        self.parts = self.run(self.built())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def built(self) -> Parts:
        engine = Engine(NOWHERE if self.away else self.dsn)
        cipher = EvidenceCipher([bytes(range(32))])
        spool = Spool(self.file, limit=1024 * 1024)
        recorder = Recorder(engine, cipher, Fingerprinter(b"f" * 32), keep=YEAR, within=YEAR)
        keeper = Keeper(
            recorder,
            FailedMessages(engine, keep=YEAR),
            spool,
            cipher,
            policy=lambda: self.policy,
            clock=lambda: self.now,
        )
        return Parts(
            engine, keeper, spool, Violations(engine, cipher), Judging(engine), Outbox(engine)
        )

    async def record_one(self, message: Message) -> Recorded | Spooled | None:
        recorded: Recorded | Spooled | None = await self.parts.keeper.record(
            message, self.finding, policy=self.policy, rulebook="book", now=self.now
        )
        return recorded

    @rule(sender=PEOPLE, number=NUMBERS)
    def record(self, sender: str, number: int) -> None:
        """New or delivered again, with PostgreSQL or without."""
        message = self.make_message(number, sender=sender)
        answer = self.run(self.record_one(message))
        self.model.promised.add(message.key)
        if self.away or self.model.spool:
            assert isinstance(answer, Spooled)
            self.model.put(message)
        else:
            assert isinstance(answer, Recorded) == self.model.record(message)

    @rule(sender=PEOPLE, numbers=st.lists(NUMBERS, min_size=2, max_size=4))
    @precondition(lambda self: not self.away and not self.model.spool)
    def race(self, sender: str, numbers: list[int]) -> None:
        """Several at the same moment, the same one among them perhaps: each is recorded once."""
        messages = [self.make_message(number, sender=sender) for number in numbers]

        async def all_at_once() -> list[Recorded | Spooled | None]:
            return await asyncio.gather(*map(self.record_one, messages))

        answers = self.run(all_at_once())
        new = sorted(
            (answer.violation_id, message.key, message)
            for answer, message in zip(answers, messages, strict=True)
            if isinstance(answer, Recorded)
        )
        assert all(self.model.record(message) for _, _, message in new)
        assert all(self.model.has(message.key) for message in messages)
        self.model.promised |= {message.key for message in messages}

    @rule()
    def drain(self) -> None:
        """Everything in the spool arrives in its order, or nothing while PostgreSQL is away."""
        if self.away and self.model.spool:
            with pytest.raises(LedgerUnavailable):
                self.run(self.parts.keeper.drain())
            return
        self.run(self.parts.keeper.drain())
        self.model.drain()

    @rule()
    def postgresql_goes_or_comes(self) -> None:
        """As after a stop: every connection is gone."""
        self.away = not self.away
        self.parts.engine.dsn = NOWHERE if self.away else self.dsn
        self.run(self.parts.engine.dispose())

    @rule()
    def restart(self) -> None:
        """Another process finds what is in PostgreSQL and in the spool, and nothing else."""
        self.run(self.parts.close())
        self.parts = self.run(self.built())

    @rule(choice=CHOICE)
    @precondition(lambda self: not self.away and self.model.rows)
    def judge(self, choice: int) -> None:
        """Dismissed, or the dismissal taken back: the strike goes and comes."""
        row = self.model.rows[choice % len(self.model.rows)]
        status = Status.OPEN if row.dismissed else Status.DISMISSED
        self.run(self.judged(row.key, status))
        row.dismissed = not row.dismissed

    async def judged(self, key: str, status: Status) -> None:
        row = await self.eye.fetchrow(
            "SELECT id, version FROM violations WHERE message_key = $1", key
        )
        judged = await self.parts.judging.judge(
            row["id"], status, by="officer", version=row["version"], now=self.now
        )
        assert judged.applied

    @rule(limit=st.integers(1, 5))
    @precondition(lambda self: not self.away)
    def claim(self, limit: int) -> None:
        """Nobody is handed what somebody else still holds, or what is done."""
        claimed = self.run(self.parts.outbox.claim(limit, LEASE, self.now))
        assert len(claimed) <= limit
        for action in claimed:
            assert self.model.leases.get(action.id, self.now) <= self.now
            assert action.id not in self.model.accepted
            self.model.leases[action.id] = self.now + LEASE
            self.model.claims[action.id] += 1

    @rule(choice=CHOICE)
    @precondition(lambda self: not self.away and self.model.claims)
    def settle(self, choice: int) -> None:
        """Accepted once, also by whoever comes after the lease; a second time changes nothing."""
        action = sorted(self.model.claims)[choice % len(self.model.claims)]
        kept = self.run(self.parts.outbox.settle(action, ActionState.ACCEPTED, now=self.now))
        assert kept == (action not in self.model.accepted)
        self.model.accepted.add(action)

    @rule()
    def leases_end(self) -> None:
        """Whoever claimed something has vanished."""
        self.now += LEASE + timedelta(seconds=1)

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        rows = self.run(
            self.eye.fetch(
                "SELECT message_key, sender, offence, status = 'dismissed' AS dismissed"
                " FROM violations ORDER BY id",
            )
        )
        assert [Row(*row.values()) for row in rows] == self.model.rows
        standings = self.run(
            self.eye.fetch("SELECT sender, jsonb_array_length(strikes) FROM standings")
        )
        for sender, strikes in standings:
            assert strikes == self.model.standing(sender)
        spooled = self.run(self.parts.spool.oldest())
        assert [row.key for row in spooled] == [message.key for message in self.model.spool]

    @invariant()
    def actions_tell_what_happened_to_them(self) -> None:
        rows = self.run(
            self.eye.fetch(
                "SELECT id, attempts, state, jsonb_path_query_array(history,"
                " '$[*] ? (@.state == \"accepted\")') AS accepted FROM actions",
            )
        )
        for row in rows:
            assert row["attempts"] == self.model.claims[row["id"]]
            assert (row["state"] == "accepted") == (row["id"] in self.model.accepted)
            assert row["accepted"].count("accepted") == (row["id"] in self.model.accepted)

    def teardown(self) -> None:
        """At the end nothing that was promised is missing."""
        try:
            if self.away:
                self.postgresql_goes_or_comes()
            self.drain()
            self.holds_what_the_model_holds()
            assert {row.key for row in self.model.rows} == self.model.promised
        finally:
            self.run(self.parts.close())
            self.run(self.eye.close())
            self.runner.close()


@pytest.mark.slow
def test_the_ledger_does_what_a_model_of_it_does(
    database_url: str,
    tmp_path: Path,
    make_message: Callable[..., Message],
    finding: Finding,
    policy: Policy,
    now: datetime,
) -> None:
    """Record, spool, drain, judge, claim, settle, restart: in every order as the model says."""
    machine: Any = partial(
        Ledger, dsn_of(database_url), tmp_path, make_message, finding, policy, now
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
