"""Who may read what somebody wrote: with a reason, for a while, with a second person or without."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderator.domain.access import Actor, Role
from moderator.domain.people import Entry
from moderator.errors import NotFound, OwnRequest
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.legal_holds import LegalHolds, Scope
from moderator.ledger.evidence.unmasking import Unmaskings, UnmaskingState
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import EvidenceState

Record = Callable[..., Awaitable[Recorded]]
LI = Actor(name="li", roles=frozenset({Role.REVIEWER}), account=1)
WANG = Actor(name="wang", roles=frozenset({Role.AUDITOR}), account=2)
VIEWER = Actor(name="li", roles=frozenset({Role.VIEWER}))
SALES = Actor(name="li", roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7}))
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def alone(database: Engine, violations: Violations) -> Unmaskings:
    return Unmaskings(database, violations, lasts=HALF_AN_HOUR)


@pytest.fixture
def together(database: Engine, violations: Violations) -> Unmaskings:
    return Unmaskings(database, violations, lasts=HALF_AN_HOUR, persons=2)


async def deeds(database: Engine) -> list[tuple[str, str, Any]]:
    """Who did what and why, oldest first."""
    rows = reversed(await Audit(database).page())
    return [(row.deed.actor, row.deed.action, row.deed.detail.get("reason")) for row in rows]


async def test_a_case_is_masked_until_a_reason_is_given(
    record: Record, alone: Unmaskings, now: datetime
) -> None:
    """Rule, place and length are told before; the text and the word only after."""
    kept = (await record()).violation_id

    masked = await alone.look(kept, LI, now=now)
    await alone.ask(kept, LI, reason="objection 4", now=now)
    seen = await alone.look(kept, LI, now=now)

    assert (masked.unmasked, masked.violation.evidence) == (False, EvidenceState.WITHHELD)
    assert [(hit.rule, hit.start, hit.end, hit.word) for hit in masked.violation.hits] == [
        ("invoices", 2, 6, "")
    ]
    assert masked.violation.fields == ()
    assert (seen.unmasked, seen.violation.fields[0].text) == (True, "低价代开发票")


async def test_the_reading_time_ends(record: Record, alone: Unmaskings, now: datetime) -> None:
    """Half an hour later the same person sees it masked again."""
    kept = (await record()).violation_id
    asked = await alone.ask(kept, LI, reason="x", now=now)

    last = await alone.look(kept, LI, now=now + HALF_AN_HOUR - timedelta(seconds=1))
    after = await alone.look(kept, LI, now=now + HALF_AN_HOUR)

    assert asked.until == now + HALF_AN_HOUR
    assert (last.unmasked, after.unmasked) == (True, False)


async def test_what_one_person_may_read_nobody_else_may(
    record: Record, alone: Unmaskings, now: datetime
) -> None:
    """Neither another person, nor another case, nor the same person without the right."""
    kept, other = [(await record(number)).violation_id for number in (1, 2)]
    await alone.ask(kept, LI, reason="x", now=now)

    looks = [(kept, WANG), (other, LI), (kept, VIEWER)]
    assert [(await alone.look(id_, who, now=now)).unmasked for id_, who in looks] == [False] * 3


async def test_every_look_is_audited_and_every_reason(
    record: Record, alone: Unmaskings, database: Engine, now: datetime
) -> None:
    """In the order in which it happened, with the reason of the unmasking."""
    kept = (await record()).violation_id
    await alone.look(kept, WANG, now=now)
    await alone.ask(kept, LI, reason="objection 4", now=now)
    await alone.look(kept, LI, now=now)

    assert await deeds(database) == [
        ("wang", "evidence.read", None),
        ("li", "evidence.unmasked", "objection 4"),
        ("li", "evidence.read", None),
    ]
    newest = (await Audit(database).page())[0].deed
    assert (newest.subject, newest.detail) == (f"violation/{kept}", {"unmasked": True})


async def test_where_two_are_needed_the_asker_cannot_grant(
    record: Record, together: Unmaskings, database: Engine, now: datetime
) -> None:
    """Nor by a token of their own, nor in another spelling; both persons are in the audit log."""
    kept = (await record()).violation_id
    asked = await together.ask(kept, LI, reason="objection 4", now=now)
    by_token = Actor(name="li (script)", roles=LI.roles, account=1)
    shouting = Actor(name="LI", roles=LI.roles)
    for own in (LI, by_token, shouting):
        with pytest.raises(OwnRequest):
            await together.grant(asked.id, own, now=now)
    before = await together.look(kept, LI, now=now)

    granted, applied = await together.grant(asked.id, WANG, now=now)
    after = await together.look(kept, LI, now=now)

    assert (before.unmasked, applied, after.unmasked) == (False, True, True)
    assert before.unmasking == asked
    assert (granted.answered_by, granted.until) == ("wang", now + HALF_AN_HOUR)
    assert [deed[:2] for deed in await deeds(database)] == [
        ("li", "evidence.unmasking_asked"),
        ("li", "evidence.read"),
        ("wang", "evidence.unmasked"),
        ("li", "evidence.read"),
    ]


async def test_a_request_is_answered_once(
    record: Record, together: Unmaskings, database: Engine, now: datetime
) -> None:
    """What was refused stays so; one that nobody answered in a day is void."""
    kept = (await record()).violation_id
    refused, void = [await together.ask(kept, LI, reason="x", now=now) for _ in range(2)]
    await together.refuse(refused.id, WANG, reason="no", now=now)

    again, applied = await together.grant(refused.id, WANG, now=now)
    _, late = await together.grant(void.id, WANG, now=now + timedelta(days=1))

    assert (again.state, again.refusal, applied, late) == (
        UnmaskingState.REFUSED,
        "no",
        False,
        False,
    )
    assert not (await together.look(kept, LI, now=now)).unmasked


async def test_what_waits_is_listed_for_whoever_may_grant_it(
    record: Record, together: Unmaskings, violations: Violations, now: datetime
) -> None:
    """Oldest first, without what is answered, within the departments of the one who asks."""
    mine, others = [(await record(number, sender=str(number))).violation_id for number in (1, 2)]
    entry = Entry(name="张三", department="总部/销售部", departments=(1, 7), superiors=())
    await violations.identify(mine, entry)
    asked = [await together.ask(id_, LI, reason="x", now=now) for id_ in (mine, others, mine)]
    await together.refuse(asked[2].id, WANG, reason="no", now=now)

    everything = await together.waiting(WANG, now=now)
    within = await together.waiting(SALES, now=now)

    assert [request.id for request in everything] == [asked[0].id, asked[1].id]
    assert [request.id for request in within] == [asked[0].id]


async def test_what_waits_is_listed_page_by_page_and_of_one_case(
    record: Record, together: Unmaskings, now: datetime
) -> None:
    """However many wait, each is come by; the page of a case asks for its own alone."""
    cases = [(await record(number, sender=str(number))).violation_id for number in (1, 2, 3)]
    asked = [(await together.ask(id_, LI, reason="x", now=now)).id for id_ in cases]

    first = await together.waiting(WANG, limit=2, now=now)
    second = await together.waiting(WANG, after=first[-1].id, limit=2, now=now)
    of_last = await together.waiting(WANG, of=cases[2], limit=1, now=now)

    assert [one.id for one in (*first, *second)] == asked
    assert [one.id for one in of_last] == asked[2:]


async def test_outside_ones_departments_nothing_is_there(
    record: Record, alone: Unmaskings, together: Unmaskings, database: Engine, now: datetime
) -> None:
    """Neither to look at, nor to ask for, nor to answer; and no look is written down."""
    kept = (await record()).violation_id
    asked = await together.ask(kept, WANG, reason="x", now=now)
    attempts = (
        alone.look(kept, SALES, now=now),
        alone.ask(kept, SALES, reason="x", now=now),
        together.grant(asked.id, SALES, now=now),
        together.refuse(asked.id, SALES, reason="x", now=now),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert [deed[0] for deed in await deeds(database)] == ["wang"]


async def test_a_case_tells_what_holds_it(
    record: Record, alone: Unmaskings, database: Engine, now: datetime
) -> None:
    """Whoever judges sees that it may not be erased."""
    kept = (await record()).violation_id
    await LegalHolds(database, corp="corp").place(Scope.CHAT, "group-1", reason="x", by="li")

    assert [hold.target for hold in (await alone.look(kept, LI, now=now)).holds] == ["group-1"]


async def test_a_name_alone_reads_nothing(record: Record, alone: Unmaskings, now: datetime) -> None:
    """Whoever has the name of the one who asked, and is another user, sees it masked."""
    kept = (await record()).violation_id
    await alone.ask(kept, LI, reason="x", now=now)

    namesake = Actor(name=LI.name, roles=LI.roles, account=9)
    nobody = Actor(name=LI.name, roles=LI.roles)

    assert [(await alone.look(kept, who, now=now)).unmasked for who in (namesake, nobody, LI)] == [
        False,
        False,
        True,
    ]
