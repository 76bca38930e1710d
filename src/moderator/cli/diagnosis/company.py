"""WeCom itself: secrets, addresses, permissions, members, groups and robots.

Nothing is sent to anybody, and no secret is tried twice: WeCom bans an address that does.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Iterator
from typing import Final

from moderator.cli.diagnosis import pages
from moderator.cli.diagnosis.findings import Finding, fault, note, ok
from moderator.cli.diagnosis.refusals import WRONG_CORP, explained, unreachable
from moderator.errors import WeComError, WeComRefused, WeComUnreachable
from moderator.settings import Settings
from moderator.wecom.client import CONTACTS, WeComClient

_MOST_MEMBERS: Final = 100
# An unknown type of message: whatever WeCom says to it, it knows the key and shows nothing.
_UNKNOWN_TYPE: Final = {"msgtype": "moderator_doctor"}
_KEY_IS_KNOWN: Final = frozenset({40008, 40035, 40058, 44004})
_NOBODY_OF_THAT_NAME: Final = frozenset({40003, 60111})
_STATUS: Final = {2: "is disabled", 4: "never logged in", 5: "has left the company"}


class Company:
    """Examines the company's WeCom as the settings describe it."""

    def __init__(self, settings: Settings, client: WeComClient, *, disables: bool) -> None:
        """`disables`: whether the policy calls for disabling accounts."""
        self._wecom = settings.wecom
        self._compliance = settings.compliance
        self._robots = settings.robots.keys
        self._interception = settings.interception
        self._client = client
        self._disables = disables

    async def examine(self) -> AsyncIterator[Finding]:
        usable: list[str] = []
        for app in self._wecom.apps:
            finding, error = await self._app(app)
            yield finding
            if error is None:
                usable.append(app)
            elif _hopeless(error):
                yield note("wecom", "nothing else was asked of WeCom")
                return
        async for finding in self._parts(usable):
            yield finding

    async def _parts(self, usable: Collection[str]) -> AsyncIterator[Finding]:
        for app in usable:
            yield await self._departments(app)
            for chat in self._wecom.apps[app].groups:
                yield await self._group(f"wecom.apps.{app}.groups", app, chat)
        if self._compliance.app in usable:
            async for finding in self._of_compliance():
                yield finding
        else:
            yield note("compliance", "not examined: its app cannot be used")
        async for finding in self._contacts_secret():
            yield finding
        for finding in self._notice_groups():
            yield finding
        for chat, key in self._robots.items():
            yield await self._robot(chat, key.get_secret_value())
        if self._interception.app in usable:
            yield await self._intercepting(self._interception.app)

    async def _app(self, app: str) -> tuple[Finding, WeComError | None]:
        """Token, agent id and whether the app is switched on, by `agent/get` ([D:90227])."""
        about, agent_id = f"wecom.apps.{app}", self._wecom.apps[app].agent_id
        try:
            told = await self._client.call(app, "/cgi-bin/agent/get", {"agentid": str(agent_id)})
        except WeComError as error:
            return explained(about, error, agent_id=agent_id), error
        if told.get("close"):
            refusal = WeComRefused(50003, "close", "/cgi-bin/agent/get")
            return explained(about, refusal, agent_id=agent_id), refusal
        return ok(about, f"secret, agent_id and address are right ({told.get('name', app)})"), None

    async def _departments(self, app: str) -> Finding:
        about, agent_id = f"wecom.apps.{app}", self._wecom.apps[app].agent_id
        try:
            found = await self._client.departments(app)
        except WeComError as error:
            told = explained(about, error, agent_id=agent_id)
            return note(about, f"no names of departments: {told.what}", mend=told.mend)
        return ok(about, f"sees {len(found)} departments")

    async def _group(self, about: str, app: str, chat: str) -> Finding:
        try:
            group = await self._client.group(app, chat)
        except WeComError as error:
            return explained(f"{about} {chat}", error, agent_id=self._wecom.apps[app].agent_id)
        return ok(f"{about} {chat}", f"{group.name}: {len(group.members)} members")

    async def _of_compliance(self) -> AsyncIterator[Finding]:
        app, chat = self._compliance.app, self._compliance.chat
        if chat and chat not in self._robots:
            yield await self._group("compliance.chat", app, chat)
        named = list(dict.fromkeys(self._named()))
        for setting, userid in named[:_MOST_MEMBERS]:
            yield await self._member(setting, userid)
        if len(named) > _MOST_MEMBERS:
            yield note("compliance", f"only the first {_MOST_MEMBERS} members were asked for")

    def _notice_groups(self) -> Iterator[Finding]:
        ours = {chat for app in self._wecom.apps.values() for chat in app.groups}
        known = {self._compliance.chat, *ours, *self._robots}
        for chat in self._compliance.notice_groups:
            if chat not in known:
                what = "no app of the settings made the group, and no robot of it is in them"
                mend = "wecom.apps.….groups or robots.keys"
                yield fault(f"compliance.notice_groups {chat}", what, mend=mend)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Whoever is to be told of something, by the setting that says so."""
        compliance = self._compliance
        yield from (("compliance.users", one) for one in compliance.users)
        offices = compliance.confidentiality_users
        yield from (("compliance.confidentiality_users", one) for one in offices)
        yield from (("compliance.hr_users", one) for one in compliance.hr_users)
        yield from (("compliance.group_owners", one) for one in compliance.group_owners.values())
        for admins in compliance.department_admins.values():
            yield from (("compliance.department_admins", one) for one in admins)

    async def _member(self, setting: str, userid: str) -> Finding:
        about, app = f"{setting} {userid}", self._compliance.app
        agent_id = self._wecom.apps[app].agent_id
        try:
            person = await self._client.person(app, userid)
        except WeComError as error:
            return explained(about, error, agent_id=agent_id)
        if trouble := _STATUS.get(person.status):
            what = f"the member {trouble} and gets nothing"
            return fault(about, what, cause=f"status {person.status}", mend=pages.MEMBERS)
        return ok(about, f"{person.name} can be told by the app {app}")

    async def _contacts_secret(self) -> AsyncIterator[Finding]:
        about = "wecom.contacts_secret"
        if self._wecom.contacts_secret is None:
            yield self._without_contacts_secret(about)
            return
        # A change of nobody: refused for want of a right, or because there is no such member.
        nobody = {"userid": f"moderator-doctor-{secrets.token_hex(8)}"}
        try:
            await self._client.call(CONTACTS, "/cgi-bin/user/update", payload=nobody)
        except WeComRefused as refusal:
            if refusal.code not in _NOBODY_OF_THAT_NAME:
                part = {60020: "企业可信IP", 40001: "Secret"}.get(
                    refusal.code, "权限: API编辑通讯录"
                )
                yield explained(about, refusal, mend=f"{pages.CONTACTS} → {part}")
                return
        except WeComUnreachable as error:
            yield unreachable(about, error)
            return
        yield ok(about, "may change members")

    def _without_contacts_secret(self, about: str) -> Finding:
        what, mend = "missing: no account can be disabled or enabled", f"{pages.CONTACTS} → Secret"
        if self._disables:
            return fault(about, what, cause="but the policy calls for it", mend=mend)
        return note(about, what, mend=mend)

    async def _robot(self, chat: str, key: str) -> Finding:
        about = f"robots.keys {chat}"
        try:
            await self._client.send_to_robot(key, _UNKNOWN_TYPE)
        except WeComRefused as refusal:
            if refusal.code not in _KEY_IS_KNOWN:
                return explained(about, refusal)
        except WeComError as error:
            return explained(about, error)
        return ok(about, "WeCom knows the key")

    async def _intercepting(self, app: str) -> Finding:
        about, agent_id = "interception.app", self._wecom.apps[app].agent_id
        path = "/cgi-bin/externalcontact/get_intercept_rule_list"
        try:
            await self._client.call(app, path)
        except WeComError as error:
            return explained(about, error, agent_id=agent_id, mend=_where(error))
        return ok(about, "may keep 聊天敏感词 rules")


def _hopeless(error: WeComError) -> bool:
    """Whether every other call would end the same way, or make things worse."""
    wrong_corp = isinstance(error, WeComRefused) and error.code in {WRONG_CORP, 45009}
    return wrong_corp or isinstance(error, WeComUnreachable)


def _where(error: WeComError) -> str:
    refused = isinstance(error, WeComRefused) and error.code in {48002, 84074}
    return pages.CUSTOMERS if refused else ""
