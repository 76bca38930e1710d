"""`/console/access`: who may come in and what they may do; for admins."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import RIGHTS, Grant, Right, Role
from moderator.ledger.access.accounts import Accounts, Source
from moderator.ledger.access.invitations import Invitation, Invitations
from moderator.ledger.directory.departments import Departments
from moderator.web.access import Access, Logins, Visitor
from moderator.web.accounts import refuse_oneself
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.questions import Id

_PATH: Final = "/console/access"
_LONGEST: Final = 400
_MOST_DEPARTMENTS: Final = 100
_LARGEST: Final = 2**31 - 1

_Visiting = Literal["", "changed", "disabled", "enabled", "logged_out", "revoked"]
_Roles = Annotated[list[Role], Form(max_length=len(Role), default_factory=list)]
_Bound = Annotated[str, Form(max_length=_LONGEST)]


class UsersPage:
    """What `access.html` and `user.html` show."""

    def __init__(
        self,
        pages: Pages,
        accounts: Accounts,
        invitations: Invitations,
        logins: Logins,
        departments: Departments,
    ) -> None:
        self._pages = pages
        self._accounts = accounts
        self._invitations = invitations
        self._logins = logins
        self._departments = departments

    async def all(
        self,
        request: Request,
        visitor: Visitor,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **content: Any,
    ) -> Response:
        told = {"made": None, "code": "", "fault": False, **content}
        return self._pages.render(
            request,
            visitor,
            "access.html",
            status=status,
            users=await self._accounts.list(),
            invitations=await self._invitations.list(),
            departments=await self._departments.tree(),
            roles=RIGHTS,
            **told,
        )

    async def one(
        self,
        request: Request,
        visitor: Visitor,
        user_id: int,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **content: Any,
    ) -> Response:
        account = await self._accounts.one(user_id)
        told = {"made": None, "code": "", "fault": False, "done": "", **content}
        return self._pages.render(
            request,
            visitor,
            "user.html",
            status=status,
            account=account,
            own=visitor.actor.account == user_id,
            local=account.source is Source.LOCAL,
            tokens=await self._logins.tokens.list(user_id),
            sessions=await self._logins.sessions.of(user_id),
            departments=await self._departments.tree(),
            roles=RIGHTS,
            **told,
        )


def user_routes(
    pages: Pages,
    accounts: Accounts,
    invitations: Invitations,
    logins: Logins,
    access: Access,
    departments: Departments,
) -> APIRouter:
    """The pages and their forms."""
    router = page_router(pages)
    page = UsersPage(pages, accounts, invitations, logins, departments)
    _add_looking(router, page, access)
    _add_inviting(router, page, accounts, invitations, access)
    _add_changing(router, page, accounts, access)
    _add_ending(router, accounts, logins, access)
    return router


def _add_looking(router: APIRouter, page: UsersPage, access: Access) -> None:
    administers = access.visits(Right.ADMINISTER)

    @router.get("/access")
    async def users(
        request: Request, visitor: Annotated[Visitor, Depends(administers)]
    ) -> Response:
        return await page.all(request, visitor)

    @router.get("/access/{user_id}")
    async def user(
        request: Request,
        visitor: Annotated[Visitor, Depends(administers)],
        user_id: Annotated[Id, Path()],
        done: Annotated[_Visiting, Query()] = "",
    ) -> Response:
        return await page.one(request, visitor, user_id, done=done)


def _add_inviting(
    router: APIRouter,
    page: UsersPage,
    accounts: Accounts,
    invitations: Invitations,
    access: Access,
) -> None:
    administers = access.visits(Right.ADMINISTER)

    @router.post("/access/invitations")
    async def invite(
        request: Request,
        visitor: Annotated[Visitor, Depends(administers)],
        roles: _Roles,
        departments: _Bound = "",
        note: Annotated[str, Form(max_length=200, pattern=r"^[^\x00]*$")] = "",
    ) -> Response:
        grant = grant_of(roles, departments)
        if grant is None:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await page.all(request, visitor, status=status, fault=True)
        made, code = await invitations.invite(
            grant, note=note, by=visitor.actor.name, lasts=timedelta(hours=72)
        )
        return await page.all(request, visitor, made=made, code=code)

    @router.post("/access/invitations/{invitation_id}/revoke")
    async def revoke(
        visitor: Annotated[Visitor, Depends(administers)],
        invitation_id: Annotated[Id, Path()],
    ) -> Response:
        await invitations.revoke(invitation_id, by=visitor.actor.name)
        return RedirectResponse(_PATH, HTTPStatus.SEE_OTHER)

    @router.post("/access/{user_id}/invitation")
    async def renew_password(
        request: Request,
        visitor: Annotated[Visitor, Depends(administers)],
        user_id: Annotated[Id, Path()],
    ) -> Response:
        account = await accounts.one(user_id)
        made: Invitation | None = None
        code = ""
        if account.source is Source.LOCAL:
            by, lasts = visitor.actor.name, timedelta(hours=24)
            made, code = await invitations.renew(account, by=by, lasts=lasts)
        return await page.one(request, visitor, user_id, made=made, code=code)


def _add_changing(router: APIRouter, page: UsersPage, accounts: Accounts, access: Access) -> None:
    administers = access.visits(Right.ADMINISTER)

    @router.post("/access/{user_id}/grant")
    async def change(
        request: Request,
        visitor: Annotated[Visitor, Depends(administers)],
        user_id: Annotated[Id, Path()],
        roles: _Roles,
        departments: _Bound = "",
    ) -> Response:
        refuse_oneself(user_id, visitor.actor)
        grant = grant_of(roles, departments)
        if grant is None:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return await page.one(request, visitor, user_id, status=status, fault=True)
        await accounts.change(user_id, grant, by=visitor.actor.name)
        return _back(user_id, "changed")

    @router.post("/access/{user_id}/disable")
    async def disable(
        visitor: Annotated[Visitor, Depends(administers)], user_id: Annotated[Id, Path()]
    ) -> Response:
        refuse_oneself(user_id, visitor.actor)
        await accounts.enable(user_id, enabled=False, by=visitor.actor.name)
        return _back(user_id, "disabled")

    @router.post("/access/{user_id}/enable")
    async def enable(
        visitor: Annotated[Visitor, Depends(administers)], user_id: Annotated[Id, Path()]
    ) -> Response:
        await accounts.enable(user_id, enabled=True, by=visitor.actor.name)
        return _back(user_id, "enabled")


def _add_ending(router: APIRouter, accounts: Accounts, logins: Logins, access: Access) -> None:
    administers = access.visits(Right.ADMINISTER)

    @router.post("/access/{user_id}/logout")
    async def log_out(
        visitor: Annotated[Visitor, Depends(administers)], user_id: Annotated[Id, Path()]
    ) -> Response:
        account = await accounts.one(user_id)
        await logins.sessions.end_all(account, by=visitor.actor.name)
        return _back(user_id, "logged_out")

    @router.post("/access/{user_id}/tokens/{token_id}/revoke")
    async def revoke_token(
        visitor: Annotated[Visitor, Depends(administers)],
        user_id: Annotated[Id, Path()],
        token_id: Annotated[Id, Path()],
    ) -> Response:
        await logins.tokens.revoke(token_id, by=visitor.actor.name, owner=user_id)
        return _back(user_id, "revoked")


def grant_of(roles: Sequence[Role], departments: str) -> Grant | None:
    """What a form asks for; departments as ids between commas or blanks.  None if it cannot be."""
    words = departments.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if len(words) > _MOST_DEPARTMENTS or not all(map(_is_department, words)):
        return None
    grant = Grant(roles=frozenset(roles), departments=frozenset(map(int, words)) if words else None)
    return None if grant.fault else grant


def _is_department(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 10 and 0 < int(word) <= _LARGEST


def _back(user_id: int, done: str) -> Response:
    return RedirectResponse(f"{_PATH}/{user_id}?done={done}", HTTPStatus.SEE_OTHER)
