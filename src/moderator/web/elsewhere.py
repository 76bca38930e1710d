"""Sites that say who somebody is: the company's OpenID Connect provider, and WeCom."""

from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from moderator.domain.access import Grant, Role, folded
from moderator.errors import IdentityError, WeComError
from moderator.identity.flow import Flow
from moderator.identity.granting import roles_of
from moderator.identity.oidc import Provider
from moderator.ledger.access.accounts import Newcomer, Source
from moderator.settings import WeComLoginSettings
from moderator.web.entrance import LoginRefused, Reason
from moderator.wecom.login import LONGEST_CODE, Member, ScanLogin

_LONGEST_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whom a site named, and what it, or the settings for it, say that they may do."""

    newcomer: Newcomer
    told: Grant | None


class OtherSite(Protocol):
    """One such site; its methods raise `LoginRefused`."""

    @property
    def name(self) -> str: ...

    async def address(self, flow: Flow) -> str:
        """Where the browser has to go."""

    async def arrival(self, code: str, flow: Flow) -> Arrival:
        """The person whom the returned code identifies."""


class OidcSite:
    """The company's provider."""

    name: Final = "oidc"

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def address(self, flow: Flow) -> str:
        try:
            return await self._provider.address(flow)
        except IdentityError as error:
            raise _turned(self.name, error) from error

    async def arrival(self, code: str, flow: Flow) -> Arrival:
        try:
            found = await self._provider.identify(code, flow)
        except IdentityError as error:
            raise _turned(self.name, error) from error
        newcomer = Newcomer(
            name=_named(found.name, self.name),
            display=found.display[:_LONGEST_NAME],
            source=Source.OIDC,
            subject=found.subject,
        )
        return Arrival(newcomer, found.grant)


class WeComSite:
    """WeCom: whoever scans the code is who they are there."""

    name: Final = "wecom"

    def __init__(self, login: ScanLogin, settings: WeComLoginSettings) -> None:
        self._login = login
        self._settings = settings

    async def address(self, flow: Flow) -> str:
        return self._login.address(flow.state)

    async def arrival(self, code: str, flow: Flow) -> Arrival:
        del flow  # WeCom binds a code to nothing but the app
        member = await self._member(code)
        newcomer = Newcomer(
            name=_named(member.userid, self.name),
            display=member.name[:_LONGEST_NAME],
            source=Source.WECOM,
            subject=member.userid.lower(),
        )
        return Arrival(newcomer, self._told(member))

    async def _member(self, code: str) -> Member:
        if len(code.encode()) > LONGEST_CODE:
            raise LoginRefused(Reason.PROVIDER)
        try:
            member = await self._login.member(code)
        except WeComError as error:
            raise _turned(self.name, error) from error
        if member is None or not member.active:
            raise LoginRefused(Reason.NOT_EXPECTED)
        return member

    def _told(self, member: Member) -> Grant | None:
        if roles := roles_of(member.userid, self._settings.people):
            return Grant(roles=roles)
        if self._settings.leaders and member.leads:
            admin = frozenset({Role.DEPARTMENT_ADMIN})
            return Grant(roles=admin, departments=frozenset(member.leads))
        return None


def _named(name: str, source: str) -> str:
    """The name in the audit log: no user of a provider can pass for a local one."""
    return f"{folded(name)[:_LONGEST_NAME]} ({source})"


def _turned(site: str, error: Exception) -> LoginRefused:
    structlog.get_logger("moderator.web").warning("login failed", site=site, cause=str(error))
    return LoginRefused(Reason.PROVIDER)
