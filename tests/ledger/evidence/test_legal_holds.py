"""Legal holds: what they keep, who placed and released them, and that they win."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from moderator.domain.people import Change, ContactChange
from moderator.errors import NotFound
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.evidence.legal_holds import LegalHolds, Scope, shut_out
from moderator.ledger.evidence.retention import Erasure
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import EvidenceState

Record = Callable[..., Awaitable[Recorded]]
WAITS = Prepared(
    "SELECT count(*) AS waits FROM pg_locks WHERE NOT granted"
    " AND relation = 'legal_holds'::regclass",
    (),
    {},
)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def holds(database: Engine) -> LegalHolds:
    return LegalHolds(database, corp="corp")


@pytest.mark.parametrize(
    ("scope", "target"),
    [
        (Scope.VIOLATION, ""),
        (Scope.PERSON, "ZhangSan"),
        (Scope.CHAT, "group-1"),
    ],
)
async def test_what_is_held_is_not_erased_until_it_is_released(
    record: Record, violations: Violations, database: Engine, holds: LegalHolds, scope: Scope,
    target: str,
) -> None:  # fmt: skip
    """A violation, a person in whatever spelling, a chat: their time is over and they stay."""
    kept = (await record()).violation_id
    hold = await holds.place(scope, target or str(kept), reason="lawsuit 9", by="li")

    erased_while_held = await Erasure(database).erase_expired(LATER)
    released, _ = await holds.release(hold.id, reason="settled", by="wang")
    erased_after = await Erasure(database).erase_expired(LATER)

    assert (erased_while_held, erased_after) == (0, 1)
    assert (released.released_by, released.release_reason) == ("wang", "settled")
    assert (await violations.one(kept, unmasked=True)).evidence is EvidenceState.ERASED


async def test_a_hold_keeps_nobody_elses_text(
    record: Record, database: Engine, holds: LegalHolds
) -> None:
    """One person's hold does not stop the erasure of another's text."""
    await record(1)
    await record(1, sender="lisi")
    hold = await holds.place(Scope.PERSON, "lisi", reason="x", by="li")

    assert await holds.covered(hold.id) == 1
    assert await Erasure(database).erase_expired(LATER) == 1


async def test_a_hold_follows_a_person_to_another_userid(
    record: Record, database: Engine, holds: LegalHolds, now: datetime
) -> None:
    """Whoever is renamed is still the person on whom the hold was placed."""
    await record(1)
    hold = await holds.place(Scope.PERSON, "ZHANGSAN", reason="x", by="li")
    renamed = ContactChange(
        key="k",
        app="chat",
        change=Change.UPDATE_USER,
        corp="corp",
        userid="zhangsan",
        new_userid="zs",
        at=now,
    )
    await Contacts(database, clock=lambda: now).apply(renamed)

    assert await holds.covered(hold.id) == 1
    assert await Erasure(database).erase_expired(LATER) == 0


async def test_who_held_and_released_what_is_audited(
    record: Record, database: Engine, holds: LegalHolds
) -> None:
    """Both deeds with their reasons, about what they concern; a second release changes nothing."""
    await record()
    hold = await holds.place(Scope.PERSON, "zhangsan", reason="lawsuit 9", by="li")
    await holds.release(hold.id, reason="settled", by="wang")
    again, applied = await holds.release(hold.id, reason="again", by="zhao")

    told = [
        (row.deed.actor, row.deed.action, row.deed.subject, row.deed.detail["reason"])
        for row in reversed(await Audit(database).page())
    ]
    assert told == [
        ("li", "hold.placed", "person/zhangsan", "lawsuit 9"),
        ("wang", "hold.released", "person/zhangsan", "settled"),
    ]
    assert (applied, again.released_by) == (False, "wang")


async def test_holds_are_listed_without_those_that_ended(holds: LegalHolds) -> None:
    """Newest first; the ended ones only when asked for."""
    first = await holds.place(Scope.PERSON, "a", reason="x", by="li")
    second = await holds.place(Scope.CHAT, "b", reason="y", by="li")
    await holds.release(first.id, reason="z", by="li")

    assert [hold.id for hold in await holds.list()] == [second.id]
    assert [hold.id for hold in await holds.list(released=True)] == [second.id, first.id]


async def test_what_is_not_there_cannot_be_held_or_released(holds: LegalHolds) -> None:
    """A mistyped number is an error and not a hold on nothing."""
    with pytest.raises(NotFound):
        await holds.place(Scope.VIOLATION, "4711", reason="x", by="li")
    with pytest.raises(NotFound):
        await holds.release(4711, reason="x", by="li")


async def test_nothing_is_erased_that_is_being_held_at_this_moment(
    record: Record, database: Engine
) -> None:
    """An erasure waits for a hold that is not committed yet, and then sees it."""
    await record()
    async with database.begin() as placing:
        await placing.script(
            "INSERT INTO legal_holds (corp, scope, sender, placed_at)"
            " VALUES ('corp', 'person', 'zhangsan', now())"
        )
        erasing = asyncio.create_task(Erasure(database).erase_expired(LATER))
        await _waiting(database, erasing)
    assert await erasing == 0


async def test_no_hold_is_placed_while_something_is_being_erased(
    record: Record, database: Engine, holds: LegalHolds
) -> None:
    """Whoever is told that it is held finds it there: the erasure is over before."""
    kept = (await record()).violation_id
    async with database.begin() as erasing:
        await shut_out(erasing)
        placing = asyncio.create_task(holds.place(Scope.VIOLATION, str(kept), reason="x", by="li"))
        await _waiting(database, placing)
        assert not placing.done()
    await placing


async def _waiting(database: Engine, task: asyncio.Task[Any]) -> None:
    """Return when something waits for the holds, or when the task does not."""
    async with asyncio.timeout(20):
        while not task.done():
            async with database.begin() as looking:
                row = await looking.row(WAITS)
            if row and row["waits"]:
                return
