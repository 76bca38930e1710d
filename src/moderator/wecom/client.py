"""The WeCom API as the service uses it: one method for each thing it does (`wecom.md` §6, §8)."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from moderator.errors import WeComRefused, WeComUnreachable
from moderator.settings import AppSettings, WeComSettings
from moderator.wecom.errors import Remedy, classify
from moderator.wecom.tokens import Token, TokenCache
from moderator.wecom.wire import OnCall, Wire

# How long WeCom recognises a repetition: the longest that it offers (`wecom.md` §6.1).  Half an
# hour, its default, is shorter than the waits between our tries.
REPETITION_RECOGNISED: Final = timedelta(hours=4)

_GETTOKEN = "/cgi-bin/gettoken"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What WeCom said to a message: accepted, which is not received (`wecom.md` §6.1).

    `invalid_users` were left out though the call succeeded: outside the visible range, without a
    licence or gone.  `response_code` updates a card once; empty for anything but cards.
    """

    msgid: str
    invalid_users: tuple[str, ...] = ()
    response_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group that the app made; `members` are userids."""

    chat: str
    name: str
    owner: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member as the app may see them; `departments` are ids."""

    userid: str
    name: str
    departments: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department; `parent` is 0 for the root."""

    id: int
    name: str
    parent: int


class WeComClient:
    """Calls the API for the apps of the settings, by their names there.

    Every method raises `WeComRefused` with WeCom's errcode, `WeComUnreachable` when no answer came
    (the call may have been carried out), and `KeyError` for an app that is not in the settings.
    A stale token is refreshed and the call repeated once; nothing else is repeated here.
    """

    def __init__(
        self,
        settings: WeComSettings,
        http: httpx.AsyncClient,
        *,
        on_call: OnCall | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._corp = settings.corp_id
        self._apps = settings.apps
        self._wire = Wire(
            http, address=str(settings.api_url), timeout=settings.timeout, on_call=on_call
        )
        # Tokens belong to secrets, not to names: two names of one app share one token.
        secrets = {_secret(app) for app in settings.apps.values()}
        self._tokens = {secret: self._cache(secret, clock) for secret in secrets}

    async def send_message(self, app: str, payload: Mapping[str, Any]) -> SentMessage:
        """Send to members; the same content to the same person within four hours arrives once."""
        message = {
            **payload,
            "agentid": self._apps[app].agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(REPETITION_RECOGNISED.total_seconds()),
        }
        answer = await self._call(app, "/cgi-bin/message/send", payload=message)
        return SentMessage(
            msgid=str(answer.get("msgid", "")),
            invalid_users=_names(answer, "invaliduser") + _names(answer, "unlicenseduser"),
            response_code=str(answer.get("response_code", "")),
        )

    async def recall(self, app: str, msgid: str) -> None:
        """Take back what this app sent with `send_message`, within 24 hours."""
        await self._call(app, "/cgi-bin/message/recall", payload={"msgid": msgid})

    async def group(self, app: str, chat: str) -> Group:
        """Look at a group that this app made."""
        answer = await self._call(app, "/cgi-bin/appchat/get", {"chatid": chat})
        info = answer.get("chat_info", {})
        return Group(
            chat=info.get("chatid", chat),
            name=info.get("name", ""),
            owner=info.get("owner", ""),
            members=tuple(info.get("userlist", ())),
        )

    async def remove_from_group(self, app: str, chat: str, users: Sequence[str]) -> None:
        """Remove members from a group that this app made; nobody can from any other."""
        change = {"chatid": chat, "del_user_list": list(users)}
        await self._call(app, "/cgi-bin/appchat/update", payload=change)

    async def send_to_group(self, app: str, chat: str, payload: Mapping[str, Any]) -> None:
        """Send to a group that this app made; this cannot be recalled."""
        await self._call(app, "/cgi-bin/appchat/send", payload={**payload, "chatid": chat})

    async def person(self, app: str, userid: str) -> Person:
        """Look up a member within the app's visible range."""
        answer = await self._call(app, "/cgi-bin/user/get", {"userid": userid})
        return Person(
            userid=answer.get("userid", userid),
            name=answer.get("name", ""),
            departments=tuple(answer.get("department", ())),
        )

    async def departments(self, app: str) -> Mapping[int, Department]:
        """Return the departments that the app may see, by id."""
        answer = await self._call(app, "/cgi-bin/department/list")
        found = (
            Department(id=item["id"], name=item.get("name", ""), parent=item.get("parentid", 0))
            for item in answer.get("department", ())
            if "id" in item
        )
        return {department.id: department for department in found}

    async def _call(
        self,
        app: str,
        path: str,
        query: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        tokens = self._tokens[_secret(self._apps[app])]
        token = await tokens.token()
        try:
            return await self._wire.call(path, {**(query or {}), "access_token": token}, payload)
        except WeComRefused as refusal:
            if classify(refusal.code) is not Remedy.REFRESH_TOKEN:
                raise
        tokens.drop(token)
        token = await tokens.token()
        return await self._wire.call(path, {**(query or {}), "access_token": token}, payload)

    def _cache(self, secret: str, clock: Callable[[], float]) -> TokenCache:
        async def fetch() -> Token:
            query = {"corpid": self._corp, "corpsecret": secret}
            return _token(await self._wire.call(_GETTOKEN, query))

        return TokenCache(fetch, clock=clock)


def _secret(app: AppSettings) -> str:
    return app.secret.get_secret_value()


def _token(answer: Mapping[str, Any]) -> Token:
    try:
        return Token(answer["access_token"], timedelta(seconds=answer["expires_in"]))
    except (KeyError, TypeError) as error:
        raise WeComUnreachable(_GETTOKEN, "no access_token in the answer") from error


def _names(answer: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return tuple(name for name in str(answer.get(field) or "").split("|") if name)
