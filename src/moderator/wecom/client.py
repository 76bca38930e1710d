"""The WeCom API as the service uses it: one method for each thing it does (`wecom.md` §6, §8)."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx

from moderator.errors import WeComRefused, WeComUnreachable
from moderator.settings import WeComSettings
from moderator.wecom.errors import Remedy, classify
from moderator.wecom.gate import Call, Gate, OpenGate, stands_for
from moderator.wecom.tokens import Token, TokenCache
from moderator.wecom.wire import OnCall, Wire

# How long WeCom recognises a repetition: the longest that it offers (`wecom.md` §6.1).  Half an
# hour, its default, is shorter than the waits between our tries.
REPETITION_RECOGNISED: Final = timedelta(hours=4)

CONTACTS: Final = "@contacts"  # stands for the secret of 通讯录同步 where others name an app

_GETTOKEN = "/cgi-bin/gettoken"
_WEBHOOK = "/cgi-bin/webhook/send"
_SIZE_KEPT: Final = 3600.0  # seconds; how many people a group has matters to its allowance only


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
    """A member as the app may see them; `departments` are ids, `leads` those that they lead.

    `superiors` are the userids of 直属上级.  `status` is WeCom's: 1 active, 2 disabled, 4 never
    logged in, 5 left; 0 where it is not told.
    """

    userid: str
    name: str
    departments: tuple[int, ...]
    main_department: int = 0
    leads: tuple[int, ...] = ()
    superiors: tuple[str, ...] = ()
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department; `parent` is 0 for the root, `leaders` are userids (部门负责人)."""

    id: int
    name: str
    parent: int
    leaders: tuple[str, ...] = ()


class WeComClient:
    """Calls the API for the apps of the settings, by their names there.

    Every method raises `WeComRefused` with WeCom's errcode, `WeComUnreachable` when no answer came
    (the call may have been carried out), and `KeyError` for an app that is not in the settings.
    A stale token is refreshed and the call repeated once; nothing else is repeated here.  Every
    call passes the `gate` first, which may raise `WeComPaused` or `WeComHeld` instead.
    """

    def __init__(
        self,
        settings: WeComSettings,
        http: httpx.AsyncClient,
        *,
        on_call: OnCall | None = None,
        gate: Gate | None = None,
        on_token: Callable[[str], None] = lambda _app: None,
        clock: Callable[[], float] = time.monotonic,
        wire: Callable[..., Wire] = Wire,
    ) -> None:
        self._on_token = on_token
        self._corp = settings.corp_id
        self._apps = settings.apps
        self._gate = gate or OpenGate()
        self._clock = clock
        self._sizes: dict[str, tuple[float, int]] = {}
        self._wire = wire(
            http, address=str(settings.api_url), timeout=settings.timeout, on_call=on_call
        )
        # Tokens belong to secrets, not to names: two names of one app share one token.
        self._secrets = _secrets(settings)
        secrets = {secret: name for name, secret in self._secrets.items()}
        self._tokens = {secret: self._cache(name, secret) for secret, name in secrets.items()}

    async def close(self) -> None:
        """Wait for what is still under way; to be called before the HTTP client is closed."""
        await self._wire.close()

    @property
    def credentials(self) -> tuple[str, ...]:
        """Identifiers of the secrets in the settings, as the gate sees them."""
        return tuple(self._credential(app) for app in self._secrets)

    async def send_message(self, app: str, payload: Mapping[str, Any]) -> SentMessage:
        """Send to members; the same content to the same person within four hours arrives once."""
        message = {
            **payload,
            "agentid": self._apps[app].agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(REPETITION_RECOGNISED.total_seconds()),
        }
        answer = await self.call(app, "/cgi-bin/message/send", payload=message)
        return SentMessage(
            msgid=str(answer.get("msgid", "")),
            invalid_users=_names(answer, "invaliduser") + _names(answer, "unlicenseduser"),
            response_code=str(answer.get("response_code", "")),
        )

    async def recall(self, app: str, msgid: str) -> None:
        """Take back what this app sent with `send_message`, within 24 hours."""
        await self.call(app, "/cgi-bin/message/recall", payload={"msgid": msgid})

    async def update_card(
        self, app: str, response_code: str, text: str, *, users: Sequence[str]
    ) -> None:
        """Replace the buttons of a card by `text`, once for each response code, within 72 hours."""
        change = {
            "userids": list(users),
            "agentid": self._apps[app].agent_id,
            "response_code": response_code,
            "button": {"replace_name": text},
        }
        await self.call(app, "/cgi-bin/message/update_template_card", payload=change)

    async def group(self, app: str, chat: str) -> Group:
        """Look at a group that this app made."""
        answer = await self.call(app, "/cgi-bin/appchat/get", {"chatid": chat})
        info = answer.get("chat_info", {})
        members = tuple(info.get("userlist", ()))
        self._sizes[chat] = self._clock() + _SIZE_KEPT, len(members)
        return Group(
            chat=info.get("chatid", chat),
            name=info.get("name", ""),
            owner=info.get("owner", ""),
            members=members,
        )

    async def remove_from_group(self, app: str, chat: str, users: Sequence[str]) -> None:
        """Remove members from a group that this app made; nobody can from any other."""
        change = {"chatid": chat, "del_user_list": list(users)}
        await self.call(app, "/cgi-bin/appchat/update", payload=change)

    async def send_to_group(self, app: str, chat: str, payload: Mapping[str, Any]) -> None:
        """Send to a group that this app made; this cannot be recalled."""
        people = await self._size(app, chat)
        content = {**payload, "chatid": chat}
        await self.call(app, "/cgi-bin/appchat/send", payload=content, people=people)

    async def person(self, app: str, userid: str) -> Person:
        """Look up a member within the app's visible range."""
        answer = await self.call(app, "/cgi-bin/user/get", {"userid": userid})
        return Person(
            userid=answer.get("userid", userid),
            name=answer.get("name", ""),
            departments=tuple(answer.get("department", ())),
            main_department=answer.get("main_department", 0),
            leads=_leads(answer),
            superiors=tuple(answer.get("direct_leader", ())),
            status=answer.get("status", 0),
        )

    async def departments(self, app: str) -> Mapping[int, Department]:
        """Return the departments that the app may see, by id."""
        answer = await self.call(app, "/cgi-bin/department/list")
        found = (
            Department(
                id=item["id"],
                name=item.get("name", ""),
                parent=item.get("parentid", 0),
                leaders=tuple(item.get("department_leader", ())),
            )
            for item in answer.get("department", ())
            if "id" in item
        )
        return {department.id: department for department in found}

    async def send_to_robot(self, key: str, payload: Mapping[str, Any]) -> None:
        """Write to the group of a robot, which its key alone opens; this cannot be recalled."""
        async with self._gate.passing(Call(path=_WEBHOOK, robot=stands_for(key))):
            await self._wire.call(_WEBHOOK, {"key": key}, payload)

    async def set_enabled(self, userid: str, *, enabled: bool) -> None:
        """Enable or disable a whole account; `KeyError` without `contacts_secret`."""
        change = {"userid": userid, "enable": int(enabled)}
        await self.call(CONTACTS, "/cgi-bin/user/update", payload=change)

    async def call(
        self,
        app: str,
        path: str,
        query: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
        *,
        people: int = 0,
    ) -> dict[str, Any]:
        """Call any other path in the name of an app: GET without a payload, else POST."""
        call = self._described(app, path, {**(query or {}), **(payload or {})}, people)
        async with self._gate.passing(call):
            return await self._with_token(self._secrets[app], path, query or {}, payload)

    async def _with_token(
        self, secret: str, path: str, query: Mapping[str, str], payload: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        tokens = self._tokens[secret]
        token = await tokens.token()
        try:
            return await self._wire.call(path, {**query, "access_token": token}, payload)
        except WeComRefused as refusal:
            if classify(refusal.code) is not Remedy.REFRESH_TOKEN:
                raise
        tokens.drop(token)
        token = await tokens.token()
        return await self._wire.call(path, {**query, "access_token": token}, payload)

    def _described(self, app: str, path: str, asked: Mapping[str, Any], people: int) -> Call:
        return Call(
            path=path,
            app=app,
            credential=self._credential(app),
            agent=self._agent(app),
            users=_split(asked.get("touser")),
            about=str(asked.get("userid", "")),
            people=people,
        )

    def _credential(self, app: str) -> str:
        return stands_for(self._corp, self._secrets[app], str(self._agent(app)))

    def _agent(self, app: str) -> int:
        return 0 if app == CONTACTS else self._apps[app].agent_id

    async def _size(self, app: str, chat: str) -> int:
        """How many people a group of the app has, as of an hour ago at most."""
        until, size = self._sizes.get(chat, (0.0, 0))
        if self._clock() < until or not self._gate.counts_people:
            return size
        return len((await self.group(app, chat)).members)

    def _cache(self, app: str, secret: str) -> TokenCache:
        async def fetch() -> Token:
            call = Call(path=_GETTOKEN, app=app, credential=self._credential(app))
            query = {"corpid": self._corp, "corpsecret": secret}
            async with self._gate.fetching(call):
                return _token(await self._wire.call(_GETTOKEN, query))

        return TokenCache(fetch, clock=self._clock, on_fetched=lambda: self._on_token(app))


def _secrets(settings: WeComSettings) -> dict[str, str]:
    found = {name: app.secret.get_secret_value() for name, app in settings.apps.items()}
    contacts = settings.contacts_secret
    return found | ({CONTACTS: contacts.get_secret_value()} if contacts else {})


def _token(answer: Mapping[str, Any]) -> Token:
    try:
        return Token(answer["access_token"], timedelta(seconds=answer["expires_in"]))
    except (KeyError, TypeError) as error:
        raise WeComUnreachable(_GETTOKEN, "no access_token in the answer") from error


def _leads(answer: Mapping[str, Any]) -> tuple[int, ...]:
    marks = zip(answer.get("department", ()), answer.get("is_leader_in_dept", ()), strict=False)
    return tuple(id_ for id_, mark in marks if mark == 1)


def _names(answer: Mapping[str, Any], field: str) -> tuple[str, ...]:
    return _split(answer.get(field))


def _split(names: object) -> tuple[str, ...]:
    return tuple(name for name in str(names or "").split("|") if name)
