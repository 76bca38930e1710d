"""Asking reviewers inside WeCom, and doing what they press."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog

from moderator.domain.cards import CardAnswer, Decided, Verdict
from moderator.domain.decision import ActionState
from moderator.enforcement.notices import Occasion, particulars
from moderator.enforcement.results import Result, accepted, cancelled, failed
from moderator.enforcement.stationery import StationeryShelf
from moderator.errors import WeComRefused
from moderator.ledger.actions.cards import Card, Cards, CardUpdate
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.desk.judging import Judging
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import ActionRecord, ClaimedAction, Status, ViolationRecord
from moderator.settings import ComplianceSettings
from moderator.wecom import cards as template_cards
from moderator.wecom.client import WeComClient

_SPENT: Final = 60140  # the response code was used, or is older than 72 hours
_ASK_AGAIN: Final = timedelta(hours=4)
_HOLDER: Final = "wecom:"  # before the userid of whoever decides by a card


class _Captions(NamedTuple):
    title: str
    buttons: Mapping[Verdict, str]
    proposed: str
    facts: tuple[str, ...]
    decided: Mapping[Decided, str]


_CAPTIONS: Final = {
    "zh": _Captions(
        title="待审批 · 违规记录 {number}",
        buttons={Verdict.APPROVE: "同意", Verdict.DISMISS: "误报", Verdict.LATER: "稍后"},
        proposed="建议：{measures}",
        facts=("人员", "部门", "严重程度", "次数", "来源", "规则"),
        decided={
            Decided.APPROVED: "{by} 已同意",
            Decided.REFUSED: "{by} 不同意",
            Decided.DISMISSED: "{by} 已判误报",
            Decided.LATER: "{by} 稍后处理",
        },
    ),
    "en": _Captions(
        title="To approve: violation {number}",
        buttons={Verdict.APPROVE: "Approve", Verdict.DISMISS: "False", Verdict.LATER: "Later"},
        proposed="Proposed: {measures}",
        facts=("Who", "Dept", "Grade", "Nth", "Where", "Rules"),
        decided={
            Decided.APPROVED: "approved by {by}",
            Decided.REFUSED: "refused by {by}",
            Decided.DISMISSED: "dismissed by {by}",
            Decided.LATER: "later: {by}",
        },
    ),
}


class Approval:
    """Cards go to the reviewers of the settings; only they may answer; the first one decides."""

    def __init__(
        self,
        client: WeComClient,
        shelf: StationeryShelf,
        cards: Cards,
        outbox: Outbox,
        violations: Violations,
        judging: Judging,
        settings: ComplianceSettings,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._shelf = shelf
        self._cards = cards
        self._outbox = outbox
        self._violations = violations
        self._judging = judging
        self._app = settings.app
        self._reviewers = settings.reviewers
        self._captions = _CAPTIONS[settings.language]
        self._clock = clock
        self._log = structlog.get_logger("moderator.approval")

    async def ask(self, action: ClaimedAction) -> Result:
        """Send the card, as long as there is something to approve."""
        violation = action.violation
        proposals = proposals_of(violation)
        if not proposals:
            return cancelled("nothing waits for approval any more")
        if not self._reviewers:
            return cancelled("compliance.reviewers names nobody; decide over the API")
        # Also after a try whose answer was lost: WeCom refuses a task that it knows (42014).
        task = f"violation-{violation.id}-{action.id}-{action.attempts}"
        card = Card(task=task, violation_id=violation.id, app=self._app, users=self._reviewers)
        asked = await self._question(violation, proposals, task)
        await self._cards.prepare(card, now=self._clock())
        payload = template_cards.question(asked, users=self._reviewers)
        sent = await self._client.send_message(self._app, payload)
        missed = {user.lower() for user in sent.invalid_users}
        reached = tuple(user for user in self._reviewers if user.lower() not in missed)
        if not reached:
            return failed("WeCom left out every reviewer: outside the app's visible range or gone")
        await self._cards.sent(replace(card, users=reached, response_code=sent.response_code))
        return accepted(f"WeCom took the card for {', '.join(reached)}", sent.msgid)

    async def show(self, action: ClaimedAction) -> Result:
        """Show on a card who decided what; its buttons are gone with that."""
        shown = CardUpdate.of_detail(action.detail)
        text = self._captions.decided[shown.decided].format(by=shown.by.removeprefix(_HOLDER))
        try:
            await self._client.update_card(shown.app, shown.response_code, text, users=shown.users)
        except WeComRefused as refusal:
            if refusal.code == _SPENT:
                return failed("the card cannot be changed any more", refusal.code)
            raise
        return accepted("WeCom changed the card")

    async def answer(self, pressed: CardAnswer) -> None:
        """Do what a reviewer pressed, once; whoever is second is shown who was first.

        A press on a card that is not ours, or by somebody who may not decide, changes nothing and
        is logged.  Raises `LedgerError`.
        """
        card = await self._cards.one(pressed.task)
        verdict = next((one for one in Verdict if one.value == pressed.pressed), None)
        if card is None or card.app != pressed.app or verdict is None:
            self._log.warning("press on an unknown card", app=pressed.app, sender=pressed.sender)
            return
        if pressed.sender.lower() not in {user.lower() for user in self._reviewers}:
            self._log.warning("press by somebody who may not decide", sender=pressed.sender)
            return
        violation = await self._violations.one(card.violation_id)
        earlier = _decided(violation)
        by_whom = f"{_HOLDER}{pressed.sender}"
        decided, by = earlier or await self._decide(violation, verdict, by_whom)
        if earlier or decided is Decided.LATER or not await self._shown(card):
            await self._show(card, pressed, decided, by)
        self._log.info("card", violation=card.violation_id, decided=decided.value, by=by)

    async def _show(self, card: Card, pressed: CardAnswer, decided: Decided, by: str) -> None:
        """Show it where the decision itself did not; a `later` is nobody else's business."""
        users = (pressed.sender,) if decided is Decided.LATER else card.users
        shown = CardUpdate(
            app=card.app,
            users=users,
            response_code=pressed.response_code,
            decided=decided,
            by=by,
        )
        await self._cards.answer(shown, card, now=self._clock())

    async def _shown(self, card: Card) -> bool:
        """Whether the decision is on the card already; not if it came before WeCom's answer did."""
        now = await self._cards.one(card.task)
        return now is not None and now.spent

    async def _decide(
        self, violation: ViolationRecord, verdict: Verdict, by: str
    ) -> tuple[Decided, str]:
        """What is decided after this, and by whom."""
        now = self._clock()
        match verdict:
            case Verdict.APPROVE:
                for proposal in proposals_of(violation):
                    await self._outbox.proposals.approve(proposal.id, by, now=now)
            case Verdict.DISMISS:
                await self._judging.judge(
                    violation.id, Status.DISMISSED, by=by, version=violation.version, now=now
                )
            case Verdict.LATER:
                await self._cards.ask_again(violation.id, due=now + _ASK_AGAIN, now=now)
                return Decided.LATER, by
        # Asked again, not assumed: two may press at once, and the ledger knows who was first.
        return _decided(await self._violations.one(violation.id)) or (Decided.LATER, by)

    async def _question(
        self, violation: ViolationRecord, proposals: list[ActionRecord], task: str
    ) -> template_cards.Question:
        words = (await self._shelf.current()).words
        told = particulars(Occasion(violation=violation), words)
        captions = self._captions
        measures = [words.duties.get(one.kind.value, one.kind.value) for one in proposals]
        shown = (
            *(told["person"], told["department"], told["severity"]),
            *(str(told["offence"]), told["origin"], told["hits"]),
        )
        return template_cards.Question(
            task=task,
            title=captions.title.format(number=violation.id),
            description=f"{told['category']} · {told['sent_at']}",
            facts=list(zip(captions.facts, shown, strict=True)),
            text=captions.proposed.format(measures="、".join(dict.fromkeys(measures))),
            buttons=[(verdict.value, captions.buttons[verdict]) for verdict in Verdict],
        )


def proposals_of(violation: ViolationRecord) -> list[ActionRecord]:
    return [one for one in violation.actions if one.state is ActionState.PROPOSED]


def _decided(violation: ViolationRecord) -> tuple[Decided, str] | None:
    """The decision that nobody can make again, and whose it was; None while something waits."""
    if violation.status is Status.DISMISSED:
        return Decided.DISMISSED, violation.judged_by
    if proposals_of(violation):
        return None
    decided = [one for one in violation.actions if one.decided_by and one.decided_at]
    if not decided:
        return None
    first = min(decided, key=lambda one: (one.queued_at is None, one.decided_at, one.id))
    return (Decided.APPROVED if first.queued_at else Decided.REFUSED), first.decided_by
