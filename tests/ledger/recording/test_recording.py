"""One transaction from a finding to a violation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, TextField
from moderator.errors import LedgerUnavailable
from moderator.ledger.database.engine import Engine
from moderator.ledger.database.listening import Listener
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording import inserting
from moderator.ledger.recording.inserting import CHANNEL
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.standing import standings
from moderator.policy.policy import Ladder, Policy, Rung

Record = Callable[..., Awaitable[Recorded]]


async def test_a_violation_keeps_what_was_decided(record: Record, violations: Violations) -> None:
    """Category, step, clause text, rulebook and actions stand in the record as they were then."""
    recorded = await record()

    kept = await violations.one(recorded.violation_id, unmasked=True)
    assert (kept.category, kept.offence, kept.step) == ("advertising", 1, "advertising/1")
    assert kept.rulebook == "book-1"
    assert kept.clauses == recorded.decision.clauses
    assert kept.clauses[0].text == "警告一次"
    assert [action.kind for action in kept.actions] == [
        ActionKind.IDENTIFY_SENDER,
        ActionKind.WARN_SENDER,
        ActionKind.NOTIFY_COMPLIANCE,
    ]


async def test_the_second_message_of_a_person_is_the_second_offence(record: Record) -> None:
    """The standing written by one record is read by the next."""
    first, second, other = await record(1), await record(2), await record(1, sender="lisi")

    assert (first.decision.offence, second.decision.offence, other.decision.offence) == (1, 2, 1)


async def test_a_record_that_cannot_be_made_in_time_is_given_up(
    database: Engine,
    cipher: EvidenceCipher,
    finding: Finding,
    policy: Policy,
    make_message: Callable[..., Message],
    now: datetime,
) -> None:
    """While the table is locked it is unavailable before WeCom hangs up; then it is made."""
    recorder = Recorder(
        database,
        cipher,
        Fingerprinter(b"f" * 32),
        keep=timedelta(days=1),
        within=timedelta(milliseconds=100),
    )

    async def recorded() -> Recorded | None:
        return await recorder.record(make_message(), finding, policy=policy, rulebook="b", now=now)

    async with asyncio.timeout(10), database.begin() as locking:
        await locking.script("LOCK TABLE violations IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerUnavailable):
            await recorded()
    async with asyncio.timeout(10):
        recorder = Recorder(database, cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=1))
        assert await recorded() is not None


async def test_racing_messages_of_a_person_are_counted_one_after_the_other(record: Record) -> None:
    """Twelve messages recorded at once are the offences one to twelve."""
    recorded = await asyncio.gather(*(record(number) for number in range(1, 13)))

    assert sorted(each.decision.offence for each in recorded) == list(range(1, 13))


async def test_a_message_delivered_a_hundred_times_is_one_violation(
    recorder: Recorder,
    database: Engine,
    finding: Finding,
    policy: Policy,
    make_message: Callable[..., Message],
    now: datetime,
) -> None:
    """However often and concurrently it arrives, it is recorded, acted on and counted once."""
    sent = make_message()

    results = await asyncio.gather(
        *(recorder.record(sent, finding, policy=policy, rulebook="b", now=now) for _ in range(100))
    )

    assert len([result for result in results if result]) == 1
    assert await _counted(database) == {"violations": 1, "actions": 3, "strikes": 1}


async def test_a_crash_before_the_commit_leaves_nothing(
    record: Record, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception at the last step takes violation, actions and standing back."""

    write = inserting.write

    async def crash(*given: Any, **more: Any) -> None:
        await write(*given, **more)
        raise RuntimeError("crash")

    monkeypatch.setattr(inserting, "write", crash)
    with pytest.raises(RuntimeError, match="crash"):
        await record()

    assert await _counted(database) == {"violations": 0, "actions": 0, "strikes": 0}


async def test_without_postgres_the_ledger_says_unavailable(
    finding: Finding,
    policy: Policy,
    cipher: EvidenceCipher,
    make_message: Callable[..., Message],
    now: datetime,
) -> None:
    """A refused connection is `LedgerUnavailable`, with the driver's error as its cause."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nothing")
    recorder = Recorder(engine, cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=1))

    with pytest.raises(LedgerUnavailable) as caught:
        await recorder.record(make_message(), finding, policy=policy, rulebook="b", now=now)

    assert isinstance(caught.value.__cause__, OSError)
    await engine.dispose()


async def test_a_connection_cut_in_the_middle_is_unavailable_and_the_next_works(
    record: Record, database: Engine
) -> None:
    """A server that drops the connection costs that one record, not the pool."""
    await record(1)
    killer = await asyncpg.connect(database.dsn)
    await killer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await killer.close()

    results = await asyncio.gather(record(2), return_exceptions=True)
    assert all(isinstance(r, Recorded | LedgerUnavailable) for r in results)
    assert (await record(3)).violation_id > 0


async def test_recording_wakes_whoever_listens(record: Record, database: Engine) -> None:
    """The commit of queued actions is notified on the outbox channel."""
    listener = Listener(database, CHANNEL)
    await listener.wait(0)

    waiting = asyncio.create_task(listener.wait(20))
    await record()

    assert await waiting is True
    await listener.close()


async def test_a_daily_cap_turns_what_exceeds_it_into_proposals(
    record: Record, violations: Violations
) -> None:
    """Of five removals at once under a cap of two, two are queued and three proposed."""
    policy = Policy(
        ladders=(
            Ladder(
                id="all",
                window=timedelta(days=1),
                rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,), approval=False),),
            ),
        ),
        caps={ActionKind.REMOVE_FROM_GROUP: 2},
    )

    await asyncio.gather(*(record(1, sender=f"person{n}", policy=policy) for n in range(5)))

    kept = (await violations.page()).items
    removals = [action for each in kept for action in each.actions if action.kind.destructive]
    states = sorted(action.state for action in removals)
    assert states == [ActionState.PROPOSED] * 3 + [ActionState.QUEUED] * 2


async def test_yesterdays_actions_do_not_use_up_todays_cap(record: Record) -> None:
    """The cap begins anew at midnight UTC."""
    policy = Policy(
        ladders=(
            Ladder(
                id="all",
                window=timedelta(days=1),
                rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,), approval=False),),
            ),
        ),
        caps={ActionKind.REMOVE_FROM_GROUP: 1},
    )
    minutes_a_day = 24 * 60

    first, same_day = await record(1, policy=policy), await record(2, policy=policy)
    next_day = await record(minutes_a_day, policy=policy)

    remove = ActionKind.REMOVE_FROM_GROUP
    removals = [
        action
        for each in (first, same_day, next_day)
        for action in each.decision.actions
        if action.kind is remove
    ]
    states = [action.state for action in removals]
    assert states == [ActionState.QUEUED, ActionState.PROPOSED, ActionState.QUEUED]


async def test_hits_are_placed_in_the_redacted_text(
    recorder: Recorder,
    violations: Violations,
    policy: Policy,
    make_message: Callable[..., Message],
    make_hit: Callable[..., Hit],
    now: datetime,
) -> None:
    """A hit after a covered secret points at its own words in the text that is kept."""
    secret = "k3y" * 8
    text = f"密钥{secret}，低价代开发票"
    word_at = text.index("代开发票")
    sent = replace(make_message(), fields=(TextField("Content", text),))
    hits = [make_hit(2, 2 + len(secret), masked=True), make_hit(word_at, word_at + 4)]

    recorded = await recorder.record(sent, Finding.of(hits), policy=policy, rulebook="b", now=now)

    assert recorded is not None
    kept = await violations.one(recorded.violation_id, unmasked=True)
    shown = kept.fields[0].text
    masked, word = kept.hits
    assert shown[word.start : word.end] == "代开发票" == word.word
    assert shown[masked.start : masked.end] == masked.shown
    assert secret not in shown


async def test_stored_standing_is_what_the_violations_say(record: Record, database: Engine) -> None:
    """Recomputing a person's standing from the violations gives the stored one."""
    for number in (3, 1, 2):
        await record(number)

    assert await standings.deviations(database) == []
    await _execute(database, "UPDATE standings SET strikes = '[]'")
    (deviation,) = await standings.deviations(database)
    assert (deviation.corp, deviation.sender) == ("corp", "zhangsan")
    assert deviation.what == "strikes: 0 stored, 3 follow"


async def test_a_flood_by_one_person_keeps_their_standing_small(
    record: Record, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the newest strikes are kept, and the recomputed standing agrees."""
    monkeypatch.setattr(standings, "KEPT", 3)

    for number in range(1, 6):
        await record(number)

    assert (await _counted(database))["strikes"] == 3
    assert await standings.deviations(database) == []


async def _counted(database: Engine) -> dict[str, int]:
    connection = await asyncpg.connect(database.dsn)
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM violations) AS violations,"
            " (SELECT count(*) FROM actions) AS actions,"
            " (SELECT coalesce(sum(jsonb_array_length(strikes)), 0) FROM standings) AS strikes"
        )
        return {name: int(number) for name, number in row.items()}
    finally:
        await connection.close()


async def _execute(database: Engine, statement: str) -> None:
    async with database.begin() as transaction:
        await transaction.script(statement)
