"""The tree of departments."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from moderator.domain.people import Department
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.departments import Departments, ListedDepartment
from moderator.ledger.directory.people import People
from moderator.ledger.schema.tables import departments

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def tree(database: Engine) -> Departments:
    """总部 with 研发部 (后端组 below it) and 市场部; and one of another company."""
    people = People(database)
    ours = (
        Department(id=1, name="总部"),
        Department(id=7, name="研发部", parent=1),
        Department(id=3, name="市场部", parent=1),
        Department(id=9, name="后端组", parent=7),
    )
    await people.keep_departments("corp", ours, at=NOW)
    await people.keep_departments("other", [Department(id=1, name="别家")], at=NOW)
    return Departments(database, corp="corp")


def _told(listed: ListedDepartment) -> tuple[str, int]:
    return listed.path, listed.depth


async def test_the_whole_tree(tree: Departments) -> None:
    """Each department is followed by those below it, and told with the names above."""
    assert [_told(each) for each in await tree.tree()] == [
        ("总部", 0),
        ("总部/市场部", 1),
        ("总部/研发部", 1),
        ("总部/研发部/后端组", 2),
    ]


async def test_bound(tree: Departments) -> None:
    """Who is bound to departments sees them and what is below, as if there were no others."""
    assert [_told(each) for each in await tree.tree(bound=frozenset({7}))] == [
        ("总部/研发部", 0),
        ("总部/研发部/后端组", 1),
    ]


async def test_bound_within_bound(tree: Departments) -> None:
    """A department that lies below another one of the bound is listed once."""
    found = await tree.tree(bound=frozenset({7, 9}))

    assert [each.id for each in found] == [7, 9]


async def test_gone(tree: Departments, database: Engine) -> None:
    """What hung below a department that is gone stands at the top."""
    async with database.begin() as transaction:
        await transaction.rows(update(departments).where(departments.c.id == 7).values(gone_at=NOW))

    assert [_told(each) for each in await tree.tree()] == [
        ("总部", 0),
        ("总部/市场部", 1),
        ("后端组", 0),
    ]


async def test_a_loop(tree: Departments, database: Engine) -> None:
    """Departments that name each other as parents do not keep the list from its end."""
    await People(database).keep_departments(
        "corp", [Department(id=7, name="研发部", parent=9)], at=NOW
    )

    assert [each.id for each in await tree.tree()] == [1, 3]
