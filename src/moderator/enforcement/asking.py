"""Asking people to do what WeCom lets no app do, and looking whether they did.

A recall becomes visible in two ways only: the archive's `revoke` names the message (`wecom.md`
§4.7), or a person says so.  An app's callback tells of no recall.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.enforcement.notices import Situation
from moderator.enforcement.post import Post
from moderator.enforcement.recipients import Recipients
from moderator.enforcement.results import (
    Result,
    accepted,
    complied,
    follow_up,
    nobody_known,
    not_done,
    situation_of,
)
from moderator.ledger.actions.requests import Requests
from moderator.ledger.records import ClaimedAction
from moderator.settings import EnforcementSettings

_SECRET: Final = frozenset({"confidential", "credential"})  # what 保密工作机构 answers for


class Asking:
    """The sender is asked to recall, a group's owner to remove or to mute."""

    def __init__(
        self,
        post: Post,
        recipients: Recipients,
        requests: Requests,
        settings: EnforcementSettings,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._post = post
        self._recipients = recipients
        self._requests = requests
        self._within = settings.recall_within
        self._clock = clock

    async def recall(self, action: ClaimedAction) -> Result:
        """Ask, and the second time look: whoever did not comply is reported to others."""
        violation = action.violation
        if await self._requests.is_recalled(violation):
            return complied("the message was taken back")
        if action.second_look:
            return self._not_seen(action)
        asked = await self._post.to_members(
            action, [violation.sender], "the request", app=violation.app
        )
        if asked.state is ActionState.ACCEPTED:
            return replace(asked, check_at=self._clock() + self._within)
        return replace(asked, follow_ups=_escalation(action))

    async def owner(self, action: ClaimedAction) -> Result:
        """A task for the owner of the group; that it was done is for a person to say."""
        situation, rest = situation_of(action.detail)
        named = rest.partition(" ")[0] if situation is Situation.IN_GROUP else ""
        chat = named or action.violation.chat
        if not chat:
            return not_done(action.kind, "the message names no group")
        owner = await self._recipients.owner(action.violation, chat)
        if not owner.userid:
            return nobody_known(action.kind, f"owner of {chat}")
        return await self._post.to_staff(
            action, [owner.userid], f"the task for the owner of {chat}", group=owner.group or chat
        )

    def _not_seen(self, action: ClaimedAction) -> Result:
        told = _escalation(action)
        kinds = ", ".join(follower.kind.value for follower in told)
        minutes = int(self._within.total_seconds() // 60)
        return replace(
            accepted(f"no recall was seen within {minutes} minutes; follows: {kinds}"),
            follow_ups=told,
        )


def _escalation(action: ClaimedAction) -> tuple[PlannedAction, ...]:
    """What the policy names behind the request, or the superior and the office concerned."""
    named = [kind for kind in ActionKind if kind.value in action.detail.split()]
    office = (
        ActionKind.NOTIFY_CONFIDENTIALITY
        if action.violation.category in _SECRET
        else ActionKind.NOTIFY_COMPLIANCE
    )
    return tuple(
        follow_up(kind, Situation.RECALL_NOT_SEEN, reason="no recall was seen in time")
        for kind in named or (ActionKind.NOTIFY_SUPERIOR, office)
    )
