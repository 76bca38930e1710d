"""Several machines keep one person's messages while some of them have no PostgreSQL."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from moderator.domain.decision import ActionKind, Standing
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.recording.spool import Spool
from moderator.ledger.standing import standings
from moderator.policy.policy import Conversion, Ladder, Policy, Rung, Unit
from moderator.policy.units import Reckoning

LATER = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENT = timedelta(seconds=30)  # a busy machine is no reason to fail
MESSAGES = range(1, 7)
POLICY = Policy(
    ladders=(
        Ladder(
            id="advertising",
            categories=frozenset({"advertising"}),
            window=timedelta(days=180),
            rungs=(
                Rung(at=1, actions=(ActionKind.REMIND_SENDER,), units={"warning": 1}),
                Rung(at=2, actions=(ActionKind.WARN_SENDER,), units={"warning": 1}),
                Rung(at=4, actions=(ActionKind.REMOVE_FROM_GROUP,), units={"demerit": 1}),
            ),
        ),
    ),
    units={
        name: Unit(id=name, title=name, lapses=timedelta(days=180))
        for name in ("warning", "demerit")
    },
    conversions=(Conversion(id="three", of="warning", count=3, into="demerit"),),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What a person's record comes to."""

    order: tuple[str, ...]  # the messages by the number of the offence
    steps: Counter[str]
    actions: Counter[str]
    strikes: tuple[tuple[str, int, datetime], ...]
    units: dict[str, int]


Apart = Callable[[Iterable[int]], Awaitable[Told]]


@pytest.fixture
def apart(
    tmp_path: Path,
    database: Engine,
    cipher: EvidenceCipher,
    violations: Violations,
    make_message: Callable[..., Message],
    finding: Finding,
) -> Apart:
    """Lets one person write six messages: `spooled` ones reach a machine that is cut off."""

    def machine(engine: Engine, spool: Spool) -> Keeper:
        recorder = Recorder(
            engine, cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=9), within=PATIENT
        )
        failed = FailedMessages(engine)
        return Keeper(recorder, failed, spool, cipher, policy=lambda: POLICY, clock=lambda: LATER)

    async def told(sender: str) -> Told:
        found = [one for one in (await violations.page()).items if one.sender == sender]
        records = [await violations.one(one.id) for one in sorted(found, key=lambda one: one.id)]
        async with database.begin() as transaction:
            standing = await standings.read(transaction, "corp", sender)
        return Told(
            order=tuple(one.message_id for one in records),
            steps=Counter(one.step for one in records),
            actions=Counter(action.kind for one in records for action in one.actions),
            strikes=tuple(_strikes(standing)),
            units=Reckoning(POLICY).standing(standing, LATER),
        )

    async def written(spooled: Iterable[int]) -> Told:
        away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
        here, there = (Spool(tmp_path / name / "own.sqlite", limit=2**20) for name in ("a", "b"))
        well, cut_off = machine(database, here), machine(away, there)
        sender = "+".join(map(str, spooled)) or "nobody"
        for number in MESSAGES:
            sent = make_message(number, sender=sender)
            keeper = cut_off if number in set(spooled) else well
            await keeper.record(sent, finding, policy=POLICY, rulebook="b", now=sent.sent_at)
        await machine(database, there).drain()
        await away.dispose()
        for spool in (here, there):
            await spool.close()
        return await told(sender)

    return written


def _strikes(standing: Standing) -> Iterable[tuple[str, int, datetime]]:
    return ((one.category, int(one.severity), one.at) for one in standing.strikes)


@pytest.mark.parametrize("spooled", [(1,), (1, 3, 5), (1, 2, 3), (2, 6)], ids=str)
async def test_late_messages_change_only_which_of_them_bears_which_number(
    apart: Apart, database: Engine, spooled: tuple[int, ...]
) -> None:
    """Offences, steps, actions, strikes and units come to the same; every standing follows."""
    in_order, late = await apart(()), await apart(spooled)

    assert in_order.order == ("1", "2", "3", "4", "5", "6")
    assert late.order == (*(str(n) for n in MESSAGES if n not in spooled), *map(str, spooled))
    assert (
        late.steps
        == in_order.steps
        == Counter({"advertising/1": 1, "advertising/2": 2, "advertising/4": 3})
    )
    assert late.actions == in_order.actions
    assert late.strikes == in_order.strikes
    assert late.units == in_order.units == {"demerit": 4}
    assert await standings.deviations(database) == []
