"""Group commit: many findings in one transaction, as if each had had its own."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.domain.people import Change, ContactChange
from moderator.errors import LedgerError, LedgerUnavailable
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.deciding import Case
from moderator.ledger.recording.recorder import Answer, Recorded, Recorder
from moderator.ledger.standing import standings
from moderator.policy.policy import Ladder, Policy, Rung

_LONG = timedelta(seconds=60)  # a busy machine is no reason to fail
Make = Callable[..., Message]


@pytest.fixture(params=["locked", "optimistic"])
def group(
    request: pytest.FixtureRequest,
    recorder: Recorder,
    database: Engine,
    finding: Finding,
    policy: Policy,
) -> Callable[..., Any]:  # of the cases of one group, in order
    """Records messages as one group; nothing is locked once the policy is known to be kept."""

    async def recorded(messages: Sequence[Message], by: Policy = policy) -> list[Answer]:
        if request.param == "optimistic":
            async with database.begin() as transaction:
                digest = await recorder._archive.keep(transaction, by, now=messages[0].sent_at)
            recorder._archive.kept(by, digest)
        cases = [_case(recorder, message, finding, by) for message in messages]
        return await recorder.record_all(cases, within=_LONG)

    return recorded


def _case(recorder: Recorder, message: Message, finding: Finding, policy: Policy) -> Case:
    return recorder.case(message, finding, policy=policy, rulebook="b", now=message.sent_at)


async def test_a_group_is_one_commit(
    group: Any, make_message: Make, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty messages cost as many transactions as one: the one that keeps the policy."""
    begun: list[Engine] = []
    begin = Engine.begin

    def counted(self: Engine, **how: Any) -> Any:
        begun.append(self)
        return begin(self, **how)

    monkeypatch.setattr(Engine, "begin", counted)

    answers = await group([make_message(number, sender=f"p{number}") for number in range(40)])

    assert all(isinstance(answer, Recorded) for answer in answers)
    assert len(begun) == 1
    assert await standings.deviations(database) == []


async def test_each_message_of_a_group_sees_those_before_it(
    group: Any, make_message: Make, database: Engine
) -> None:
    """A person's third message in the group is their third offence, on the third rung."""
    answers = await group([make_message(number) for number in (1, 2, 3)])

    assert [answer.decision.offence for answer in answers] == [1, 2, 3]
    assert [answer.decision.step for answer in answers] == [
        "advertising/1",
        "advertising/2",
        "advertising/2",
    ]
    ids = [answer.violation_id for answer in answers]
    assert ids == sorted(ids)
    assert await standings.deviations(database) == []


async def test_a_message_twice_in_a_group_is_one_violation(group: Any, make_message: Make) -> None:
    """The second is answered as a duplicate and counts for nothing."""
    first, again, second = await group([make_message(1), make_message(1), make_message(2)])

    assert again is None
    assert (first.decision.offence, second.decision.offence) == (1, 2)


async def test_a_cap_holds_within_a_group(group: Any, make_message: Make) -> None:
    """Of five removals in one group under a cap of two, the first two are queued."""
    by = Policy(
        ladders=(
            Ladder(
                id="all",
                window=timedelta(days=1),
                rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,), approval=False),),
            ),
        ),
        caps={ActionKind.REMOVE_FROM_GROUP: 2},
    )

    answers = await group([make_message(1, sender=f"p{number}") for number in range(5)], by)

    states = [
        action.state
        for answer in answers
        for action in answer.decision.actions
        if action.kind is ActionKind.REMOVE_FROM_GROUP
    ]
    assert states == [ActionState.QUEUED] * 2 + [ActionState.PROPOSED] * 3


async def test_old_and_new_userid_in_a_group_are_one_person(
    group: Any, make_message: Make, database: Engine, violations: Violations, now: datetime
) -> None:
    """What was written under the old userid counts for the new one, in the order of the group."""
    change = ContactChange(
        key="k", app="a", corp="corp", change=Change.UPDATE_USER, at=now, userid="old"
    )
    await Contacts(database, clock=lambda: now).apply(replace(change, new_userid="new"))

    answers = await group(
        [
            make_message(1, sender="new"),
            make_message(2, sender="old"),
            make_message(3, sender="new"),
        ]
    )

    assert [answer.decision.offence for answer in answers] == [1, 2, 3]
    assert {item.sender for item in (await violations.page()).items} == {"new"}


async def test_a_poisoned_message_spoils_no_other(group: Any, make_message: Make) -> None:
    """A row that PostgreSQL refuses is refused alone; the others are recorded."""
    poison = replace(make_message(2), chat="a\0b")

    first, refused, third = await group([make_message(1), poison, make_message(3)])

    assert isinstance(refused, LedgerError)
    assert not isinstance(refused, LedgerUnavailable)
    assert (first.decision.offence, third.decision.offence) == (1, 2)


async def test_without_postgres_nobody_in_the_group_is_tried_twice(
    finding: Finding, policy: Policy, cipher: EvidenceCipher, make_message: Make
) -> None:
    """The group has one answer, and what another policy decides has the same one at once."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nothing")
    recorder = Recorder(engine, cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=1))
    cases = [_case(recorder, make_message(number), finding, policy) for number in (1, 2)]
    cases.append(_case(recorder, make_message(3), finding, Policy(ladders=())))

    answers = await recorder.record_all(cases, within=_LONG)

    assert isinstance(answers[0], LedgerUnavailable)
    assert answers == [answers[0]] * 3
    await engine.dispose()


async def test_a_storm_through_several_recorders_loses_and_doubles_nothing(
    database: Engine,
    cipher: EvidenceCipher,
    finding: Finding,
    policy: Policy,
    make_message: Make,
    violations: Violations,
) -> None:
    """Three processes, the same few people, every message delivered to all three at once."""
    engines = [database, Engine(database.dsn), Engine(database.dsn)]
    recorders = [
        Recorder(
            *(engine, cipher, Fingerprinter(b"f" * 32)), keep=timedelta(days=180), within=_LONG
        )
        for engine in engines
    ]
    sent = [make_message(number, sender=f"p{number % 7}") for number in range(140)]

    async def deliver(recorder: Recorder, step: int) -> list[Recorded | None]:
        shuffled = [sent[place * step % len(sent)] for place in range(len(sent))]
        return await asyncio.gather(
            *(
                recorder.record(one, finding, policy=policy, rulebook="b", now=one.sent_at)
                for one in shuffled
            )
        )

    answers = await asyncio.gather(*map(deliver, recorders, (1, 3, 9)))

    fresh = [answer for theirs in answers for answer in theirs if answer]
    assert len(fresh) == len(sent)
    assert {one.message_id for one in await _all(violations)} == {one.message_id for one in sent}
    assert sorted(one.decision.offence for one in fresh) == sorted([*range(1, 21)] * 7)
    assert await standings.deviations(database) == []
    for engine in engines[1:]:
        await engine.dispose()


async def _all(violations: Violations) -> list[Any]:
    page = await violations.page(limit=200)
    return list(page.items)
