"""Who a userid is: asked once, remembered, and known without permission too."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import WeComRefused
from moderator.rehearsal.invention import MODERATION_APP


def calls(scene: Scene, path: str) -> int:
    return len(scene.stand_in.journal.calls(f"/cgi-bin/{path}"))


def limit(scene: Scene, *departments: int) -> None:
    scene.stand_in.company.change_app(MODERATION_APP, visible_departments=departments)


async def test_a_member_is_known_with_departments_and_superiors(scene: Scene) -> None:
    """Name, path, the ids of every department above, 直属上级 and 部门负责人."""
    person = next(one for one in scene.stand_in.company.people() if one.leader)

    entry = await scene.directory().look_up(MODERATION_APP, person.userid.upper())

    assert entry.name == person.name
    assert set(person.departments) | {1} <= set(entry.departments)
    assert entry.superiors == (person.leader,)
    assert person.leader in entry.leaders
    assert "/" in entry.department
    assert entry.gaps == ""


async def test_the_main_department_comes_first(scene: Scene) -> None:
    """A second department is known too, but the path is the main one's."""
    person = scene.stand_in.company.people()[9]
    scene.stand_in.company.change_person(person.userid, departments=(3, 2))

    entry = await scene.directory().look_up(MODERATION_APP, person.userid)

    name = scene.stand_in.company.departments[3].name
    assert entry.department.endswith(name)
    assert {1, 2, 3} <= set(entry.departments)


async def test_wecom_is_asked_once_for_all_processes(scene: Scene) -> None:
    """A second directory, as another process has it, reads what the first one kept."""
    await scene.directory().look_up(MODERATION_APP, scene.sender)

    entry = await scene.directory().look_up(MODERATION_APP, scene.sender)

    assert entry.name
    assert (calls(scene, "user/get"), calls(scene, "department/list")) == (1, 1)


async def test_departments_are_fetched_once_for_everybody(scene: Scene) -> None:
    """The second person costs one call."""
    directory = scene.directory()
    for person in scene.stand_in.company.people()[:5]:
        await directory.look_up(MODERATION_APP, person.userid)

    assert (calls(scene, "user/get"), calls(scene, "department/list")) == (5, 1)


async def test_look_ups_at_once_fetch_the_departments_once(scene: Scene) -> None:
    """Whoever comes second waits for what the first one fetches."""
    directory = scene.directory()
    userids = [person.userid for person in scene.stand_in.company.people()[:5]]

    entries = await asyncio.gather(
        *(directory.look_up(MODERATION_APP, userid) for userid in userids)
    )

    assert calls(scene, "department/list") == 1
    assert not any(entry.department.startswith("#") for entry in entries)


async def test_after_a_day_wecom_is_asked_again(scene: Scene) -> None:
    """What was fetched holds for its time."""
    await scene.directory().look_up(MODERATION_APP, scene.sender)
    scene.stand_in.company.change_person(scene.sender, name="新名")
    scene.clock.forward(hours=23)
    early = await scene.directory().look_up(MODERATION_APP, scene.sender)
    scene.clock.forward(hours=2)

    assert early.name != "新名"
    assert (await scene.directory().look_up(MODERATION_APP, scene.sender)).name == "新名"


async def test_outside_the_visible_range_the_userid_stands_alone(scene: Scene) -> None:
    """Nothing is invented; the reason is told, and the service shows it."""
    limit(scene, 7)
    scene.stand_in.company.change_person(scene.sender, departments=(2,))
    directory = scene.directory()

    entry = await directory.look_up(MODERATION_APP, scene.sender)

    assert (entry.name, entry.departments) == ("", ())
    assert "可见范围" in entry.gaps
    assert "60011" in entry.gaps
    assert directory.gaps == (entry.gaps,)


async def test_what_is_refused_is_not_asked_again_at_once(scene: Scene) -> None:
    """A refusal is remembered for a while."""
    limit(scene, 7)
    scene.stand_in.company.change_person(scene.sender, departments=(2,))
    directory = scene.directory()
    for _ in range(3):
        await directory.look_up(MODERATION_APP, scene.sender)

    assert calls(scene, "user/get") == 1


async def test_what_was_known_stands_when_permission_is_lost(scene: Scene) -> None:
    """An old name is better than none, with the reason beside it."""
    known = await scene.directory().look_up(MODERATION_APP, scene.sender)
    limit(scene, 7)
    scene.stand_in.company.change_person(scene.sender, departments=(2,))
    scene.clock.forward(hours=25)

    entry = await scene.directory().look_up(MODERATION_APP, scene.sender)

    assert replace(entry, gaps="") == known
    assert "60011" in entry.gaps


async def test_without_the_list_of_departments_their_numbers_stand(scene: Scene) -> None:
    """A person may be seen where departments may not."""
    scene.stand_in.fail("department/list", errcode=48002)

    entry = await scene.directory().look_up(MODERATION_APP, scene.sender)

    assert entry.name
    assert entry.department.startswith("#")
    assert "48002" in entry.gaps


async def test_who_left_is_kept_as_gone(scene: Scene) -> None:
    """WeCom does not know them any more: that is an answer, not a failure."""
    await scene.directory().look_up(MODERATION_APP, scene.sender)
    sender = scene.sender
    scene.stand_in.company.dismiss(sender)
    scene.clock.forward(hours=25)

    entry = await scene.directory().look_up(MODERATION_APP, sender)

    assert entry.name
    assert "60111" in entry.gaps


async def test_what_may_pass_is_raised(scene: Scene) -> None:
    """A busy WeCom is asked again later, instead of a record without a name."""
    scene.stand_in.fail("user/get", errcode=45009)

    with pytest.raises(WeComRefused):
        await scene.directory().look_up(MODERATION_APP, scene.sender)


async def test_gaps_are_shown_for_an_hour(scene: Scene) -> None:
    """What is mended is not complained about for ever."""
    limit(scene, 7)
    scene.stand_in.company.change_person(scene.sender, departments=(2,))
    passed = timedelta()
    directory = scene.directory()
    directory._monotonic = lambda: 1000.0 + passed.total_seconds()
    await directory.look_up(MODERATION_APP, scene.sender)

    before = directory.gaps
    passed = timedelta(minutes=61)

    assert (len(before), directory.gaps) == (1, ())


async def test_a_refused_look_up_blocks_nothing(scene: Scene) -> None:
    """The record says what is missing; the action is done, and so is the warning."""
    limit(scene, 7)
    scene.stand_in.company.change_app(MODERATION_APP, visible_users=(scene.sender,))
    scene.stand_in.fail("user/get", errcode=48002)

    violation = await scene.violate(ActionKind.WARN_SENDER)
    await scene.work()

    record = await scene.violations.one(violation)
    assert {action.state for action in record.actions} == {ActionState.ACCEPTED}
    assert "48002" in record.sender_gaps
    assert (record.sender_name, record.sender) == ("", scene.sender)
