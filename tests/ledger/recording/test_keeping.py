"""Several processes of one machine keep what comes, and each other's order."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import FailedDelivery, Keeper, Spooled
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.recording.spool import Filling, Spool
from moderator.policy.policy import Policy

LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)  # within the policy's window
DELIVERY = FailedDelivery(
    app="desk", key="k", body=b"b", signature="s", timestamp="1", nonce="n", reason="Bug"
)

Record = Callable[[Keeper, int], Awaitable[Recorded | Spooled | None]]


class Machine:
    """A machine with one spool, and processes on it that have PostgreSQL or have not."""

    def __init__(self, path: Path, cipher: EvidenceCipher, policy: Policy) -> None:
        self._path = path / "spool" / "own.sqlite"
        self._cipher = cipher
        self._policy = policy

    @asynccontextmanager
    async def process(self, engine: Engine) -> AsyncIterator[Keeper]:
        spool = Spool(self._path, limit=1024 * 1024)
        recorder = Recorder(engine, self._cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=9))
        yield Keeper(
            recorder,
            FailedMessages(engine),
            spool,
            self._cipher,
            policy=lambda: self._policy,
            clock=lambda: LATER,
        )
        await spool.close()


@pytest.fixture
def machine(tmp_path: Path, cipher: EvidenceCipher, policy: Policy) -> Machine:
    return Machine(tmp_path, cipher, policy)


@pytest.fixture
async def well(machine: Machine, database: Engine) -> AsyncIterator[Keeper]:
    """A process that has PostgreSQL."""
    async with machine.process(database) as keeper:
        yield keeper


@pytest.fixture
async def cut_off(machine: Machine) -> AsyncIterator[Keeper]:
    """A process on the same machine that cannot reach PostgreSQL."""
    away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(away.dispose)
        yield await stack.enter_async_context(machine.process(away))


@pytest.fixture
def record(make_message: Callable[..., Message], finding: Finding, policy: Policy) -> Record:
    """Lets a process record the `number`-th message of one person."""

    async def recorded(keeper: Keeper, number: int) -> Recorded | Spooled | None:
        message = make_message(number)
        return await keeper.record(
            message, finding, policy=policy, rulebook="book", now=message.sent_at
        )

    return recorded


async def test_no_process_overtakes_what_another_has_put_aside(
    well: Keeper, cut_off: Keeper, record: Record, violations: Violations
) -> None:
    """What comes later goes behind it, at once, and both arrive in the order they came in."""
    assert isinstance(await record(well, 1), Recorded)
    assert isinstance(await record(cut_off, 2), Spooled)

    assert isinstance(await record(well, 3), Spooled)

    await well.drain()
    items = (await violations.page()).items
    told = sorted((one.message_id, one.offence) for one in items)
    assert told == [("1", 1), ("2", 2), ("3", 3)]


async def test_what_breaks_the_service_waits_behind_it_too(
    well: Keeper, cut_off: Keeper, record: Record, database: Engine
) -> None:
    """A callback that is kept for replay does not pass either."""
    await record(well, 1)
    await record(cut_off, 2)

    await well.fail(DELIVERY)

    assert await FailedMessages(database).list() == []
    await well.drain()
    assert [one.reason for one in await FailedMessages(database).list()] == ["Bug"]


async def test_the_way_is_free_when_another_process_has_emptied_the_spool(
    machine: Machine, well: Keeper, cut_off: Keeper, record: Record, database: Engine
) -> None:
    """Nobody has to look into an empty spool twice to know that nothing waits there."""
    await record(cut_off, 1)
    assert isinstance(await record(well, 2), Spooled)

    async with machine.process(database) as third:
        await third.drain()

    assert isinstance(await record(well, 3), Recorded)


async def test_the_file_is_looked_into_only_after_it_was_written(
    well: Keeper, cut_off: Keeper, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody spools, a violation costs a look at the time of the file and no more."""
    looks = 0
    look = Spool.filling

    async def counted(self: Spool) -> Filling:
        nonlocal looks
        looks += 1
        return await look(self)

    monkeypatch.setattr(Spool, "filling", counted)
    for number in range(1, 6):
        await record(well, number)
    before = looks
    await record(cut_off, 6)
    await record(well, 7)

    assert before == 1
    assert looks > before
