"""Telling people: the sender, the group, and those who answer for either."""

from collections.abc import Sequence
from dataclasses import replace

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.enforcement.notices import Situation
from moderator.enforcement.post import Post
from moderator.enforcement.recipients import Recipients
from moderator.enforcement.results import (
    Result,
    cancelled,
    follow_up,
    nobody_known,
    not_done,
    situation_of,
    unsupported,
)
from moderator.ledger.records import ClaimedAction
from moderator.settings import ComplianceSettings


class Telling:
    """One method for each kind of reader."""

    def __init__(self, post: Post, recipients: Recipients, compliance: ComplianceSettings) -> None:
        self._post = post
        self._recipients = recipients
        self._compliance = compliance

    async def sender(self, action: ClaimedAction) -> Result:
        """A reminder or a warning, in the voice of the app that the person wrote to."""
        violation = action.violation
        named = "the warning" if action.kind is ActionKind.WARN_SENDER else "the reminder"
        return await self._post.to_members(action, [violation.sender], named, app=violation.app)

    async def group(self, action: ClaimedAction) -> Result:
        """A word to everybody in the chat, without the words; else its owner has to say it."""
        chat = action.violation.chat
        if not chat:
            return unsupported("the message names no group")
        if told := await self._post.into_group(action, chat):
            return told
        owner_says = follow_up(
            ActionKind.NOTIFY_GROUP_OWNER,
            Situation.SAY_IN_GROUP,
            reason="the service cannot write to the group",
        )
        return unsupported(
            f"{chat} is no group of an app of ours, and no robot of it is in the settings",
            follow_ups=(owner_says,),
        )

    async def group_owner(self, action: ClaimedAction) -> Result:
        chat = action.violation.chat
        if not chat:
            return unsupported("the message names no group")
        owner = await self._recipients.owner(action.violation, chat)
        if not owner.userid:
            return nobody_known(action.kind, f"owner of {chat}")
        return await self._post.to_staff(
            action, [owner.userid], "the notice for the group's owner", group=owner.group
        )

    async def superior(self, action: ClaimedAction) -> Result:
        if _recalled_meanwhile(action):
            return cancelled("the message was taken back meanwhile")
        return await self._to_known(
            action, await self._recipients.superiors(action.violation), "direct superior"
        )

    async def department_admin(self, action: ClaimedAction) -> Result:
        return await self._to_known(
            action,
            await self._recipients.department_admins(action.violation),
            "head of department",
        )

    async def compliance(self, action: ClaimedAction) -> Result:
        """The card for compliance staff, in their group or to each of them."""
        if self._compliance.chat:
            told = await self._post.into_group(action, self._compliance.chat)
            if told is not None:
                return told
        return await self._post.to_staff(action, self._compliance.users, "the card for compliance")

    async def confidentiality(self, action: ClaimedAction) -> Result:
        if _recalled_meanwhile(action):
            return cancelled("the message was taken back meanwhile")
        return await self._to_known(
            action, self._compliance.confidentiality_users, "confidentiality office"
        )

    async def human_resources(self, action: ClaimedAction) -> Result:
        """A proposal: what the policy calls for is decided by people, never carried out."""
        return await self._to_known(action, self._compliance.hr_users, "HR")

    async def public(self, action: ClaimedAction) -> Result:
        """One group for each action: what is said in one group is not said again for another."""
        situation, rest = situation_of(action.detail)
        if situation is Situation.IN_GROUP:
            return await self._publish_in(action, rest.partition(" ")[0])
        first, *others = self._notice_groups(action) or [""]
        if not first:
            return not_done(action.kind, "no group to publish in is in the settings")
        result = await self._publish_in(action, first)
        also = tuple(_publication(chat, action.detail) for chat in others)
        return replace(result, follow_ups=(*result.follow_ups, *also))

    async def _publish_in(self, action: ClaimedAction, chat: str) -> Result:
        told = await self._post.into_group(action, chat)
        return told or not_done(action.kind, f"the service cannot write to the group {chat}")

    def _notice_groups(self, action: ClaimedAction) -> list[str]:
        return list(self._compliance.notice_groups or self._post.groups_of(action.violation.app))

    async def _to_known(self, action: ClaimedAction, users: Sequence[str], office: str) -> Result:
        if not users:
            return nobody_known(action.kind, office)
        return await self._post.to_staff(action, users, f"the notice for the {office}")


def _publication(chat: str, measure: str) -> PlannedAction:
    return follow_up(
        ActionKind.PUBLISH_NOTICE,
        Situation.IN_GROUP,
        f"{chat} {measure}".strip(),
        reason="one of several groups",
    )


def _recalled_meanwhile(action: ClaimedAction) -> bool:
    situation, _ = situation_of(action.detail)
    return situation is Situation.RECALL_NOT_SEEN and any(
        other.kind is ActionKind.ASK_RECALL and other.state is ActionState.COMPLIED
        for other in action.violation.actions
    )
