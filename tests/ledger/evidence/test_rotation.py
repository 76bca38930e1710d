"""Everything sealed is sealed again with the current key, beside whatever else happens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.evidence.retention import Erasure
from moderator.ledger.evidence.rotation import KeyUse, Progress, Rotation
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.recording.spool import Kept, Kind, Spool
from moderator.ledger.records import EvidenceState

Record = Callable[..., Awaitable[Recorded]]
OLD, NEW = bytes(range(32)), b"n" * 32  # the cipher of the fixtures has the old one
BOTH = EvidenceCipher([NEW, OLD])


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite", limit=1 << 20)
    yield spool
    await spool.close()


@pytest.fixture
def rotation(database: Engine, spool: Spool) -> Rotation:
    return Rotation(database, BOTH, spool, batch=2)


def readable(database: Engine, key: bytes) -> Violations:
    """The ledger of a service that has this key alone."""
    return Violations(database, EvidenceCipher([key]))


def held_by(uses: object, key: bytes) -> tuple[int, int]:
    """How many violations and spooled rows a key opens."""
    assert isinstance(uses, list)
    (use,) = (use for use in uses if use.key_id == EvidenceCipher([key]).current)
    assert isinstance(use, KeyUse)
    return use.violations, use.spooled


async def test_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_everything(
    record: Record, database: Engine, rotation: Rotation
) -> None:
    """Text, version and time to live are as before; what was erased stays erased."""
    ids = [(await record(number)).violation_id for number in range(1, 6)]
    before = [await readable(database, OLD).one(id_, unmasked=True) for id_ in ids]

    progress = await rotation.run(by="li")

    after = [await readable(database, NEW).one(id_, unmasked=True) for id_ in ids]
    assert after == before
    assert after[0].evidence is EvidenceState.READABLE
    assert (progress.sealed, progress.unreadable, progress.looked) == (5, 0, 1.0)
    uses = (await rotation.keys()).uses
    assert (held_by(uses, NEW), held_by(uses, OLD)) == ((5, 0), (0, 0))


async def test_a_second_rotation_has_nothing_to_do(
    record: Record, rotation: Rotation, database: Engine
) -> None:
    """What is done stands in the rows; only what was changed is audited."""
    await record()
    await rotation.run(by="li")

    assert (await rotation.run(by="li")).sealed == 0
    (row,) = await Audit(database).page()
    assert (row.deed.action, row.deed.detail) == (
        "evidence.rotated",
        {"sealed": 1, "unreadable": 0},
    )


async def test_a_stopped_rotation_is_begun_again_where_it_was(
    record: Record, database: Engine, rotation: Rotation
) -> None:
    """After a stop both keys are needed; the next run does the rest and nothing twice."""
    for number in range(1, 6):
        await record(number)
    stopping = asyncio.Event()

    first = await rotation.run(by="li", report=lambda _: stopping.set(), stopping=stopping)
    between = (await rotation.keys()).uses
    second = await rotation.run(by="li")

    assert (first.sealed, second.sealed) == (2, 3)
    assert (held_by(between, NEW), held_by(between, OLD)) == ((2, 0), (3, 0))


async def test_two_rotations_at_once_do_each_row_once(
    record: Record, database: Engine, spool: Spool
) -> None:
    """Neither waits for the other, and together they do it all."""
    for number in range(1, 9):
        await record(number)
    rotations = [Rotation(database, BOTH, spool, batch=1) for _ in range(2)]

    done = await asyncio.gather(*(rotation.run(by="li") for rotation in rotations))
    left = await rotations[0].run(by="li")  # what one had locked when the other looked

    assert sum(progress.sealed for progress in done) + left.sealed == 8
    uses = (await rotations[0].keys()).uses
    assert (held_by(uses, NEW), held_by(uses, OLD)) == ((8, 0), (0, 0))


async def test_what_somebody_works_on_is_left_and_not_waited_for(
    record: Record, database: Engine, rotation: Rotation
) -> None:
    """A row that is being judged or erased holds up no rotation."""
    (first, _) = [(await record(number)).violation_id for number in (1, 2)]
    lock = Prepared("SELECT FROM violations WHERE id = $1 FOR UPDATE", ("id",), {})
    async with asyncio.timeout(20), database.begin() as transaction:
        await transaction.rows(lock, id=first)
        progress = await rotation.run(by="li")

    assert progress.sealed == 1
    assert held_by((await rotation.keys()).uses, OLD) == (1, 0)


async def test_messages_are_recorded_and_erased_while_a_rotation_runs(
    record: Record, database: Engine, rotation: Rotation
) -> None:
    """Between its batches others write; nothing of theirs is undone."""
    for number in range(1, 5):
        await record(number)
    waiting: list[Progress] = []

    async def meanwhile() -> None:
        await record(9)
        await Erasure(database).erase_expired(datetime(2027, 1, 1, tzinfo=UTC), limit=3)

    task: list[asyncio.Task[None]] = []

    def begin(progress: Progress) -> None:
        waiting.append(progress)
        if not task:
            task.append(asyncio.create_task(meanwhile()))

    await rotation.run(by="li", report=begin)
    await task[0]
    await rotation.run(by="li")

    uses = (await rotation.keys()).uses
    assert (held_by(uses, NEW), held_by(uses, OLD)) == ((2, 0), (0, 0))


async def test_a_row_whose_key_is_lost_is_counted_and_stays(
    record: Record, database: Engine, spool: Spool
) -> None:
    """Without its key it cannot be rotated; the list of keys says which one is missing."""
    await record()
    stranger = Rotation(database, EvidenceCipher([NEW]), spool)

    progress = await stranger.run(by="li")

    assert (progress.sealed, progress.unreadable) == (0, 1)
    (lost,) = [use for use in (await stranger.keys()).uses if not use.known]
    assert (lost.key_id, lost.violations) == (EvidenceCipher([OLD]).current, 1)


async def test_the_spool_is_rotated_too_with_what_was_set_aside(
    database: Engine, spool: Spool, rotation: Rotation, cipher: EvidenceCipher
) -> None:
    """What waits on this machine, and what could not be moved from it, in its old order."""
    for key in ("a", "b", "c"):
        sealed = cipher.seal({"said": key}, bound_to=key)
        await spool.keep(
            Kept(kind=Kind.VIOLATION, key=key, key_id=sealed.key_id, sealed=sealed.blob)
        )
    await spool.refuse(2)

    progress = await rotation.run(by="li")

    waiting, refused = await spool.oldest(), await spool.refused()
    assert progress.sealed == 3
    assert ([row.key for row in waiting], [row.key for row in refused]) == (["a", "c"], ["b"])
    assert {row.key_id for row in (*waiting, *refused)} == {BOTH.current}
    assert held_by((await rotation.keys()).uses, NEW) == (0, 3)


async def test_failed_messages_are_told_of_by_the_key_that_wecom_used(
    database: Engine, rotation: Rotation
) -> None:
    """They are sealed as WeCom sent them: whoever changes an EncodingAESKey has to know."""
    failed = FailedMessages(database, keep=timedelta(days=9))
    await failed.keep("guard", "k1", b"<xml/>", "s", "1", "n", "KeyError")
    settled = await failed.keep("guard", "k2", b"<xml/>", "s", "1", "n", "KeyError")
    await failed.settle(settled)

    assert (await rotation.keys()).failed == {"guard": 1}
