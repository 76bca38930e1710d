"""Everything by which people come in, built and joined: log-ins, users, tokens, the audit log."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from fastapi import APIRouter
from starlette.routing import BaseRoute

from moderator.identity.passwords import Passwords
from moderator.ledger.access.accounts import Accounts
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.access.attempts import Attempts
from moderator.ledger.access.invitations import Invitations
from moderator.ledger.access.sessions import Sessions
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.departments import Departments
from moderator.settings import ConsoleSettings, Settings
from moderator.web.access import Access, Logins
from moderator.web.accounts import accounts_router
from moderator.web.audit import audit_router
from moderator.web.console.account import account_routes
from moderator.web.console.login import LoginDesk, login_routes
from moderator.web.console.login_elsewhere import elsewhere_login_routes
from moderator.web.console.pages import Pages
from moderator.web.console.users import user_routes
from moderator.web.cookies import Cookies
from moderator.web.elsewhere import OtherSite
from moderator.web.entrance import Entrance
from moderator.web.sessions import sessions_router

_RETURN: Final = "/console/login/{site}/return"


class Admission:
    """The parts; `access` is what every other route asks."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        others: tuple[OtherSite, ...] = (),
        *,
        clock: Callable[[], datetime],
        passwords: Passwords | None = None,
    ) -> None:
        console = settings.console
        self._console = console
        self._others = others
        self._departments = Departments(engine, corp=settings.wecom.corp_id)
        self.audit = Audit(engine)
        self.accounts = Accounts(engine, clock=clock)
        self.invitations = Invitations(engine, clock=clock)
        self.logins = Logins(
            Sessions(engine, idle=console.idle, lifetime=console.lifetime, clock=clock),
            ApiTokens(engine, clock=clock),
            Cookies.over(tls=not console.plain_http),
        )
        self.access = Access(settings.api, self.logins if console.enabled else None)
        self.entrance = Entrance(
            self.accounts,
            self.invitations,
            Attempts(engine, clock=clock),
            self.logins.sessions,
            self.audit,
            passwords=passwords or Passwords(),
            reserved=settings.api.tokens,
            clock=clock,
        )

    def routers(self) -> Iterable[APIRouter]:
        """The routes of the API."""
        yield audit_router(self.audit, self.access)
        if self._console.enabled:
            yield sessions_router(self.accounts, self.logins, self.access)
            yield accounts_router(self.accounts, self.invitations, self.logins, self.access)

    def pages(self, pages: Pages) -> Iterable[BaseRoute]:
        """The routes of the console, in the order in which addresses are looked up."""
        desk = LoginDesk(
            pages,
            self.entrance,
            self.logins.cookies,
            others=self._others,
            passwords=self._console.passwords,
        )
        yield from login_routes(desk, pages, self.access).routes
        yield from elsewhere_login_routes(desk, pages).routes
        yield from account_routes(desk, pages, self.logins, self.access).routes
        yield from user_routes(
            pages, self.accounts, self.invitations, self.logins, self.access, self._departments
        ).routes


def return_address(console: ConsoleSettings, site: str) -> str:
    """Where another site sends people back to; never what a request says of its host."""
    return f"{str(console.address).rstrip('/')}{_RETURN.format(site=site)}"
