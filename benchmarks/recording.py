"""A storm of violations: group commit against one transaction each, on the same PostgreSQL.

One transaction each is what it would plainly be: BEGIN, lock the standing, read, write, COMMIT, on
as many connections as the pool has.
"""

import asyncio
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from statistics import median

from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import MOST, Recorder
from moderator.rulebook.reading import read_directory
from moderator.shipped import rules_directory
from report import record, table

_SINGLE = 10  # at once, each with a connection of its own: as many as the pool has
_WAITING = 256  # callers at once
_HIT = Hit(
    rule="gambling-words",
    version="v1",
    category="gambling",
    severity=Severity.MEDIUM,
    start=3,
    end=6,
    word="六合彩",
    layers=(),
    masked=False,
    field="Content",
)


async def storm(engine: Engine, count: int, repeats: int) -> str:
    """A table of both ways, in turns."""
    each = [recorder(engine, most=1, optimistic=False) for _ in range(_SINGLE)]
    group = [recorder(engine, most=MOST, optimistic=True)]
    pairs = []
    for turn in range(repeats + 1):
        single = await written(each, count // 4)
        grouped = await written(group, count)
        if turn:  # the first one warms up
            pairs.append((single, grouped))
    ratio = median(grouped / single for single, grouped in pairs)
    record("storm", ratio=ratio)
    best = [max(pair[place] for pair in pairs) for place in (0, 1)]
    return table(
        ["one transaction each, per second", "in groups, per second", "ratio"],
        [[*best, f"{ratio:.1f}"]],
    )


def recorder(engine: Engine, *, most: int, optimistic: bool) -> Recorder:
    return Recorder(
        engine,
        EvidenceCipher([secrets.token_bytes(32)]),
        Fingerprinter(secrets.token_bytes(32)),
        keep=timedelta(days=1),
        within=timedelta(minutes=5),
        most=most,
        optimistic=optimistic,
    )


async def written(recorders: Sequence[Recorder], count: int) -> float:
    """Violations per second, of as many people."""
    policy, run = read_directory(rules_directory()).policy, secrets.token_hex(4)
    assert policy is not None
    numbers = iter(range(count))

    async def one_after_the_other() -> None:
        for number in numbers:
            message = _message(run, number)
            assert await recorders[number % len(recorders)].record(
                message, Finding((_HIT,)), policy=policy.policy, rulebook="b", now=message.sent_at
            )

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(_WAITING)))
    return count / (time.perf_counter() - began)


def _message(run: str, number: int) -> Message:
    return Message(
        key=sha256(f"{run}/{number}".encode()).hexdigest(),
        corp="corp",
        app="app",
        source=Source.CALLBACK,
        sender=f"{run}-{number}",
        message_id=str(number),
        kind="text",
        sent_at=datetime.now(UTC),
        fields=(TextField("Content", "有人买六合彩吗"),),
    )
