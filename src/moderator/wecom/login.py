"""Log-in with WeCom: a page with a code to scan, and who scanned it.

企业微信 Web 登录 of an app of the company's own: developer.work.weixin.qq.com/document/path/98152
(the page) and 98176 (`auth/getuserinfo`).  The page sends the browser back with `code` and `state`,
or with `state` alone where the person refused; a code has at most 512 bytes and is good once,
within five minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from moderator.settings import WeComLoginSettings, WeComSettings
from moderator.wecom.client import Person, WeComClient

LONGEST_CODE: Final = 512
_ACTIVE: Final = 1


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the company, as WeCom knows them now; `leads` are ids of departments."""

    userid: str
    name: str
    leads: tuple[int, ...]
    active: bool


class ScanLogin:
    """Sends people to the page and learns who scanned.

    `member` raises as `WeComClient` does.
    """

    def __init__(
        self,
        settings: WeComLoginSettings,
        wecom: WeComSettings,
        client: WeComClient,
        *,
        redirect_uri: str,
    ) -> None:
        self._settings = settings
        self._wecom = wecom
        self._client = client
        self._redirect_uri = redirect_uri

    def address(self, state: str) -> str:
        """Where the browser has to go."""
        query = {
            "login_type": "CorpApp",
            "appid": self._wecom.corp_id,
            "agentid": str(self._wecom.apps[self._settings.app].agent_id),
            "redirect_uri": self._redirect_uri,
            "state": state,
        }
        return f"{self._settings.address}?{urlencode(query)}"

    async def member(self, code: str) -> Member | None:
        """Who scanned; None for somebody outside of the company."""
        app = self._settings.app
        told = await self._client.call(app, "/cgi-bin/auth/getuserinfo", {"code": code})
        userid = _userid(told)
        return _member(await self._client.person(app, userid)) if userid else None


def _userid(told: Mapping[str, Any]) -> str:
    """Outsiders have an `openid` or an `external_userid` instead."""
    userid = told.get("userid")
    return userid if isinstance(userid, str) else ""


def _member(person: Person) -> Member:
    return Member(
        userid=person.userid,
        name=person.name or person.userid,
        leads=person.leads,
        active=person.status in {0, _ACTIVE},
    )
