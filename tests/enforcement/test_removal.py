"""A person is taken out of groups that an app made; elsewhere the owner is asked to do it."""

from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.records import ActionRecord
from moderator.rehearsal.invention import (
    FOREIGN_GROUP,
    MODERATION_APP,
    NOTICE_APP,
    WORK_GROUP,
)

SEND = "/cgi-bin/message/send"
GROUP_UPDATE = "/cgi-bin/appchat/update"


async def removal_of(scene: Scene, violation: int) -> ActionRecord:
    """The removal, whatever followed from it."""
    actions = await scene.actions(violation)
    return next(action for action in actions if action.kind is ActionKind.REMOVE_FROM_GROUP)


async def test_a_person_is_removed_from_a_group_that_the_app_made(scene: Scene) -> None:
    """The group of the message, and the person alone."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    before = scene.stand_in.company.groups[WORK_GROUP].members
    await scene.work()

    after = scene.stand_in.company.groups[WORK_GROUP].members
    action = await removal_of(scene, violation)

    assert set(before) - set(after) == {scene.sender}
    assert action.state is ActionState.ACCEPTED
    assert action.outcome == f"removed from {WORK_GROUP}"


async def test_where_the_message_names_no_group_the_apps_own_groups_are_cleared(
    scene: Scene,
) -> None:
    """An app's callback names none; the groups of the settings are meant then."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    assert scene.sender not in scene.stand_in.company.groups[WORK_GROUP].members
    assert scene.sender in scene.stand_in.company.groups[FOREIGN_GROUP].members


async def test_a_group_of_another_app_of_ours_is_changed_by_the_app_that_made_it(
    scene: Scene,
) -> None:
    """A message seen by one app may stand in a group made by another of the settings."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, app=NOTICE_APP)
    await scene.work()

    (call,) = scene.stand_in.journal.calls(GROUP_UPDATE)

    assert (call.app, call.errcode) == (MODERATION_APP, 0)


async def test_a_removal_in_a_foreign_group_is_unsupported_and_says_why(scene: Scene) -> None:
    """WeCom lets nobody but its owner do it: never done, never failed, never tried again."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=FOREIGN_GROUP)
    await scene.work()

    action = await removal_of(scene, violation)

    assert (action.state, action.errcode) == (ActionState.UNSUPPORTED, 86008)
    assert "owner has to remove the person" in action.outcome
    assert action.attempts == 1
    assert scene.sender in scene.stand_in.company.groups[FOREIGN_GROUP].members


async def test_a_removal_by_an_app_without_groups_is_unsupported(scene: Scene) -> None:
    """Nothing is called where there is nothing that could be called."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, app=NOTICE_APP)
    await scene.work()

    assert (await removal_of(scene, violation)).state is ActionState.UNSUPPORTED
    assert scene.stand_in.journal.calls(GROUP_UPDATE) == []


async def test_a_person_who_already_left_the_group_needs_no_removal(scene: Scene) -> None:
    """What was wanted is so, and the outcome says that nothing was done for it."""
    group = scene.stand_in.company.groups[WORK_GROUP]
    members = tuple(member for member in group.members if member != scene.sender)
    scene.stand_in.company.change_group(WORK_GROUP, members=members)
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    await scene.work()

    action = await removal_of(scene, violation)

    assert action.state is ActionState.ACCEPTED
    assert action.outcome == f"not a member (any more) of {WORK_GROUP}"
    assert scene.stand_in.journal.calls(GROUP_UPDATE) == []


async def test_a_dissolved_group_needs_no_removal(scene: Scene) -> None:
    """Nobody is in a group that is no more."""
    scene.stand_in.company.change_group(WORK_GROUP, dissolved=True)
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP)
    await scene.work()

    action = await removal_of(scene, violation)

    assert (action.state, action.outcome) == (ActionState.ACCEPTED, f"dissolved: {WORK_GROUP}")


async def test_one_foreign_group_does_not_hide_a_removal_elsewhere(scene: Scene) -> None:
    """Where several groups are meant, the outcome tells each."""
    apps = scene.settings.wecom.apps
    changed = apps[MODERATION_APP].model_copy(update={"groups": (FOREIGN_GROUP, WORK_GROUP)})
    apps[MODERATION_APP] = changed
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    action = await removal_of(scene, violation)

    assert action.state is ActionState.ACCEPTED
    assert f"removed from {WORK_GROUP}; not a group of this app" in action.outcome


async def test_a_foreign_group_where_the_person_may_still_be_is_not_called_done(
    scene: Scene,
) -> None:
    """Absent from our own group and out of reach in the other: a person has to act."""
    await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()
    apps = scene.settings.wecom.apps
    changed = apps[MODERATION_APP].model_copy(update={"groups": (FOREIGN_GROUP, WORK_GROUP)})
    apps[MODERATION_APP] = changed
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP)
    await scene.work()

    assert (await removal_of(scene, violation)).state is ActionState.UNSUPPORTED


async def test_a_removal_in_a_foreign_group_becomes_a_task_for_its_owner(scene: Scene) -> None:
    """The owner is told whom to remove from where; the record says who was asked."""
    owner = scene.stand_in.company.groups[FOREIGN_GROUP].owner
    scene.worker = scene.another_worker(compliance={"group_owners": {FOREIGN_GROUP: owner}})
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=FOREIGN_GROUP)
    await scene.work()

    _, removal, task = await scene.actions(violation)
    (call,) = scene.stand_in.journal.delivered(SEND)

    assert removal.state is ActionState.UNSUPPORTED
    assert (task.kind, task.state) == (ActionKind.ASK_OWNER_TO_REMOVE, ActionState.ACCEPTED)
    assert call.reached == (owner,)
    assert f"移出群（{FOREIGN_GROUP}）" in call.payload["text"]["content"]


async def test_an_owner_cannot_be_removed_and_compliance_hears_of_it(scene: Scene) -> None:
    """WeCom gives no group without an owner; who the next one is is for people to say."""
    owner = scene.stand_in.company.groups[WORK_GROUP].owner
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, sender=owner)
    await scene.work()

    _, removal, told = await scene.actions(violation)

    assert removal.state is ActionState.UNSUPPORTED
    assert told.detail == "not_done remove_from_group"
    assert owner in scene.stand_in.company.groups[WORK_GROUP].members
    assert scene.stand_in.journal.calls(GROUP_UPDATE) == []
