"""`/console/account`: one's own password, log-ins and tokens."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Right
from moderator.errors import NameTaken
from moderator.ledger.access.accounts import Source
from moderator.web.access import LOGIN, Access, Logins, Visitor
from moderator.web.console.browsers import browser_of
from moderator.web.console.login import LoginDesk, visit_of
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.entrance import LoginRefused
from moderator.web.questions import Id
from moderator.web.sessions import Words, grantable, owner_of

_PATH: Final = "/console/account"
_DAYS: Final = (7, 30, 90, 180, 366)


class AccountPage:
    """What `account.html` shows."""

    def __init__(self, pages: Pages, desk: LoginDesk, logins: Logins) -> None:
        self._pages = pages
        self._accounts = desk.entrance.accounts
        self._passwords = desk.passwords
        self._logins = logins

    async def show(
        self,
        request: Request,
        visitor: Visitor,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **content: Any,
    ) -> Response:
        account = await owner_of(self._accounts, visitor.actor)
        cookie = self._logins.cookies.session.of(request)
        told = {"made": None, "value": "", "refused": None, "taken": False, "done": ""}
        return self._pages.render(
            request,
            visitor,
            "account.html",
            status=status,
            account=account,
            local=account.source is Source.LOCAL and self._passwords,
            sessions=await self._logins.sessions.of(account.id, secret=cookie),
            tokens=await self._logins.tokens.list(account.id),
            grantable=sorted(visitor.actor.rights - {Right.ACCOUNT}),
            days=_DAYS,
            browser_of=browser_of,
            **told | content,
        )


def account_routes(desk: LoginDesk, pages: Pages, logins: Logins, access: Access) -> APIRouter:
    """The page and its forms."""
    router = page_router(pages)
    page = AccountPage(pages, desk, logins)

    @router.get("/account")
    async def account(
        request: Request,
        visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))],
        done: Annotated[Literal["", "password", "revoked"], Query()] = "",
    ) -> Response:
        return await page.show(request, visitor, done=done)

    _add_password(router, desk, page, access)
    _add_sessions(router, desk, logins, access)
    _add_tokens(router, desk, page, logins, access)
    return router


def _add_password(router: APIRouter, desk: LoginDesk, page: AccountPage, access: Access) -> None:
    @router.post("/account/password")
    async def change_password(
        request: Request,
        visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))],
        old: Annotated[str, Form()] = "",
        new: Annotated[str, Form()] = "",
    ) -> Response:
        before = await owner_of(desk.entrance.accounts, visitor.actor)
        visit = visit_of(request, "password")
        try:
            account = await desk.entrance.change_password(before.id, old, new, visit)
        except LoginRefused as refused:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await page.show(request, visitor, status=status, refused=refused)
        # All log-ins have ended; this one goes on under a new secret.
        return await desk.let_in(request, account, visit, f"{_PATH}?done=password")


def _add_sessions(router: APIRouter, desk: LoginDesk, logins: Logins, access: Access) -> None:
    @router.post("/account/logout")
    async def log_out_everywhere(
        visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))],
    ) -> Response:
        account = await owner_of(desk.entrance.accounts, visitor.actor)
        await logins.sessions.end_all(account, by=visitor.actor.name)
        answer = RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
        logins.cookies.session.take(answer)
        return answer


def _add_tokens(
    router: APIRouter, desk: LoginDesk, page: AccountPage, logins: Logins, access: Access
) -> None:
    @router.post("/account/tokens")
    async def make_token(
        request: Request,
        visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))],
        label: Annotated[Words, Form()],
        rights: Annotated[list[Right], Form(min_length=1, max_length=len(Right))],
        days: Annotated[int, Form(ge=1, le=366)],
    ) -> Response:
        account = await owner_of(desk.entrance.accounts, visitor.actor)
        scope = grantable(visitor.actor, tuple(rights))
        lasts = timedelta(days=days)
        try:
            made, value = await logins.tokens.create(account, label, scope, lasts=lasts)
        except (NameTaken, ValueError):
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await page.show(request, visitor, status=status, taken=True)
        # Not by way of an address that the browser would keep: it is shown this once.
        return await page.show(request, visitor, made=made, value=value)

    @router.post("/account/tokens/{token_id}/revoke")
    async def revoke_token(
        visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))],
        token_id: Annotated[Id, Path()],
    ) -> Response:
        account = await owner_of(desk.entrance.accounts, visitor.actor)
        await logins.tokens.revoke(token_id, by=visitor.actor.name, owner=account.id)
        return RedirectResponse(f"{_PATH}?done=revoked", HTTPStatus.SEE_OTHER)
