"""Changes of the directory, and what becomes of people's standing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderator.domain.access import Grant, Right, Role
from moderator.domain.people import Change, ContactChange, Department, Member
from moderator.ledger.access.accounts import Account, Accounts, Newcomer, Source
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.access.sessions import Sessions, Visit
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.directory.contacts import Contacts
from moderator.ledger.directory.people import Known, People
from moderator.ledger.evidence.legal_holds import LegalHolds, Scope
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded

CORP = "corp"
Record = Callable[..., Awaitable[Recorded]]
Tell = Callable[..., Awaitable[None]]


@pytest.fixture
def people(database: Engine) -> People:
    return People(database)


@pytest.fixture
def tell(database: Engine, now: datetime) -> Tell:
    """Applies a change that happened `seconds` after the start."""
    contacts = Contacts(database, clock=lambda: now)

    async def told(change: Change, seconds: float = 0.0, **more: Any) -> None:
        at = now + timedelta(seconds=seconds)
        named: dict[str, Any] = {"userid": "zhangsan"} if change.of_person else {"department": 2}
        await contacts.apply(
            ContactChange(key="k", app="app", corp=CORP, change=change, at=at, **(named | more))
        )

    return told


async def found(people: People, userid: str = "zhangsan") -> Known:
    known = await people.find(CORP, userid)
    assert known is not None
    return known


async def test_a_new_member_is_known_by_the_event(people: People, tell: Tell) -> None:
    """What the event tells is there at once; the rest has still to be asked for."""
    await tell(Change.CREATE_USER, name="张三", departments=(2,))

    known = await found(people)
    assert (known.entry.name, known.entry.department, known.fetched_at) == ("张三", "#2", None)


async def test_an_update_changes_what_it_names(people: People, tell: Tell, now: datetime) -> None:
    """Everything else stays; but what is kept counts as old from now on."""
    member = Member(userid="zhangsan", name="张三", departments=(2,), superiors=("lisi",))
    await people.keep(CORP, member, at=now)

    await tell(Change.UPDATE_USER, name="张三丰")

    known = await found(people)
    assert (known.entry.name, known.entry.superiors) == ("张三丰", ("lisi",))
    assert known.fetched_at is None


async def test_an_update_of_a_stranger_makes_no_half_person(people: People, tell: Tell) -> None:
    """Somebody never seen is asked for when there is a reason to."""
    await tell(Change.UPDATE_USER, name="张三")

    assert await people.find(CORP, "zhangsan") is None


async def test_who_is_deleted_is_gone_and_remembered(
    people: People, tell: Tell, now: datetime
) -> None:
    """The name stays with the time of leaving."""
    await people.keep(CORP, Member(userid="zhangsan", name="张三"), at=now)

    await tell(Change.DELETE_USER, 5)

    known = await found(people)
    assert (known.gone_at, known.entry.name) == (now + timedelta(seconds=5), "张三")


async def test_an_older_event_that_comes_late_says_nothing(
    people: People, tell: Tell, now: datetime
) -> None:
    """Callbacks are repeated and overtake each other."""
    await people.keep(CORP, Member(userid="zhangsan", name="张三"), at=now)
    await tell(Change.DELETE_USER, 5)

    await tell(Change.UPDATE_USER, 4, name="张三丰")

    known = await found(people)
    assert (known.entry.name, known.gone_at is None) == ("张三", False)


async def test_a_userid_that_is_given_again_is_somebody_else(people: People, tell: Tell) -> None:
    """The new member is there; the one who left is not."""
    await tell(Change.CREATE_USER, name="张三")
    await tell(Change.DELETE_USER, 5)
    await tell(Change.CREATE_USER, 9, name="张珊")

    known = await found(people)
    assert (known.entry.name, known.gone_at) == ("张珊", None)


async def test_departments_are_renamed_moved_and_dissolved(
    people: People, tell: Tell, now: datetime
) -> None:
    """The path follows without anybody being asked."""
    await people.keep_departments(
        CORP, (Department(id=1, name="总部"), Department(id=2, name="研发", parent=1)), at=now
    )
    await people.keep(CORP, Member(userid="zhangsan", departments=(2,)), at=now)

    await tell(Change.UPDATE_PARTY, name="研发部")
    await tell(Change.CREATE_PARTY, department=3, name="分部", parent=1)
    await tell(Change.UPDATE_PARTY, 1, parent=3)
    moved = (await found(people)).entry
    await tell(Change.DELETE_PARTY, 2)

    assert (moved.department, moved.departments) == ("总部/分部/研发部", (1, 2, 3))
    assert (await found(people)).entry.department == "#2"


async def test_a_new_userid_takes_the_standing_along(
    record: Record, tell: Tell, violations: Violations, outbox: Outbox
) -> None:
    """The next offence is the second, under the new name; what is to be sent goes to it."""
    first = await record(1)

    await tell(Change.UPDATE_USER, new_userid="zhang.san")

    assert (await record(2, sender="zhang.san")).decision.offence == 2
    assert (await violations.one(first.violation_id)).sender == "zhang.san"
    assert {action.sender for action in await outbox.list()} == {"zhang.san"}


async def test_a_late_message_under_the_old_userid_counts_for_the_new_one(
    record: Record, tell: Tell, violations: Violations
) -> None:
    """Through several renamings, whoever wrote it is one person."""
    await record(1)
    await tell(Change.UPDATE_USER, new_userid="zhang.san")
    await tell(Change.UPDATE_USER, 5, userid="zhang.san", new_userid="zs")

    late = await record(2)

    assert late.decision.offence == 2
    assert (await violations.one(late.violation_id)).sender == "zs"


async def test_a_renaming_told_twice_is_one(record: Record, tell: Tell) -> None:
    """Nothing counts double, nothing is lost."""
    await record(1)
    for _ in range(2):
        await tell(Change.UPDATE_USER, new_userid="zs")

    assert (await record(2, sender="zs")).decision.offence == 2


async def test_who_gets_an_old_userid_begins_anew(record: Record, tell: Tell) -> None:
    """Strikes belong to people; a late repetition of the renaming takes none from the new one."""
    await record(1)
    await tell(Change.UPDATE_USER, new_userid="zs")
    await tell(Change.CREATE_USER, 9, name="张珊")
    assert (await record(2)).decision.offence == 1

    await tell(Change.UPDATE_USER, new_userid="zs")

    assert (await record(3, sender="zs")).decision.offence == 2
    assert (await record(4)).decision.offence == 2


async def test_a_name_and_department_go_along(people: People, tell: Tell, now: datetime) -> None:
    """Who is known under the old userid is known under the new one at once."""
    await people.keep(CORP, Member(userid="zhangsan", name="张三", departments=(2,)), at=now)

    await tell(Change.UPDATE_USER, new_userid="zs", departments=(7,))

    entry = (await found(people, "zs")).entry
    assert (entry.name, entry.departments) == ("张三", (7,))
    assert (await found(people)).renamed_to == "zs"


async def test_another_spelling_is_no_new_person(
    record: Record, tell: Tell, people: People
) -> None:
    """A userid whose case alone changes leads to itself, not away from itself."""
    await record(1)

    await tell(Change.UPDATE_USER, new_userid="ZhangSan")

    assert (await record(2, sender="ZhangSan")).decision.offence == 2


async def test_offences_during_a_renaming_are_all_counted(
    record: Record, tell: Tell, database: Engine
) -> None:
    """Whichever comes first, in the end one person has every strike."""
    await asyncio.gather(
        *(record(number) for number in range(1, 4)),
        tell(Change.UPDATE_USER, new_userid="zs"),
        *(record(number) for number in range(4, 7)),
    )

    async with database.begin() as transaction:
        rows = await transaction.rows(
            Prepared("SELECT sender, offence FROM violations ORDER BY offence", (), {})
        )
    assert [(row["sender"], row["offence"]) for row in rows] == [("zs", n) for n in range(1, 7)]


async def test_a_record_names_who_is_already_known(
    record: Record, people: People, violations: Violations, now: datetime
) -> None:
    """Name, departments and superiors are written with the violation, before anybody is asked."""
    await people.keep_departments(CORP, (Department(id=2, name="研发部"),), at=now)
    member = Member(userid="zhangsan", name="张三", departments=(2,), superiors=("lisi",))
    await people.keep(CORP, member, at=now)
    kept = await violations.one((await record(1)).violation_id)

    await people.keep(CORP, replace(member, name="李四"), at=now)

    assert (kept.sender_name, kept.sender_department) == ("张三", "研发部")
    assert (kept.sender_departments, kept.sender_superiors) == ((2,), ("lisi",))
    assert (await violations.one(kept.id)).sender_name == "张三"


@pytest.mark.parametrize("told", ["zhangsan", "ZhangSan"])
async def test_a_hold_in_another_spelling_moves_along(
    record: Record, tell: Tell, database: Engine, violations: Violations, told: str
) -> None:
    """Whoever is held stays held under the new userid, with all that they wrote, however spelt."""
    kept = await record(1, sender="ZhangSan")
    holds = LegalHolds(database, corp=CORP)
    await holds.place(Scope.PERSON, "zhangsan", reason="lawsuit 9", by="li")

    await tell(Change.UPDATE_USER, userid=told, new_userid="zs")
    await tell(Change.CREATE_USER, 9, name="张珊")  # somebody else gets the old one

    assert (await violations.one(kept.violation_id)).sender == "zs"
    assert [hold.target for hold in await holds.over(kept.violation_id)] == ["zs"]
    assert (await record(2, sender="zs")).decision.offence == 2


@pytest.fixture
async def user(database: Engine, now: datetime) -> Account:
    """Somebody who logs in with WeCom."""
    newcomer = Newcomer(
        name="zhangsan (wecom)", display="张三", source=Source.WECOM, subject="zhangsan"
    )
    grant = Grant(roles=frozenset({Role.REVIEWER}))
    made = await Accounts(database, clock=lambda: now).add(newcomer, grant, by="root")
    assert made is not None
    return made


async def deeds(database: Engine) -> list[tuple[str, str]]:
    return [(row.deed.actor, row.deed.action) for row in await Audit(database).page()]


async def test_who_is_deleted_is_out_at_once(
    tell: Tell, database: Engine, user: Account, now: datetime
) -> None:
    """Log-ins and tokens end, also for whoever is let in again; all of it is audited."""
    accounts = Accounts(database, clock=lambda: now)
    day = timedelta(days=1)
    sessions = Sessions(database, idle=day, lifetime=day, clock=lambda: now)
    tokens = ApiTokens(database, clock=lambda: now)
    secret = await sessions.begin(user, Visit(method="wecom", address="", browser=""))
    _, value = await tokens.create(user, "weekly", frozenset({Right.SEE}), lasts=day)

    await tell(Change.DELETE_USER, userid="ZhangSan")

    assert (await accounts.one(user.id)).disabled_at == now
    assert await sessions.find(secret) is None
    told = await deeds(database)
    assert {("wecom", "user.disabled"), ("wecom", "token.revoked")} <= set(told)
    await accounts.enable(user.id, enabled=True, by="boss")
    assert await sessions.find(secret) is None
    assert await tokens.find(value) is None


async def test_an_older_deletion_shuts_nobody_out(
    tell: Tell, database: Engine, user: Account, now: datetime
) -> None:
    """Whoever has the userid since is another person, or the same one come back."""
    await tell(Change.CREATE_USER, 9)

    await tell(Change.DELETE_USER, 5)

    assert (await Accounts(database, clock=lambda: now).one(user.id)).disabled_at is None


async def test_a_user_is_known_by_the_new_userid(
    tell: Tell, database: Engine, user: Account, now: datetime
) -> None:
    """They log in as who they were; nobody does who gets the old userid."""
    await tell(Change.UPDATE_USER, userid="ZhangSan", new_userid="ZS")

    moved = await Accounts(database, clock=lambda: now).one(user.id)
    assert (moved.subject, moved.disabled_at) == ("zs", None)
    assert (await deeds(database))[0] == ("wecom", "user.changed")


async def test_where_the_new_userid_is_a_user_the_old_one_is_out(
    tell: Tell, database: Engine, user: Account, now: datetime
) -> None:
    """Somebody who was first here under the new userid leaves no door open under the old one."""
    accounts = Accounts(database, clock=lambda: now)
    newcomer = Newcomer(name="zs (wecom)", display="", source=Source.WECOM, subject="zs")
    other = await accounts.add(newcomer, user.grant, by="root")
    assert other is not None

    await tell(Change.UPDATE_USER, new_userid="zs")

    assert (await accounts.one(user.id)).disabled_at == now
    assert (await accounts.one(other.id)).disabled_at is None
