"""The page with the code (企业微信 Web 登录), and a phone that scans it.

Whoever looks at it here has no phone: members stand in a list, and a click is a scan.  The page's
own parameters and answers are those of developer.work.weixin.qq.com/document/path/98152.
"""

from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from moderator.rehearsal.company import Company, Scan, new_id

PATH = "/wwlogin/sso/login"
_SCAN = "/rehearsal/scan"
_SHOWN = 30


def scan_routes(company: Company) -> list[Route]:
    """The page, and `/rehearsal/scan` with the page's query and `userid`: who scans it.

    `userid` `@outsider` is somebody else's customer, `@refuses` a member who does not agree.
    """

    async def page(request: Request) -> Response:
        fault = _fault(company, request)
        if fault:
            return HTMLResponse(_html(fault), 400)
        scanned = ((person.userid, person.name) for person in company.people()[:_SHOWN])
        links = [_link(request, userid, name) for userid, name in scanned]
        others = [_link(request, "@outsider", "外部人员"), _link(request, "@refuses", "拒绝")]
        return HTMLResponse(_html("扫码登录", *links, *others))

    async def scan(request: Request) -> Response:
        fault = _fault(company, request)
        if fault:
            return HTMLResponse(_html(fault), 400)
        return RedirectResponse(_answered(company, request), 302)

    return [Route(PATH, page), Route(_SCAN, scan)]


def _answered(company: Company, request: Request) -> str:
    query, userid = request.query_params, request.query_params["userid"]
    told = {"state": query.get("state", "")}
    if userid != "@refuses":
        person = company.person(userid)
        code = new_id(43)
        company.scans[code] = Scan(
            int(query["agentid"]), person.userid if person else "", company.clock()
        )
        told = {"code": code, **told}
    address = query["redirect_uri"]
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(told)}"


def _fault(company: Company, request: Request) -> str:
    """What WeCom would say instead of showing a code."""
    query = request.query_params
    apps = {str(app.agent_id): app for app in company.apps.values()}
    app = apps.get(query.get("agentid", ""))
    if query.get("login_type") != "CorpApp" or query.get("appid") != company.world.corp:
        return "login_type or appid"
    if app is None or not app.enabled:
        return "agentid"
    host = urlsplit(query.get("redirect_uri", "")).netloc
    return "" if host and app.login_domain in ("", host) else "redirect_uri"


def _link(request: Request, userid: str, name: str) -> str:
    query = urlencode({**request.query_params, "userid": userid})
    return f'<li><a href="{escape(f"{_SCAN}?{query}")}">{escape(name)}</a></li>'


def _html(title: str, *items: str) -> str:
    head = f"<!doctype html><html lang=zh><meta charset=utf-8><title>{escape(title)}</title>"
    return f"{head}<h1>{escape(title)}</h1><ul>{''.join(items)}</ul></html>"
