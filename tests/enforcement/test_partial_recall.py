"""A recall that names messages takes those back and no other."""

from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.database.engine import Engine

RECALL = "/cgi-bin/message/recall"


async def test_only_the_named_message_is_taken_back(scene: Scene, database: Engine) -> None:
    """The warning stands when only what was told to the superior is not called for any more."""
    boss = scene.stand_in.company.people()[40].userid
    scene.stand_in.company.change_person(scene.sender, leader=boss)
    violation = await scene.violate(ActionKind.WARN_SENDER, ActionKind.NOTIFY_SUPERIOR)
    await scene.work()
    told = {action.kind: action for action in await scene.actions(violation)}
    async with database.begin() as transaction:
        await transaction.script(
            "INSERT INTO actions (violation_id, corp, sender, kind, state, detail, created_at,"
            " queued_at, due_at, updated_at) SELECT violation_id, corp, sender, 'recall_notice',"
            f" 'approved', '{told[ActionKind.NOTIFY_SUPERIOR].id}', created_at, queued_at,"
            f" created_at, created_at FROM actions WHERE id = {told[ActionKind.WARN_SENDER].id}"
        )
    await scene.work()

    states = {action.kind: action.state for action in await scene.actions(violation)}
    assert len(scene.stand_in.journal.calls(RECALL)) == 1
    assert states[ActionKind.NOTIFY_SUPERIOR] is ActionState.UNDONE
    assert states[ActionKind.WARN_SENDER] is ActionState.ACCEPTED
