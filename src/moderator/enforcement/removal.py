"""Removing a person from groups, which WeCom allows an app only in groups that it made (§6.4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from moderator.domain.decision import ActionKind, PlannedAction
from moderator.enforcement.notices import Situation
from moderator.enforcement.results import Result, accepted, follow_up, not_done, unsupported
from moderator.errors import WeComRefused
from moderator.ledger.records import ViolationRecord
from moderator.settings import AppSettings
from moderator.wecom.client import WeComClient
from moderator.wecom.errors import Remedy, classify

_NOT_A_MEMBER = 86216
_NO_SUCH_GROUP = frozenset({86001, 86003})  # a chatid of another kind of group looks like this


class _Ending(StrEnum):
    REMOVED = "removed from"
    ABSENT = "not a member (any more) of"
    FOREIGN = "not a group of this app, its owner has to remove the person:"
    OWNED = "owned by the person, who cannot be removed from:"
    DISSOLVED = "dissolved:"


_OUT_OF_REACH = (_Ending.FOREIGN, _Ending.OWNED)


@dataclass(frozen=True, slots=True)
class _Done:
    chat: str
    ending: _Ending
    errcode: int | None = None


class Removal:
    """Removes a sender from the group of the message, or else from all groups the app polices."""

    def __init__(self, client: WeComClient, apps: Mapping[str, AppSettings]) -> None:
        self._client = client
        self._apps = apps

    async def remove(self, violation: ViolationRecord) -> Result:
        """Ask the owner where the app cannot; raises `WeComError` for what is not of the group."""
        chats = self._chats(violation)
        if not chats:
            return not_done(
                ActionKind.REMOVE_FROM_GROUP, f"the app {violation.app} has no group that it made"
            )
        return _result([await self._remove_from(*chat, violation.sender) for chat in chats])

    def _chats(self, violation: ViolationRecord) -> list[tuple[str, str]]:
        if not violation.chat:
            return [(violation.app, chat) for chat in self._apps[violation.app].groups]
        makers = [name for name, app in self._apps.items() if violation.chat in app.groups]
        return [(makers[0] if makers else violation.app, violation.chat)]

    async def _remove_from(self, app: str, chat: str, userid: str) -> _Done:
        try:
            group = await self._client.group(app, chat)
            member = next((m for m in group.members if m.lower() == userid.lower()), None)
            if member is None:
                return _Done(chat, _Ending.ABSENT)
            if member.lower() == group.owner.lower():
                return _Done(chat, _Ending.OWNED)
            await self._client.remove_from_group(app, chat, [member])
        except WeComRefused as refusal:
            return _Done(chat, _ending(refusal), refusal.code)
        return _Done(chat, _Ending.REMOVED)


def _ending(refusal: WeComRefused) -> _Ending:
    remedy = classify(refusal.code)
    if refusal.code == _NOT_A_MEMBER:
        return _Ending.ABSENT
    if refusal.code in _NO_SUCH_GROUP or remedy is Remedy.UNSUPPORTED:
        return _Ending.FOREIGN
    if remedy is Remedy.GONE:
        return _Ending.DISSOLVED
    raise refusal


def _result(done: Sequence[_Done]) -> Result:
    endings = {one.ending for one in done}
    tasks = tuple(_tasks(done))
    # A foreign group may still hold the person, unless one of ours is where the removal happened.
    if endings.intersection(_OUT_OF_REACH) and _Ending.REMOVED not in endings:
        errcode = next(one.errcode for one in done if one.ending in _OUT_OF_REACH)
        return unsupported(_sentence(done), errcode, follow_ups=tasks)
    return replace(accepted(_sentence(done)), follow_ups=tasks)


def _tasks(done: Sequence[_Done]) -> Iterator[PlannedAction]:
    for one in done:
        if one.ending is _Ending.FOREIGN:
            yield follow_up(
                ActionKind.ASK_OWNER_TO_REMOVE,
                Situation.IN_GROUP,
                one.chat,
                reason="not a group of this app",
            )
        elif one.ending is _Ending.OWNED:
            yield follow_up(
                ActionKind.NOTIFY_COMPLIANCE,
                Situation.NOT_DONE,
                ActionKind.REMOVE_FROM_GROUP.value,
                reason="the person owns the group",
            )


def _sentence(done: Sequence[_Done]) -> str:
    told = {ending: [one.chat for one in done if one.ending is ending] for ending in _Ending}
    return "; ".join(f"{ending} {', '.join(chats)}" for ending, chats in told.items() if chats)
