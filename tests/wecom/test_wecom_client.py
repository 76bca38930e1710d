"""Calls reach WeCom as it wants them; its answers come back as values or errors."""

import asyncio
import socket
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse, PlainTextResponse, Response
from tests.wecom.conftest import Answer, Api, settings_of

from moderator.errors import WeComRefused, WeComUnreachable
from moderator.wecom import messages
from moderator.wecom.client import Department, Group, Person, SentMessage, WeComClient

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEND = "/cgi-bin/message/send"
GETTOKEN = "/cgi-bin/gettoken"
SENT = {"errcode": 0, "errmsg": "ok", "msgid": "m1"}


def refusal(code: int) -> Answer:
    return {"errcode": code, "errmsg": f"refused with {code}"}


async def test_message_is_sent_as_wecom_wants_it(api: Api, client: WeComClient) -> None:
    """A message carries agent, duplicate check, readable UTF-8 and, in the query, the token."""
    api.answer(SEND, {**SENT, "response_code": "r1"})

    sent = await client.send_message("hr", messages.text("你好", users=["a", "b"]))

    [call] = api.to(SEND)
    assert sent == SentMessage(msgid="m1", response_code="r1")
    assert (call.method, call.query) == ("POST", {"access_token": "TOKEN-1"})
    assert call.headers["content-type"] == "application/json; charset=utf-8"
    assert "你好" in call.body.decode()
    assert call.json == {
        "touser": "a|b",
        "msgtype": "text",
        "text": {"content": "你好"},
        "agentid": 1000002,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 14400,
    }
    assert all("TOKEN" not in value for value in call.headers.values())


async def test_half_characters_are_sent_as_question_marks(api: Api, client: WeComClient) -> None:
    """A lone surrogate anywhere in a payload does not fail the call."""
    api.answer(SEND, SENT)

    await client.send_message("hr", {"touser": "a\ud800", "msgtype": "text"})

    assert api.to(SEND)[0].json["touser"] == "a?"


async def test_token_is_asked_for_once(api: Api, client: WeComClient) -> None:
    """Many calls at once, by one app, ask for one token."""
    api.answer(SEND, SENT)

    await asyncio.gather(*(client.send_message("hr", messages.text("x")) for _ in range(20)))

    [asked] = api.to(GETTOKEN)
    assert asked.method == "GET"
    assert asked.query == {"corpid": "wwtest", "corpsecret": "secret-of-hr"}
    assert {call.query["access_token"] for call in api.to(SEND)} == {"TOKEN-1"}


async def test_each_secret_has_its_own_token(api: Api, http: httpx.AsyncClient) -> None:
    """Tokens of apps are never mixed; two names for one app share one token."""
    api.answer(SEND, SENT)
    client = WeComClient(settings_of(api.url, hr="secret-1", it="secret-2", again="secret-1"), http)

    for name in ("hr", "it", "again"):
        await client.send_message(name, messages.text("x"))

    assert [call.query["corpsecret"] for call in api.to(GETTOKEN)] == ["secret-1", "secret-2"]
    tokens = [call.query["access_token"] for call in api.to(SEND)]
    assert tokens == ["TOKEN-1", "TOKEN-2", "TOKEN-1"]


@pytest.mark.parametrize("code", [40014, 41001, 42001])
async def test_stale_token_is_renewed_once(api: Api, client: WeComClient, code: int) -> None:
    """A token that WeCom no longer takes is renewed and the call repeated with the new one."""
    api.answer(SEND, refusal(code), SENT)

    sent = await client.send_message("hr", messages.text("x"))

    assert sent.msgid == "m1"
    assert [call.query["access_token"] for call in api.to(SEND)] == ["TOKEN-1", "TOKEN-2"]


async def test_token_that_stays_stale_is_given_up(api: Api, client: WeComClient) -> None:
    """After one renewal the refusal is the caller's: two calls, two tokens, no loop."""
    api.answer(SEND, refusal(42001))

    with pytest.raises(WeComRefused) as refused:
        await client.send_message("hr", messages.text("x"))

    assert refused.value.code == 42001
    assert len(api.to(SEND)) == len(api.to(GETTOKEN)) == 2


async def test_many_stale_calls_renew_one_token(api: Api, client: WeComClient) -> None:
    """Calls that learn at the same time that their token is stale share the new one."""
    api.answer(SEND, *[refusal(42001)] * 5, SENT)

    await asyncio.gather(*(client.send_message("hr", messages.text("x")) for _ in range(5)))

    assert len(api.to(GETTOKEN)) == 2


async def test_wrong_secret_is_not_tried_again(api: Api, client: WeComClient) -> None:
    """A refused secret is remembered: every later call fails without asking WeCom."""
    api.answer(GETTOKEN, refusal(40001))

    for _ in range(3):
        with pytest.raises(WeComRefused) as refused:
            await client.send_message("hr", messages.text("x"))
        assert (refused.value.code, refused.value.path) == (40001, GETTOKEN)

    assert len(api.calls) == 1


async def test_40001_from_a_call_is_not_repeated(api: Api, client: WeComClient) -> None:
    """40001 answers a call, too, where an address is not trusted: it is no stale token."""
    api.answer(SEND, refusal(40001))

    with pytest.raises(WeComRefused):
        await client.send_message("hr", messages.text("x"))

    assert len(api.to(SEND)) == len(api.to(GETTOKEN)) == 1


async def test_receivers_left_out_are_named(api: Api, client: WeComClient) -> None:
    """errcode 0 may still leave people out: invalid and unlicensed ones are both told."""
    api.answer(SEND, {**SENT, "invaliduser": "a|b", "unlicenseduser": "c", "invalidparty": None})

    sent = await client.send_message("hr", messages.text("x", users=["a", "b", "c", "d"]))

    assert sent.invalid_users == ("a", "b", "c")


async def test_group(api: Api, client: WeComClient) -> None:
    """A group is asked for by chatid in the query."""
    info = {"chatid": "c1", "name": "合规", "owner": "a", "userlist": ["a", "b"], "chat_type": 0}
    api.answer("/cgi-bin/appchat/get", {"errcode": 0, "errmsg": "ok", "chat_info": info})

    group = await client.group("hr", "c1")

    [call] = api.to("/cgi-bin/appchat/get")
    assert group == Group(chat="c1", name="合规", owner="a", members=("a", "b"))
    assert (call.method, call.query) == ("GET", {"chatid": "c1", "access_token": "TOKEN-1"})


@pytest.mark.parametrize(
    ("call", "path", "payload"),
    [
        (lambda c: c.recall("hr", "m1"), "/cgi-bin/message/recall", {"msgid": "m1"}),
        (
            lambda c: c.remove_from_group("hr", "c1", ["a"]),
            "/cgi-bin/appchat/update",
            {"chatid": "c1", "del_user_list": ["a"]},
        ),
        (
            lambda c: c.send_to_group("hr", "c1", messages.text("你好")),
            "/cgi-bin/appchat/send",
            {"chatid": "c1", "msgtype": "text", "text": {"content": "你好"}},
        ),
    ],
)
async def test_calls_without_an_answer_of_their_own(
    api: Api,
    client: WeComClient,
    call: Callable[[WeComClient], Awaitable[None]],
    path: str,
    payload: Answer,
) -> None:
    """Recall, removal and group messages send what they must and nothing else."""
    api.answer(path, {"errcode": 0, "errmsg": "ok"})

    await call(client)

    assert [(sent.method, sent.json) for sent in api.to(path)] == [("POST", payload)]


async def test_person(api: Api, client: WeComClient) -> None:
    """A member's userid is escaped in the query; an answer without errcode is a success."""
    api.answer("/cgi-bin/user/get", {"userid": "a&b", "name": "张三", "department": [2, 3]})

    person = await client.person("hr", "a&b")

    assert person == Person(userid="a&b", name="张三", departments=(2, 3))
    assert api.to("/cgi-bin/user/get")[0].query["userid"] == "a&b"


async def test_departments(api: Api, client: WeComClient) -> None:
    """Departments come by id; a name that WeCom withholds is empty."""
    listed = [{"id": 1, "name": "公司", "parentid": 0}, {"id": 2, "parentid": 1, "order": 9}, {}]
    api.answer("/cgi-bin/department/list", {"errcode": 0, "department": listed})

    assert await client.departments("hr") == {
        1: Department(id=1, name="公司", parent=0),
        2: Department(id=2, name="", parent=1),
    }


async def test_person_with_superiors_and_status(api: Api, client: WeComClient) -> None:
    """直属上级 and status are told where WeCom tells them."""
    told = {"userid": "a", "name": "张三", "direct_leader": ["b"], "status": 2}
    api.answer("/cgi-bin/user/get", told)

    person = await client.person("hr", "a")

    assert (person.superiors, person.status) == (("b",), 2)


async def test_robot_is_reached_by_its_key_alone(api: Api, client: WeComClient) -> None:
    """No token is asked for, and no error shows the key."""
    api.answer("/cgi-bin/webhook/send", {"errcode": 0, "errmsg": "ok"}, refusal(93000))

    await client.send_to_robot("robot-key", messages.text("你好"))
    with pytest.raises(WeComRefused) as refused:
        await client.send_to_robot("robot-key", messages.text("你好"))

    [call, _] = api.calls
    assert (call.method, call.query) == ("POST", {"key": "robot-key"})
    assert call.json == {"msgtype": "text", "text": {"content": "你好"}}
    assert "robot-key" not in repr(refused.value)


async def test_accounts_are_switched_with_the_contacts_secret(
    api: Api, http: httpx.AsyncClient
) -> None:
    """Never with the token of an app, which WeCom refuses (48002)."""
    api.answer("/cgi-bin/user/update", {"errcode": 0, "errmsg": "updated"})
    settings = settings_of(api.url).model_copy(update={"contacts_secret": SecretStr("contacts")})
    client = WeComClient(settings, http)

    await client.set_enabled("a", enabled=False)
    await client.set_enabled("a", enabled=True)

    assert [call.query["corpsecret"] for call in api.to(GETTOKEN)] == ["contacts"]
    assert [call.json for call in api.to("/cgi-bin/user/update")] == [
        {"userid": "a", "enable": 0},
        {"userid": "a", "enable": 1},
    ]


async def test_without_the_contacts_secret_no_account_can_be_switched(client: WeComClient) -> None:
    """A mistake of the caller, like an unknown app."""
    with pytest.raises(KeyError):
        await client.set_enabled("a", enabled=False)


async def test_refusal_is_told_as_wecom_told_it(api: Api, client: WeComClient) -> None:
    """A refusal carries code, message and path, and is not repeated."""
    api.answer(SEND, refusal(81013))

    with pytest.raises(WeComRefused) as refused:
        await client.send_message("hr", messages.text("x"))

    assert refused.value == WeComRefused(81013, "refused with 81013", SEND)
    assert len(api.to(SEND)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("busy"),
        PlainTextResponse("<html>301</html>", status_code=301, headers={"Location": "/x"}),
        JSONResponse(["errcode", 0]),
        JSONResponse({"errcode": "0"}),
        JSONResponse({}, status_code=500),
        Response(status_code=404),
        Response(b"\xff", media_type="application/json"),
    ],
)
async def test_answers_that_are_not_wecoms(api: Api, client: WeComClient, answer: Response) -> None:
    """Anything but WeCom's JSON means that nobody knows what happened."""
    api.answer(SEND, answer)

    with pytest.raises(WeComUnreachable) as unreachable:
        await client.send_message("hr", messages.text("x"))

    assert unreachable.value.path == SEND


async def test_token_answer_without_a_token(api: Api, client: WeComClient) -> None:
    """A success that lacks the token is no answer of WeCom's."""
    api.answer(GETTOKEN, {"errcode": 0, "errmsg": "ok"})

    with pytest.raises(WeComUnreachable, match="access_token"):
        await client.send_message("hr", messages.text("x"))


async def test_nobody_listens(http: httpx.AsyncClient) -> None:
    """A closed port is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = WeComClient(settings_of(f"http://127.0.0.1:{port}"), http)

    with pytest.raises(WeComUnreachable, match="ConnectError"):
        await client.recall("hr", "m1")


async def test_wecom_takes_too_long(api: Api, http: httpx.AsyncClient) -> None:
    """The settings' timeout bounds every call."""
    api.gate = asyncio.Event()
    client = WeComClient(settings_of(api.url, timeout=timedelta(milliseconds=50)), http)

    with pytest.raises(WeComUnreachable, match="ReadTimeout"):
        async with asyncio.timeout(3):
            await client.recall("hr", "m1")
    api.gate.set()


async def test_errors_never_show_token_or_secret(api: Api, client: WeComClient) -> None:
    """Neither refusals nor failures, with all their causes, show what stands in the query."""
    api.answer(SEND, refusal(81013), PlainTextResponse("busy"))
    shown = ""
    for _ in range(2):
        try:
            await client.send_message("hr", messages.text("x"))
        except (WeComRefused, WeComUnreachable) as error:
            shown += "".join(traceback.format_exception(error)) + repr(error)

    assert "81013" in shown
    assert "not JSON" in shown
    assert "TOKEN" not in shown
    assert "secret-of-hr" not in shown


async def test_every_call_is_counted(api: Api, http: httpx.AsyncClient) -> None:
    """`on_call` hears path and errcode of each call: tokens, successes, refusals, failures."""
    heard: list[tuple[str, int]] = []
    api.answer(SEND, SENT, refusal(45009), PlainTextResponse("busy"))
    client = WeComClient(settings_of(api.url), http, on_call=lambda *call: heard.append(call))

    for _ in range(3):
        await asyncio.gather(client.send_message("hr", messages.text("x")), return_exceptions=True)

    assert heard == [(GETTOKEN, 0), (SEND, 0), (SEND, 45009), (SEND, -2)]


async def test_app_that_is_not_in_the_settings(client: WeComClient) -> None:
    """An unknown app is a mistake of the caller, not of WeCom."""
    with pytest.raises(KeyError):
        await client.recall("nobody", "m1")
