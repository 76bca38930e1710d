"""`/console/login/{site}` and back: log-ins by way of another site."""

import base64
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.identity.flow import Flow
from moderator.web.console.login import LoginDesk, visit_of
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.elsewhere import OtherSite
from moderator.web.entrance import LoginRefused, Reason

_LONGEST_ADDRESS: Final = 1024  # a browser drops a cookie that is much longer


def elsewhere_login_routes(desk: LoginDesk, pages: Pages) -> APIRouter:
    """The routes to each of the desk's other sites, and back from it."""
    router = page_router(pages)
    for site in desk.others.values():
        _add_way_out(router, desk, site)
        _add_way_back(router, desk, site)
    return router


def _add_way_out(router: APIRouter, desk: LoginDesk, site: OtherSite) -> None:
    @router.get(f"/login/{site.name}", name=f"login by {site.name}")
    async def leave(request: Request) -> Response:
        back, flow = request.query_params.get("next", ""), Flow.begin()
        try:
            address = await site.address(flow)
        except LoginRefused as refused:
            return desk.login_page(request, back, refused)
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        desk.cookies.flow.give(answer, _packed(site, flow, back))
        return answer


def _add_way_back(router: APIRouter, desk: LoginDesk, site: OtherSite) -> None:
    @router.get(f"/login/{site.name}/return", name=f"back from {site.name}")
    async def come_back(request: Request) -> Response:
        flow, back = _unpacked(site, desk.cookies.flow.of(request))
        visit = visit_of(request, site.name)
        try:
            code = _answered(request, flow)
            await desk.entrance.admit_answer(visit)
            arrival = await site.arrival(code, flow)
            account = await desk.entrance.by_other_site(arrival.newcomer, arrival.told, visit)
        except LoginRefused as refused:
            answer = desk.login_page(request, back, refused)
        else:
            answer = await desk.let_in(request, account, visit, back)
        desk.cookies.flow.take(answer)
        return answer


def _answered(request: Request, flow: Flow) -> str:
    """The code that came back to the browser that left.  Raises `LoginRefused`."""
    query = request.query_params
    if not flow.secret or not flow.is_answered_by(query.get("state", "")):
        raise LoginRefused(Reason.EXPIRED)
    if not query.get("code"):
        raise LoginRefused(Reason.REFUSED)
    return query["code"]


def _packed(site: OtherSite, flow: Flow, back: str) -> str:
    """For one site alone: what came from another is no answer to it (RFC 9700 §4.4)."""
    back = back if len(back) <= _LONGEST_ADDRESS else ""
    return f"{site.name}.{flow.secret}.{base64.urlsafe_b64encode(back.encode()).decode()}"


def _unpacked(site: OtherSite, packed: str) -> tuple[Flow, str]:
    parts = packed.split(".")
    if len(parts) != 3 or parts[0] != site.name:
        return Flow(""), ""
    try:
        return Flow(parts[1]), base64.urlsafe_b64decode(parts[2]).decode()
    except ValueError:
        return Flow(parts[1]), ""
