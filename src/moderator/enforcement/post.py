"""Writes notices and hands them to WeCom; says what WeCom said, which is not that they arrived."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from moderator.enforcement.notices import Occasion, Situation
from moderator.enforcement.results import Result, accepted, failed, situation_of
from moderator.enforcement.stationery import StationeryShelf
from moderator.enforcement.templates import Notice
from moderator.errors import WeComRefused
from moderator.ledger.records import ClaimedAction, SentNotice
from moderator.settings import Settings
from moderator.wecom import messages
from moderator.wecom.client import SentMessage, WeComClient

# Bad, unknown or gone userids, and members outside the app's visible range.
_NOBODY_TO_SEND_TO: Final = frozenset({40003, 40031, 46004, 60011, 60111, 81013})


class Post:
    """Sends a notice of an action to members or into a group."""

    def __init__(
        self,
        client: WeComClient,
        shelf: StationeryShelf,
        settings: Settings,
    ) -> None:
        self._client = client
        self._shelf = shelf
        self._apps = settings.wecom.apps
        self._compliance = settings.compliance
        self._robots = settings.robots.keys
        self._recall_within = settings.enforcement.recall_within

    async def to_members(
        self, action: ClaimedAction, users: Sequence[str], told: str, *, app: str, group: str = ""
    ) -> Result:
        """Tell `users` in the voice of `app`; `told` names the notice in the outcome."""
        notice = await self._written(action, group)
        try:
            sent = await self._client.send_message(app, _payload(notice, users))
        except WeComRefused as refusal:
            if refusal.code not in _NOBODY_TO_SEND_TO:
                raise
            return failed(f"WeCom sends to none of {', '.join(users)}", refusal.code)
        missed = _missed(sent, users)
        if len(missed) == len(users):
            names = ", ".join(missed)
            return failed(f"WeCom left out {names}: outside the app's visible range or gone")
        left_out = f", but left out {', '.join(missed)}" if missed else ""
        reached = tuple(user for user in users if user not in missed)
        kept = SentNotice(notice.content, reached)
        return accepted(f"WeCom took {told}{left_out}", sent.msgid, notice=kept)

    async def to_staff(
        self, action: ClaimedAction, users: Sequence[str], told: str, *, group: str = ""
    ) -> Result:
        """Notify staff, by the app of compliance.

        A person is notified once, however often named; at most a thousand at once.
        """
        once = {user.lower(): user for user in users}
        receivers = list(once.values())[: messages.MOST_USERS]
        return await self.to_members(action, receivers, told, app=self._compliance.app, group=group)

    async def into_group(self, action: ClaimedAction, chat: str) -> Result | None:
        """Write into a group that an app of ours made or whose robot we have; None for others.

        Neither can be recalled.
        """
        if app := self.maker_of(chat):
            return await self._by_app(action, app, chat)
        if key := self._robots.get(chat):
            notice = await self._written(action)
            await self._client.send_to_robot(key.get_secret_value(), _payload(notice))
            return _said(f"WeCom took the notice for the robot of {chat}", notice, chat)
        return None

    def maker_of(self, chat: str) -> str:
        """The app that made the group, as far as the settings know; else empty."""
        if chat and chat == self._compliance.chat:
            return self._compliance.app
        return next((name for name, app in self._apps.items() if chat in app.groups), "")

    def groups_of(self, app: str) -> tuple[str, ...]:
        """The groups of the app, or those of every app if it has none."""
        own = self._apps[app].groups if app in self._apps else ()
        return own or tuple(chat for other in self._apps.values() for chat in other.groups)

    async def _by_app(self, action: ClaimedAction, app: str, chat: str) -> Result:
        notice = await self._written(action)
        await self._client.send_to_group(app, chat, _payload(notice))
        return _said(f"WeCom took the notice for the group {chat}", notice, chat)

    async def _written(self, action: ClaimedAction, group: str = "") -> Notice:
        stationery = await self._shelf.current()
        return stationery.write(action.kind, occasion_of(action, self._recall_within, group))


def occasion_of(action: ClaimedAction, recall_within: timedelta, group: str = "") -> Occasion:
    """What the notice of an action is about."""
    situation, rest = situation_of(action.detail)
    measure = rest if situation is Situation.USUAL else ""
    if situation is Situation.IN_GROUP:
        _, _, measure = rest.partition(" ")
    return Occasion(
        violation=action.violation,
        situation=situation,
        measure=measure,
        remark="" if measure else rest,
        group=group,
        minutes=int(recall_within.total_seconds() // 60),
    )


def _said(outcome: str, notice: Notice, chat: str) -> Result:
    kept = SentNotice(notice.content, (chat,))
    return accepted(f"{outcome}; no recall is possible", notice=kept)


def _payload(notice: Notice, users: Sequence[str] = ()) -> messages.Payload:
    return messages.of_type(notice.format.value, notice.content, users=users)


def _missed(sent: SentMessage, users: Sequence[str]) -> list[str]:
    # userids are the same in upper and lower case, and WeCom may answer in either.
    left_out = {userid.lower() for userid in sent.invalid_users}
    return [user for user in users if user.lower() in left_out]
