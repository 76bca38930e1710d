"""People who broke rules, by name, department and bound, page by page."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from tests.ledger import crowds

from moderator.domain.people import Change, ContactChange, Entry
from moderator.errors import NotFound
from moderator.ledger.database import migrating
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.directory import offenders
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.schema.people import department_senders

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
Record = Callable[..., Awaitable[Recorded]]


@pytest.fixture
def registry(database: Engine) -> Registry:
    return Registry(database, crowds.CORP)


async def placed(database: Engine) -> set[tuple[int, str]]:
    """Who is found in which department."""
    async with database.begin() as transaction:
        rows = await transaction.rows(select(department_senders))
    return {(row["department"], row["sender"]) for row in rows}


async def whole(
    registry: Registry,
    *,
    limit: int,
    text: str | None = None,
    department: int | None = None,
    bound: frozenset[int] | None = None,
) -> list[str]:
    """The userids of all pages."""
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await registry.page(
            text=text, department=department, bound=bound, after=after, limit=limit
        )
        assert len(page.items) <= limit
        seen += [item.sender for item in page.items]
        after = page.next
    return seen


@pytest.mark.parametrize("looks", [1, 5000])
async def test_pages_hold_everybody_who_broke_a_rule_there_once(
    database: Engine, registry: Registry, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    """By name, department and bound together; in order, however far a page may look."""
    monkeypatch.setattr(offenders, "_LOOKS", looks)
    dice = random.Random(looks)
    await crowds.keep_directory(database)
    there = await crowds.keep(
        database, crowds.drawn(9, dice, since=SINCE, span=timedelta(hours=40))
    )
    for _ in range(40):
        department = dice.choice((None, 1, 2, 3, 21, 32))
        bound = dice.choice((None, frozenset({2}), frozenset({21, 3}), frozenset({31})))
        text = dice.choice((None, None, "李", "zh"))

        seen = await whole(
            registry, limit=dice.choice((1, 2, 9)), text=text, department=department, bound=bound
        )

        def fits(sender: str, bound: frozenset[int] | None, department: int | None) -> bool:
            theirs = [set(one.departments) for one in there if one.sender == sender]
            return any(bound is None or bound & each for each in theirs) and any(
                department is None or department in each for each in theirs
            )

        assert seen == [
            sender
            for sender in sorted(crowds.NAMES)
            if fits(sender, bound, department)
            and (text is None or text in f"{crowds.NAMES[sender]} {sender}".lower())
        ], (department, bound, text)


async def test_counts_are_of_what_the_bound_lets_see(database: Engine, registry: Registry) -> None:
    """Somebody with violations elsewhere is shown with those within."""
    dice = random.Random(7)
    await crowds.keep_directory(database)
    there = await crowds.keep(
        database, crowds.drawn(60, dice, since=SINCE, span=timedelta(hours=40))
    )

    page = await registry.page(bound=frozenset({21}), limit=9)

    assert {item.sender: (item.violations.number, item.open) for item in page.items} == {
        sender: (len(theirs), sum(one.status == "open" for one in theirs))
        for sender in crowds.NAMES
        if (theirs := [one for one in there if one.sender == sender and 21 in one.departments])
    }


async def test_who_is_identified_later_is_found_from_then_on(
    database: Engine, registry: Registry, record: Record, violations: Violations
) -> None:
    """Of a message that was recorded before the directory answered."""
    recorded = await record()
    assert await placed(database) == set()
    entry = Entry(name="张三", departments=(1, 2))

    await violations.identify(recorded.violation_id, entry)

    assert await placed(database) == {(1, "zhangsan"), (2, "zhangsan")}
    assert await whole(registry, limit=5, bound=frozenset({2})) == ["zhangsan"]
    await registry.check("zhangsan", frozenset({2}))
    with pytest.raises(NotFound):
        await registry.check("zhangsan", frozenset({3}))


async def test_a_renamed_person_is_found_by_the_new_userid_alone(
    database: Engine, record: Record, violations: Violations, now: datetime
) -> None:
    """The violations move, and with them where they are looked for."""
    recorded = await record()
    entry = Entry(name="张三", departments=(1, 2))
    await violations.identify(recorded.violation_id, entry)
    change = ContactChange(
        key="k",
        app="app",
        corp=crowds.CORP,
        change=Change.UPDATE_USER,
        at=now,
        userid="zhangsan",
        new_userid="zs",
    )

    await Contacts(database, clock=lambda: now).apply(change)

    assert await placed(database) == {(1, "zs"), (2, "zs")}


async def test_an_upgrade_places_who_was_there(
    database: Engine, record: Record, violations: Violations
) -> None:
    """Violations of before the upgrade count like those after it."""
    for number in range(1, 4):
        recorded = await record(number, sender=f"p{number}")
        entry = Entry(departments=(1, number))
        await violations.identify(recorded.violation_id, entry)
    before = await placed(database)
    await migrating.downgrade(database, "0012")
    await migrating.upgrade(database)

    assert await placed(database) == before != set()


async def test_a_page_of_a_department_walks_its_index(database: Engine) -> None:
    """From where the last page ended, whatever the size of the department."""
    explained = Prepared(
        "EXPLAIN SELECT sender FROM department_senders"
        " WHERE corp = 'c' AND department = 7 AND sender > 'x' ORDER BY sender LIMIT 50",
        (),
        {},
    )
    async with database.begin() as transaction:
        await transaction.script("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = "\n".join(row["QUERY PLAN"] for row in await transaction.rows(explained))

    assert "pk_department_senders" in plan
    assert "Sort" not in plan
