"""`/console/login`, `/console/invitation`, `/console/logout`."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Right
from moderator.ledger.access.accounts import Account
from moderator.ledger.access.sessions import Visit
from moderator.web.access import LOGIN, Access, Visitor
from moderator.web.console.frame import inside
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.cookies import Cookies, csrf_of, is_csrf_of, new_secret
from moderator.web.elsewhere import OtherSite
from moderator.web.entrance import Chosen, Entrance, LoginRefused, Reason

_STATUS = {
    Reason.WRONG: HTTPStatus.UNAUTHORIZED,
    Reason.CODE: HTTPStatus.UNAUTHORIZED,
    Reason.WAIT: HTTPStatus.TOO_MANY_REQUESTS,
    Reason.NAME_TAKEN: HTTPStatus.CONFLICT,
    Reason.NOT_EXPECTED: HTTPStatus.FORBIDDEN,
    Reason.EXPIRED: HTTPStatus.FORBIDDEN,
    Reason.REFUSED: HTTPStatus.FORBIDDEN,
    Reason.PROVIDER: HTTPStatus.BAD_GATEWAY,
}


class LoginDesk:
    """What the log-in pages share."""

    def __init__(
        self,
        pages: Pages,
        entrance: Entrance,
        cookies: Cookies,
        *,
        others: tuple[OtherSite, ...],
        passwords: bool,
    ) -> None:
        self.entrance = entrance
        self.cookies = cookies
        self.others = {other.name: other for other in others}
        self.passwords = passwords
        self._pages = pages

    def show(
        self,
        request: Request,
        template: str,
        refused: LoginRefused | None = None,
        /,
        **content: Any,
    ) -> Response:
        """A page with a form that only this browser can send."""
        form = self.cookies.form.of(request) or new_secret()
        status = _status(refused)
        answer = self._pages.render(
            request,
            None,
            template,
            status=status,
            csrf=csrf_of(form),
            refused=refused,
            others=tuple(self.others),
            passwords=self.passwords,
            **content,
        )
        if refused and refused.wait:
            answer.headers["retry-after"] = str(_seconds(refused))
        self.cookies.form.give(answer, form)
        return answer

    def login_page(
        self, request: Request, back: str, refused: LoginRefused | None = None
    ) -> Response:
        return self.show(request, "login.html", refused, back=inside(back))

    def check_form(self, request: Request, csrf: str) -> None:
        """Raises `LoginRefused` for a form that is not from a page shown to this browser."""
        if not is_csrf_of(self.cookies.form.of(request), csrf):
            raise LoginRefused(Reason.EXPIRED)

    async def let_in(self, request: Request, account: Account, visit: Visit, back: str) -> Response:
        """Begin a session under a new secret; what the browser held before is good no more."""
        before = self.cookies.session.of(request)
        try:
            secret = await self.entrance.begin(account, visit, replaces=before)
        except LoginRefused as refused:
            return self.login_page(request, back, refused)
        answer = RedirectResponse(inside(back), HTTPStatus.SEE_OTHER)
        self.cookies.session.give(answer, secret)
        self.cookies.form.take(answer)
        return answer


def login_routes(desk: LoginDesk, pages: Pages, access: Access) -> APIRouter:
    """The pages; what they are made of is in `desk`."""
    router = page_router(pages)
    if desk.passwords:
        _add_password(router, desk)
        _add_invitation(router, desk)
    _add_logout(router, desk, access)

    @router.get("/login")
    async def login(request: Request) -> Response:
        return desk.login_page(request, request.query_params.get("next", ""))

    return router


def _add_password(router: APIRouter, desk: LoginDesk) -> None:
    @router.post("/login")
    async def log_in(
        request: Request,
        name: Annotated[str, Form(max_length=256)] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        back: Annotated[str, Form(alias="next")] = "",
    ) -> Response:
        visit = visit_of(request, "password")
        try:
            desk.check_form(request, csrf)
            account = await desk.entrance.by_password(name, password, visit)
        except LoginRefused as refused:
            return desk.login_page(request, back, refused)
        return await desk.let_in(request, account, visit, back)


def _add_invitation(router: APIRouter, desk: LoginDesk) -> None:
    @router.get("/invitation")
    async def invited(request: Request) -> Response:
        return desk.show(
            request, "invitation.html", chosen=Chosen(name="", display="", password="")
        )

    @router.post("/invitation")
    async def accept(
        request: Request,
        code: Annotated[str, Form()] = "",
        name: Annotated[str, Form(max_length=256)] = "",
        display: Annotated[str, Form(max_length=256)] = "",
        password: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
    ) -> Response:
        visit = visit_of(request, "invitation")
        chosen = Chosen(name=name, display=display, password=password)
        try:
            desk.check_form(request, csrf)
            account = await desk.entrance.by_invitation(code, chosen, visit)
        except LoginRefused as refused:
            return desk.show(request, "invitation.html", refused, chosen=chosen)
        return await desk.let_in(request, account, visit, "")


def _add_logout(router: APIRouter, desk: LoginDesk, access: Access) -> None:
    @router.post("/logout")
    async def log_out(
        request: Request, visitor: Annotated[Visitor, Depends(access.visits(Right.ACCOUNT))]
    ) -> Response:
        if visitor.actor.account is not None:
            account = await desk.entrance.accounts.one(visitor.actor.account)
            await desk.entrance.sessions.end(desk.cookies.session.of(request), account)
        answer = RedirectResponse(LOGIN, HTTPStatus.SEE_OTHER)
        desk.cookies.session.take(answer)
        return answer


def visit_of(request: Request, method: str) -> Visit:
    """Where somebody is, as the connection or a trusted proxy says."""
    return Visit(
        method=method,
        address=request.client.host if request.client else "",
        browser=request.headers.get("user-agent", ""),
    )


def _status(refused: LoginRefused | None) -> HTTPStatus:
    if refused is None:
        return HTTPStatus.OK
    return _STATUS.get(refused.reason, HTTPStatus.UNPROCESSABLE_ENTITY)


def _seconds(refused: LoginRefused) -> int:
    return max(1, round(refused.wait.total_seconds()))
