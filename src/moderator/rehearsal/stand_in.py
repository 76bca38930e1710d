"""The stand-in WeCom as one ASGI app.

Every call passes the same gate that WeCom has: banned address, token, trusted IP, frequency, form
of the body; then its endpoint answers, and the journal keeps what became of it.  Errors are
HTTP 200 with an `errcode`, as WeCom's are.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.api import (
    addresses,
    agents,
    cards,
    contacts,
    groups,
    interception,
    login,
    media,
    messages,
    robots,
)
from moderator.rehearsal.api.tokens import TokenDesk
from moderator.rehearsal.company import Caller, Clock, Company
from moderator.rehearsal.control import control_routes
from moderator.rehearsal.failures import Failure, Failures, Fault, spoil
from moderator.rehearsal.journal import Journal
from moderator.rehearsal.scanning import scan_routes
from moderator.rehearsal.world import World

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")
_LARGEST_BODY = 8 * 1024 * 1024

Work = Callable[[Company, Caller, Asked], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Endpoint:
    """How one endpoint is reached.

    `plain`: JSON escapes such as backslash-u are refused (40033); `metered`: counts towards the
    base frequency, which message/send does not (`wecom.md` §6.1).
    """

    path: str
    method: str
    work: Work
    plain: bool = False
    metered: bool = True


_CUSTOMERS = "externalcontact"

_ENDPOINTS = (
    _Endpoint(path="message/send", method="POST", work=messages.send, plain=True, metered=False),
    _Endpoint(path="message/recall", method="POST", work=messages.recall),
    _Endpoint(path="message/update_template_card", method="POST", work=cards.update, plain=True),
    _Endpoint(path="appchat/create", method="POST", work=groups.create, plain=True),
    _Endpoint(path="appchat/update", method="POST", work=groups.update, plain=True),
    _Endpoint(path="appchat/get", method="GET", work=groups.get),
    _Endpoint(path="appchat/send", method="POST", work=groups.send, plain=True),
    _Endpoint(path="agent/get", method="GET", work=agents.get),
    _Endpoint(path="user/get", method="GET", work=contacts.get_user),
    _Endpoint(path="user/update", method="POST", work=contacts.update_user),
    _Endpoint(path="user/list_id", method="POST", work=contacts.list_ids),
    _Endpoint(path="department/list", method="GET", work=contacts.list_departments),
    _Endpoint(path="department/simplelist", method="GET", work=contacts.list_department_ids),
    _Endpoint(path=f"{_CUSTOMERS}/add_intercept_rule", method="POST", work=interception.add),
    _Endpoint(path=f"{_CUSTOMERS}/update_intercept_rule", method="POST", work=interception.update),
    _Endpoint(
        path=f"{_CUSTOMERS}/get_intercept_rule_list", method="GET", work=interception.list_rules
    ),
    _Endpoint(path=f"{_CUSTOMERS}/get_intercept_rule", method="POST", work=interception.get),
    _Endpoint(path=f"{_CUSTOMERS}/del_intercept_rule", method="POST", work=interception.delete),
    _Endpoint(path="auth/getuserinfo", method="GET", work=login.get_user_info),
    _Endpoint(path="media/get", method="GET", work=media.get),
    _Endpoint(path="getcallbackip", method="GET", work=addresses.callback_addresses),
    _Endpoint(path="get_api_domain_ip", method="GET", work=addresses.api_addresses),
)


class StandIn:
    """An ASGI app that plays WeCom for one company.

    `company` is its live state, `journal` what it received, `failures` what it should do wrong,
    `tokens` lets a test expire or revoke what it gave out.
    """

    def __init__(self, world: World, *, clock: Clock = time.time) -> None:
        self.company = Company(world, clock)
        self.tokens = TokenDesk(self.company)
        self.journal = Journal()
        self.failures = Failures()
        self._app = Starlette(
            routes=[
                Route("/cgi-bin/gettoken", self._gettoken),
                Route("/cgi-bin/webhook/send", self._webhook, methods=["POST"]),
                *(self._route(endpoint) for endpoint in _ENDPOINTS),
                *scan_routes(self.company),
                *control_routes(self.company, self.tokens, self.journal, self.failures),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def fail(
        self,
        path: str,
        fault: Fault | str = Fault.ERRCODE,
        *,
        times: int = 1,
        errcode: int = -1,
        seconds: float = 0.0,
        status: int = 502,
    ) -> None:
        """Let the next `times` calls whose path ends in `path` fail."""
        self.failures.add(
            Failure(
                path=path,
                fault=Fault(fault),
                times=times,
                errcode=errcode,
                seconds=seconds,
                status=status,
            )
        )

    def _route(self, endpoint: _Endpoint) -> Route:
        async def answer(request: Request) -> Response:
            asked, raw = await _read(request)
            return await self._carry_out(
                request, asked, lambda: self._pass(endpoint, request, asked, raw)
            )

        return Route(f"/cgi-bin/{endpoint.path}", answer, methods=[endpoint.method])

    async def _gettoken(self, request: Request) -> Response:
        asked, _ = await _read(request)

        def issue() -> tuple[str, Answer]:
            self.tokens.refuse_banned(asked.address)
            return self.tokens.gettoken(asked)

        return await self._carry_out(request, asked, issue)

    async def _webhook(self, request: Request) -> Response:
        asked, raw = await _read(request)

        def write() -> tuple[str, Answer]:
            _refuse_unreadable(raw, asked)
            return "", robots.send(self.company, asked)

        return await self._carry_out(request, asked, write)

    def _pass(
        self, endpoint: _Endpoint, request: Request, asked: Asked, raw: bytes
    ) -> tuple[str, Answer]:
        self.tokens.refuse_banned(asked.address)
        caller = self.tokens.caller(request.query_params.get("access_token"))
        try:
            self._admit(endpoint, caller, asked.address)
            if endpoint.method == "POST":
                _refuse_unreadable(raw, asked, plain=endpoint.plain)
            return caller.name, endpoint.work(self.company, caller, asked)
        except Refused as refused:
            return caller.name, refused.answer()

    def _admit(self, endpoint: _Endpoint, caller: Caller, address: str) -> None:
        if not self.company.ip_trusted(caller):
            raise Refused(60020, f"[0], from ip: {address}")
        calls = self.company.allowances.api
        if endpoint.metered and not calls.spend(endpoint.path, self.company.clock()):
            raise Refused(45009)

    async def _carry_out(
        self, request: Request, asked: Asked, work: Callable[[], tuple[str, Answer]]
    ) -> Response:
        failure = self.failures.take(request.url.path)
        try:
            _refuse_on_demand(failure)
            caller, answer = work()
        except Refused as refused:
            caller, answer = "", refused.answer()
        self._write_down(request, asked, caller, answer, failure)
        response = _response(answer)
        return response if failure is None else await spoil(failure, response)

    def _write_down(
        self,
        request: Request,
        asked: Asked,
        caller: str,
        answer: Answer,
        failure: Failure | None,
    ) -> None:
        self.journal.write(
            at=self.company.clock(),
            method=request.method,
            path=request.url.path,
            app=caller,
            payload=_without_secrets(asked),
            errcode=int(answer.body.get("errcode", 0)),
            answer=_without_token(answer.body),
            reached=answer.reached,
            dropped=dict(answer.dropped),
            notes=answer.notes,
            fault=failure.fault.value if failure else "",
        )


def _refuse_on_demand(failure: Failure | None) -> None:
    if failure is not None and failure.before_work:
        raise Refused(failure.errcode)


def create_stand_in(world: World, *, clock: Clock = time.time) -> StandIn:
    """The stand-in for `world`; serve it with `serving`."""
    return StandIn(world, clock=clock)


async def _read(request: Request) -> tuple[Asked, bytes]:
    raw = await request.body()
    query = {name: value for name, value in request.query_params.items() if name != "access_token"}
    address = request.client.host if request.client else ""
    return Asked(query=query, body=_json_object(raw), address=address), raw


def _json_object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:  # bad JSON or bad UTF-8; refused later, after the token was looked at
        return {}
    return body if isinstance(body, dict) else {}


def _refuse_unreadable(raw: bytes, asked: Asked, *, plain: bool = True) -> None:
    if len(raw) > _LARGEST_BODY:
        raise Refused(45002)
    if not asked.body:
        raise Refused(44004 if not raw else 40035, "a JSON object in UTF-8 is needed")
    if plain and _ESCAPED.search(raw):
        raise Refused(40033)


def _response(answer: Answer) -> Response:
    if answer.file is not None:
        disposition = f"attachment; filename*=UTF-8''{quote(answer.file.name)}"
        return Response(
            answer.file.content,
            media_type=answer.file.kind,
            headers={"content-disposition": disposition},
        )
    return JSONResponse({"errcode": 0, "errmsg": "ok", **answer.body})


def _without_secrets(asked: Asked) -> dict[str, Any]:
    hidden = {name: "…" for name in ("corpsecret", "key") if name in asked.query}
    return {**asked.query, **hidden, **asked.body}


def _without_token(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "access_token"}
