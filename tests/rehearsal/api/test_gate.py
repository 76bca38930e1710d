"""What every call passes: frequency, failures on demand, the journal and its control."""

from typing import Any

import httpx
import pytest

from moderator.rehearsal.failures import Fault

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_too_many_calls_of_one_api(api: Any, stand_in: Any, clock: Any) -> None:
    """Beyond 10,000 calls a minute an API is 45009 for a minute; the others are not."""
    assert stand_in.company.allowances.api.spend("getcallbackip", clock(), 10_000)

    assert (await api.get("getcallbackip"))["errcode"] == 45009
    assert (await api.get("department/list"))["errcode"] == 0

    clock.forward(61)
    assert (await api.get("getcallbackip"))["errcode"] == 0


async def test_messages_do_not_count_as_calls(api: Any, stand_in: Any, clock: Any) -> None:
    """message/send is not in the base frequency."""
    stand_in.company.allowances.api.spend("message/send", clock(), 10_000)

    assert (await api.say("QuietOne"))["errcode"] == 0


async def test_errcode_on_demand(api: Any, stand_in: Any) -> None:
    """The next two calls of a path fail with the errcode asked for and are not carried out."""
    stand_in.fail("message/send", errcode=-1, times=2)
    codes = [(await api.say("QuietOne", str(number)))["errcode"] for number in range(3)]
    calls = stand_in.journal.calls("message/send")

    assert codes == [-1, -1, 0]
    assert [call.fault for call in calls] == ["errcode", "errcode", ""]
    assert len(stand_in.company.outgoing.sent) == 1


async def test_failures_concern_their_path_only(api: Any, stand_in: Any) -> None:
    """Another path is answered as ever."""
    stand_in.fail("message/send", errcode=45009)

    assert (await api.get("getcallbackip"))["errcode"] == 0


@pytest.mark.parametrize(("fault", "carried_out"), [("reset", 0), ("lost_answer", 1)])
async def test_connection_breaks(api: Any, stand_in: Any, fault: str, carried_out: int) -> None:
    """With `reset` nothing is done, with `lost_answer` all is; the caller cannot tell."""
    await api.token()
    stand_in.fail("message/send", fault)
    with pytest.raises(httpx.TransportError):
        await api.say("QuietOne")

    assert len(stand_in.company.outgoing.sent) == carried_out
    assert (await api.get("getcallbackip"))["errcode"] == 0


async def test_garbage_and_gateways(api: Any, stand_in: Any) -> None:
    """A page instead of JSON with HTTP 200, and a status that WeCom itself never uses."""
    query = {"access_token": await api.token()}
    stand_in.fail("getcallbackip", Fault.GARBAGE)
    stand_in.fail("getcallbackip", Fault.STATUS, status=502)
    answers = [await api.http.get("/cgi-bin/getcallbackip", params=query) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 502]
    assert answers[0].text.startswith("<html>")


async def test_slow_answer_comes_late_but_is_carried_out(api: Any, stand_in: Any) -> None:
    """A caller without patience gives up; the message was sent all the same."""
    await api.token()
    stand_in.fail("message/send", Fault.SLOW, seconds=0.5)
    body = {"touser": "QuietOne", "agentid": 1000002, "msgtype": "text", "text": {"content": "x"}}
    query = {"access_token": await api.token()}
    with pytest.raises(httpx.ReadTimeout):
        await api.http.post("/cgi-bin/message/send", params=query, json=body, timeout=0.05)

    assert len(stand_in.company.outgoing.sent) == 1


async def test_failures_over_http(api: Any, stand_in: Any) -> None:
    """Another process asks for failures at /rehearsal/failures."""
    wanted = {"path": "getcallbackip", "fault": "errcode", "errcode": 6000}
    await api.http.post("/rehearsal/failures", json=wanted)

    assert (await api.get("getcallbackip"))["errcode"] == 6000
    assert (await api.get("getcallbackip"))["errcode"] == 0


async def test_journal_over_http(api: Any) -> None:
    """The journal is JSON at /rehearsal/journal and can be cleared; the numbers go on."""
    await api.get("getcallbackip")
    first = (await api.http.get("/rehearsal/journal")).json()
    await api.http.post("/rehearsal/journal/clear")
    await api.get("department/list")
    second = (await api.http.get("/rehearsal/journal")).json()

    assert [call["path"] for call in first["calls"]] == [
        "/cgi-bin/gettoken",
        "/cgi-bin/getcallbackip",
    ]
    assert [(call["number"], call["path"]) for call in second["calls"]] == [
        (3, "/cgi-bin/department/list")
    ]


async def test_refused_calls_are_journaled_with_their_caller(api: Any, stand_in: Any) -> None:
    """A call that was refused names the app whose token it was."""
    await api.get("user/get", userid="Nobody")
    call = stand_in.journal.calls("user/get")[0]

    assert (call.app, call.errcode, call.answer["errmsg"]) == (
        "moderation",
        60111,
        "userid not found",
    )


async def test_tokens_over_http(api: Any) -> None:
    """Another process can expire and revoke the tokens."""
    await api.token()
    await api.http.post("/rehearsal/tokens/expire")
    assert (await api.get("getcallbackip"))["errcode"] == 42001
    await api.http.post("/rehearsal/tokens/revoke")
    assert (await api.get("getcallbackip"))["errcode"] == 40014


async def test_company_over_http(api: Any, world: Any) -> None:
    """/rehearsal/company shows people and groups, and no secret."""
    answer = await api.http.get("/rehearsal/company")
    shown = answer.json()

    assert len(shown["people"]) == len(world.people)
    assert shown["groups"][0]["made_by"] == "moderation"
    assert not any(app.secret in answer.text or app.token in answer.text for app in world.apps)
    assert world.contacts_secret not in answer.text


async def test_waiting_for_calls(api: Any, stand_in: Any) -> None:
    """`wait_for` returns once enough calls were carried out; refused ones do not count."""
    await api.get("user/get", userid="Nobody")
    await api.get("user/get", userid="QuietOne")
    found = await stand_in.journal.wait_for("user/get")

    assert [call.payload["userid"] for call in found] == ["QuietOne"]
    with pytest.raises(TimeoutError):
        await stand_in.journal.wait_for("user/get", 2, within=0.01)
