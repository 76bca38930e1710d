"""Decided without locks, and written only where nothing has moved meanwhile."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.domain.people import Change, ContactChange
from moderator.ledger.database.engine import Engine
from moderator.ledger.database.line import Line
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording import inserting
from moderator.ledger.recording.recorder import Answer, Recorded, Recorder
from moderator.ledger.standing import standings
from moderator.policy.policy import Policy

_LONG = timedelta(seconds=60)  # a busy machine is no reason to fail
Make = Callable[..., Message]
Record = Callable[..., Awaitable[Recorded]]


@pytest.fixture
async def known(record: Record) -> None:
    """The policy is kept: from now on nothing has to be locked."""
    await record(1, sender="somebody")


@pytest.fixture
def other(database: Engine, cipher: EvidenceCipher) -> Recorder:
    """That of another process."""
    return Recorder(
        database, cipher, Fingerprinter(b"f" * 32), keep=timedelta(days=1), optimistic=False
    )


@pytest.fixture
def group(recorder: Recorder, finding: Finding, policy: Policy) -> Any:
    """Records messages as one group."""

    async def recorded(*messages: Message) -> list[Answer]:
        cases = [
            recorder.case(one, finding, policy=policy, rulebook="b", now=one.sent_at)
            for one in messages
        ]
        return await recorder.record_all(cases, within=_LONG)

    return recorded


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets something happen once, between what is read and what is written."""

    def happens(what: Callable[[], Awaitable[object]]) -> None:
        write = inserting.write_unmoved

        async def written(*given: Any, **more: Any) -> Any:
            monkeypatch.setattr(inserting, "write_unmoved", write)
            await what()
            return await write(*given, **more)

        monkeypatch.setattr(inserting, "write_unmoved", written)

    return happens


@pytest.fixture
def by_other(other: Recorder, finding: Finding, policy: Policy, meanwhile: Any) -> Any:
    """Lets the other process record a message meanwhile."""

    def recorded(one: Message) -> None:
        meanwhile(lambda: other.record(one, finding, policy=policy, rulebook="b", now=one.sent_at))

    return recorded


async def test_a_group_takes_two_statements(
    known: None, group: Any, make_message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty people, new ones and old ones, and no transaction around them."""
    asked: list[Any] = []
    rows = Line.rows

    async def counted(self: Line, statement: Any, **given: Any) -> Any:
        asked.append(statement)
        return await rows(self, statement, **given)

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a transaction")

    monkeypatch.setattr(Line, "rows", counted)
    monkeypatch.setattr(Engine, "begin", refused)

    for number in (1, 2):
        messages = (make_message(number, sender=f"p{place}") for place in range(40))
        answers = await group(*messages)
        assert [answer.decision.offence for answer in answers] == [number] * 40

    assert len(asked) == 4


async def test_who_offends_elsewhere_meanwhile_is_decided_anew(
    known: None, group: Any, by_other: Any, make_message: Make, database: Engine
) -> None:
    """Two racing messages are never both the first offence; nobody else is held up by it."""
    by_other(make_message(1))

    second, third, first = await group(
        make_message(2), make_message(3), make_message(1, sender="lisi")
    )

    offences = [answer.decision.offence for answer in (second, third, first)]
    assert offences == [2, 3, 1]
    assert first.violation_id < second.violation_id  # it was written without waiting
    assert await standings.deviations(database) == []


async def test_the_same_of_somebody_with_a_standing(
    known: None, record: Record, group: Any, by_other: Any, make_message: Make, database: Engine
) -> None:
    """What counts is the version of the standing, not whether there was one."""
    await record(1)
    by_other(make_message(2))

    (third,) = await group(make_message(3))

    assert third.decision.offence == 3
    assert await standings.deviations(database) == []


async def test_what_is_delivered_elsewhere_meanwhile_is_one_violation(
    known: None, group: Any, by_other: Any, make_message: Make, violations: Violations
) -> None:
    """Whoever comes second finds it in the ledger."""
    by_other(make_message(1))

    assert await group(make_message(1)) == [None]
    assert len((await violations.page()).items) == 2


async def test_what_is_there_twice_waits_for_the_first_of_it(
    known: None, group: Any, by_other: Any, make_message: Make
) -> None:
    """A repeat is not called safe before what it repeats is."""
    by_other(make_message(1))
    answers = await group(make_message(2), make_message(2))

    assert [isinstance(answer, Recorded) for answer in answers] == [True, False]
    assert answers[1] is None


async def test_whose_repeat_is_late_is_not_told_safe(
    known: None,
    group: Any,
    by_other: Any,
    make_message: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the second try fails, too, both of them have failed."""
    by_other(make_message(1))

    async def broken(*_: Any, **__: Any) -> int:
        raise ZeroDivisionError

    written = inserting.write
    monkeypatch.setattr(inserting, "write", _only_first(written, broken))
    answers = await group(make_message(2), make_message(2))

    assert [type(answer) for answer in answers] == [ZeroDivisionError] * 2


def _only_first(first: Any, then: Any) -> Any:
    """The other process' write is well, ours is not."""
    calls = iter([first])

    async def written(*given: Any, **more: Any) -> Any:
        return await next(calls, then)(*given, **more)

    return written


async def test_who_is_renamed_meanwhile_is_one_person(
    known: None,
    group: Any,
    meanwhile: Any,
    make_message: Make,
    violations: Violations,
    database: Engine,
    now: datetime,
) -> None:
    """The violation is that of the new userid, though nobody of the old one was known."""
    change = ContactChange(
        key="k", app="a", corp="corp", change=Change.UPDATE_USER, at=now, userid="old"
    )
    contacts = Contacts(database, clock=lambda: now)
    meanwhile(lambda: contacts.apply(replace(change, new_userid="new")))

    (recorded,) = await group(make_message(1, sender="old"))

    kept = await violations.one(recorded.violation_id, unmasked=False)
    assert kept.sender == "new"
    assert await standings.deviations(database) == []


async def test_a_crash_before_it_is_written_leaves_nothing(
    known: None,
    group: Any,
    make_message: Make,
    violations: Violations,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And one after it has recorded the message: delivered again, it is known."""

    class Crash(BaseException):
        """As of a process that ends."""

    write = inserting.write_unmoved

    async def crash(*given: Any, late: bool, **more: Any) -> Any:
        if late:
            await write(*given, **more)
        raise Crash

    for late, kept in ((False, 1), (True, 2)):
        monkeypatch.setattr(
            inserting,
            "write_unmoved",
            lambda *given, late=late, **more: crash(*given, late=late, **more),
        )
        with pytest.raises(Crash):
            await group(make_message(1))
        assert len((await violations.page()).items) == kept
    monkeypatch.setattr(inserting, "write_unmoved", write)
    assert await group(make_message(1)) == [None]
