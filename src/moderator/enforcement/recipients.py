"""Who answers for a person and for a group: directory first, settings where it does not say."""

from collections.abc import Iterable
from typing import NamedTuple

from moderator.enforcement.directory import Directory
from moderator.enforcement.post import Post
from moderator.errors import WeComRefused
from moderator.ledger.records import ViolationRecord
from moderator.settings import Settings
from moderator.wecom.client import WeComClient
from moderator.wecom.errors import Remedy, classify

_NO_SUCH_GROUP = frozenset({86001, 86003})


class Owner(NamedTuple):
    """Who owns a group (empty: unknown) and what it is called."""

    userid: str
    group: str = ""


class Recipients:
    """Finds them; nobody is notified, as a superior, of what they wrote themselves."""

    def __init__(
        self, client: WeComClient, directory: Directory, post: Post, settings: Settings
    ) -> None:
        self._client = client
        self._directory = directory
        self._post = post
        self._apps = settings.wecom.apps
        self._compliance = settings.compliance

    async def superiors(self, violation: ViolationRecord) -> tuple[str, ...]:
        """The direct superiors (直属上级), or else who leads the nearest department."""
        entry = await self._directory.look_up(self._asking(violation), violation.sender)
        direct = _others(entry.superiors or violation.sender_superiors, violation)
        return direct or _others(entry.leaders, violation)

    async def department_admins(self, violation: ViolationRecord) -> tuple[str, ...]:
        """Those whom the settings name for a department of the sender's, or else its leaders."""
        entry = await self._directory.look_up(self._asking(violation), violation.sender)
        named = self._compliance.department_admins
        told = [admin for id_ in entry.departments for admin in named.get(str(id_), ())]
        return _others(told or entry.leaders, violation)

    async def owner(self, violation: ViolationRecord, chat: str) -> Owner:
        """The group's owner, unless that is the sender."""
        found = await self._owner_of(chat)
        is_sender = found.userid.lower() == violation.sender.lower()
        return Owner("", found.group) if is_sender else found

    async def _owner_of(self, chat: str) -> Owner:
        named = self._compliance.group_owners.get(chat, "")
        app = self._post.maker_of(chat)
        if named or not app:
            return Owner(named)
        try:
            group = await self._client.group(app, chat)
        except WeComRefused as refusal:
            if refusal.code in _NO_SUCH_GROUP or classify(refusal.code) in _NOT_TO_BE_ASKED:
                return Owner("")
            raise
        return Owner(group.owner, group.name)

    def _asking(self, violation: ViolationRecord) -> str:
        return violation.app if violation.app in self._apps else self._compliance.app


_NOT_TO_BE_ASKED = frozenset({Remedy.UNSUPPORTED, Remedy.GONE})


def _others(userids: Iterable[str], violation: ViolationRecord) -> tuple[str, ...]:
    sender = violation.sender.lower()
    return tuple(dict.fromkeys(userid for userid in userids if userid.lower() != sender))
