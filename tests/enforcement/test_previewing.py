"""What people are shown of a notice before or after it goes out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.enforcement.conftest import shipped_shelf
from tests.enforcement.violations import violation

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.notices import Occasion
from moderator.enforcement.previewing import Previews
from moderator.ledger.records import ActionRecord, ViolationRecord

NOW = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


def action(
    kind: ActionKind, state: ActionState = ActionState.PROPOSED, detail: str = ""
) -> ActionRecord:
    return ActionRecord(
        id=1,
        violation_id=7,
        sender="zhangsan",
        kind=kind,
        state=state,
        reason="",
        attempts=0,
        created_at=NOW,
        queued_at=None,
        due_at=NOW,
        updated_at=NOW,
        errcode=None,
        outcome="",
        wecom_msgid="",
        decided_by="",
        decided_at=None,
        decision_reason="",
        history=(),
        detail=detail,
    )


def of(*actions: ActionRecord) -> ViolationRecord:
    return replace(violation(), actions=actions)


def previews() -> Previews:
    return Previews(shipped_shelf(), recall_within=timedelta(minutes=10))


async def test_a_preview_is_the_text_that_is_sent() -> None:
    """To the letter: people approve what others receive."""
    about = of(action(ActionKind.WARN_SENDER))

    (preview,) = await previews().of(about)

    sent = (await shipped_shelf().current()).write(
        ActionKind.WARN_SENDER, Occasion(violation=about)
    )
    assert preview.content == sent.content


async def test_a_measure_is_named_in_the_proposal() -> None:
    """HR reads which one the policy calls for."""
    (preview,) = await previews().of(of(action(ActionKind.PROPOSE_TO_HR, detail="记过")))

    assert "记过" in preview.content


async def test_those_to_the_sender_stand_first() -> None:
    """Whoever decides looks at them before all others."""
    about = of(action(ActionKind.NOTIFY_COMPLIANCE), action(ActionKind.WARN_SENDER))

    kinds = [preview.kind for preview in await previews().of(about)]

    assert kinds == [ActionKind.WARN_SENDER, ActionKind.NOTIFY_COMPLIANCE]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (ActionKind.REMOVE_FROM_GROUP, ActionState.PROPOSED),
        (ActionKind.IDENTIFY_SENDER, ActionState.ACCEPTED),
        (ActionKind.WARN_SENDER, ActionState.CANCELLED),
        (ActionKind.NOTIFY_GROUP, ActionState.UNSUPPORTED),
    ],
)
async def test_what_nobody_is_told_has_no_preview(kind: ActionKind, state: ActionState) -> None:
    """Neither actions without words nor those that will never be sent."""
    assert await previews().of(of(action(kind, state))) == []
