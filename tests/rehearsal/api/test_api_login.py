"""The page with the code and `auth/getuserinfo`, as WeCom's documentation has them."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from moderator.rehearsal.invention import MODERATION_APP
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.rehearsal.world import World

BACK = "https://desk.company.test/console/login/wecom/return"


class Phone:
    """A browser that shows the code, and a phone that scans it."""

    def __init__(self, stand_in: StandIn, http: httpx.AsyncClient) -> None:
        self.stand_in = stand_in
        self.http = http
        self.app = stand_in.company.apps[MODERATION_APP]

    def query(self, **changes: str) -> str:
        usual = {
            "login_type": "CorpApp",
            "appid": self.stand_in.company.world.corp,
            "agentid": str(self.app.agent_id),
            "redirect_uri": BACK,
            "state": "state-1",
        }
        return urlencode(usual | changes)

    async def scan(self, userid: str) -> dict[str, list[str]]:
        answer = await self.http.get(f"/rehearsal/scan?{self.query(userid=userid)}")
        assert answer.headers["location"].startswith(f"{BACK}?")
        return parse_qs(urlsplit(answer.headers["location"]).query)

    async def who(self, code: str) -> dict[str, object]:
        secret = {"corpid": self.stand_in.company.world.corp, "corpsecret": self.app.secret}
        token = (await self.http.get("/cgi-bin/gettoken", params=secret)).json()["access_token"]
        query = {"access_token": token, "code": code}
        answer = await self.http.get("/cgi-bin/auth/getuserinfo", params=query)
        return dict(answer.json())


class Clock:
    now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def phone(invented: World) -> AsyncIterator[Phone]:
    stand_in = create_stand_in(invented, clock=Clock())
    transport = httpx.ASGITransport(stand_in)
    async with httpx.AsyncClient(transport=transport, base_url="http://wecom.test") as http:
        yield Phone(stand_in, http)


async def test_a_member_scans(phone: Phone) -> None:
    """The browser is sent back with a code and the state; the code says who it was, once."""
    person = phone.stand_in.company.people()[0]

    back = await phone.scan(person.userid)
    told = await phone.who(back["code"][0])

    assert back["state"] == ["state-1"]
    assert (told["errcode"], told["userid"]) == (0, person.userid)
    assert (await phone.who(back["code"][0]))["errcode"] == 40029


async def test_an_outsider_scans(phone: Phone) -> None:
    """They have an openid, and no userid."""
    told = await phone.who((await phone.scan("@outsider"))["code"][0])

    assert "userid" not in told
    assert told["openid"]


async def test_a_member_refuses(phone: Phone) -> None:
    """The browser comes back with the state alone."""
    assert await phone.scan("@refuses") == {"state": ["state-1"]}


async def test_a_code_is_good_for_five_minutes(phone: Phone) -> None:
    """And never longer than the documentation says."""
    back = await phone.scan(phone.stand_in.company.people()[0].userid)
    clock = phone.stand_in.company.clock
    assert isinstance(clock, Clock)
    clock.now += 301

    assert (await phone.who(back["code"][0]))["errcode"] == 40029


@pytest.mark.parametrize(
    "changes",
    [
        {"login_type": "ServiceApp"},
        {"appid": "ww0"},
        {"agentid": "1"},
        {"redirect_uri": "https://elsewhere.test/"},
        {"redirect_uri": "nowhere"},
    ],
)
async def test_a_wrong_address_shows_no_code(phone: Phone, changes: dict[str, str]) -> None:
    """Another kind of app, company or app, or an address outside 授权回调域."""
    phone.stand_in.company.change_app(MODERATION_APP, login_domain="desk.company.test")
    shown = await phone.http.get(f"/wwlogin/sso/login?{phone.query()}")

    refused = await phone.http.get(f"/wwlogin/sso/login?{phone.query(**changes)}")

    assert "扫码登录" in shown.text
    assert refused.status_code == 400
