"""The directory as last seen."""

from datetime import datetime, timedelta

import pytest

from moderator.domain.people import Department, Member
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import Known, People

CORP = "corp"
DEPARTMENTS = (
    Department(id=1, name="总部"),
    Department(id=2, name="研发部", parent=1, leaders=("LiSi",)),
    Department(id=7, name="客服部", parent=1),
)


@pytest.fixture
def people(database: Engine) -> People:
    return People(database)


async def found(people: People, userid: str) -> Known:
    known = await people.find(CORP, userid)
    assert known is not None
    return known


async def test_nobody_is_known_before_they_are_kept(people: People) -> None:
    """An empty directory has no answer, which is not an empty answer."""
    assert await people.find(CORP, "zhangsan") is None


async def test_a_member_is_found_in_whatever_case(people: People, now: datetime) -> None:
    """WeCom's userids do not care about case."""
    await people.keep(CORP, Member(userid="ZhangSan", name="张三"), at=now)

    assert (await found(people, "zhangsan")).entry.name == "张三"
    assert await people.find("another", "zhangsan") is None


async def test_departments_are_told_upwards(people: People, now: datetime) -> None:
    """Path, ids and leaders follow from the departments kept."""
    await people.keep_departments(CORP, DEPARTMENTS, at=now)
    await people.keep(CORP, Member(userid="zhangsan", departments=(2,)), at=now)

    entry = (await found(people, "zhangsan")).entry
    assert (entry.department, entry.departments) == ("总部/研发部", (1, 2))
    assert entry.leaders == ("LiSi",)


async def test_who_is_marked_as_leader_leads(people: People, now: datetime) -> None:
    """`is_leader_in_dept` of a member counts where the department names nobody."""
    await people.keep_departments(CORP, DEPARTMENTS, at=now)
    await people.keep(CORP, Member(userid="wangwu", departments=(7,), leads=(7,)), at=now)
    await people.keep(CORP, Member(userid="zhangsan", departments=(7,)), at=now)

    assert (await found(people, "zhangsan")).entry.leaders == ("wangwu",)


async def test_a_leader_told_twice_is_told_once(people: People, now: datetime) -> None:
    """The spelling of the department's own list stands."""
    await people.keep_departments(CORP, DEPARTMENTS, at=now)
    await people.keep(CORP, Member(userid="lisi", departments=(2,), leads=(2,)), at=now)
    await people.keep(CORP, Member(userid="zhangsan", departments=(2,)), at=now)

    assert (await found(people, "zhangsan")).entry.leaders == ("LiSi",)


async def test_what_is_known_is_as_old_as_its_oldest_part(people: People, now: datetime) -> None:
    """A member fetched today in a department fetched yesterday is known since yesterday."""
    yesterday = now - timedelta(days=1)
    await people.keep_departments(CORP, DEPARTMENTS, at=yesterday)
    await people.keep(CORP, Member(userid="zhangsan", departments=(2,)), at=now)

    assert (await found(people, "zhangsan")).fetched_at == yesterday


async def test_a_member_of_an_unknown_department_is_not_wholly_known(
    people: People, now: datetime
) -> None:
    """Their department has still to be asked for."""
    await people.keep(CORP, Member(userid="zhangsan", departments=(2,)), at=now)

    known = await found(people, "zhangsan")
    assert (known.fetched_at, known.entry.department) == (None, "#2")


async def test_who_left_is_kept_with_the_time(people: People, now: datetime) -> None:
    """The first time stands, and what was known of them stays."""
    await people.keep(CORP, Member(userid="zhangsan", name="张三"), at=now)
    await people.mark_gone(CORP, "ZhangSan", at=now)
    await people.mark_gone(CORP, "zhangsan", at=now + timedelta(days=1))

    known = await found(people, "zhangsan")
    assert (known.gone_at, known.entry.name) == (now, "张三")
