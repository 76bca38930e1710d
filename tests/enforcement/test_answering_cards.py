"""Presses on cards that cross with other things under way."""

from dataclasses import replace

import pytest
from tests.enforcement.conftest import Scene

from moderator.domain.cards import CardAnswer
from moderator.domain.decision import ActionKind
from moderator.enforcement.approval import Approval
from moderator.ledger.actions.cards import Card, Cards
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.rehearsal.invention import MODERATION_APP, WORK_GROUP

REVIEWER = "LiuYang"


class _Crossing(Cards):
    """What WeCom answered to the card is kept while the press on it is being answered."""

    def __init__(self, engine: Engine, answered: Card) -> None:
        super().__init__(engine)
        self._answered: Card | None = answered

    async def one(self, task: str) -> Card | None:
        found = await super().one(task)
        answered, self._answered = self._answered, None
        if answered:
            await self.sent(answered)
        return found


@pytest.mark.parametrize("crossing", [False, True])
async def test_a_quick_press_changes_the_card_once(
    scene: Scene, database: Engine, *, crossing: bool
) -> None:
    """However the press crosses with WeCom's answer to the card: one change, by one code."""
    violation = await scene.violate(ActionKind.REMOVE_FROM_GROUP, chat=WORK_GROUP, approval=True)
    card = Card(task="t", violation_id=violation, app=MODERATION_APP, users=(REVIEWER,))
    answered = replace(card, response_code="of the card")
    cards = _Crossing(database, answered) if crossing else Cards(database)
    await cards.prepare(card, now=scene.clock())
    approval = Approval(
        scene.client,
        scene.shelf,
        cards,
        scene.outbox,
        scene.violations,
        Judging(database),
        scene.settings.compliance.model_copy(update={"reviewers": (REVIEWER,)}),
        clock=scene.clock,
    )
    press = CardAnswer(
        key="k",
        app=MODERATION_APP,
        corp=scene.settings.wecom.corp_id,
        sender=REVIEWER,
        task="t",
        pressed="approve",
        response_code="of the press",
    )

    await approval.answer(press)

    updates = [one for one in await scene.actions(violation) if one.kind is ActionKind.UPDATE_CARD]
    assert len(updates) == 1
    assert ("of the card" if crossing else "of the press") in updates[0].detail
