"""message/send and message/recall."""

import json
from typing import Any

import pytest

from moderator.rehearsal.world import DAY, HOUR

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _someone(world: Any) -> str:
    return str(world.people[0].userid)


async def test_message_reaches_its_receiver(api: Any, stand_in: Any, world: Any) -> None:
    """A good message is answered with a msgid and journaled as having reached the person."""
    answer = await api.say(_someone(world), "内容")
    call = stand_in.journal.calls("message/send")[0]

    assert answer["errcode"] == 0
    assert answer["msgid"]
    assert call.reached == (_someone(world),)
    assert call.app == "moderation"
    assert call.payload["text"] == {"content": "内容"}


async def test_errcode_0_can_carry_invalid_users(api: Any, stand_in: Any, world: Any) -> None:
    """Unknown members are listed in lower case beside errcode 0; the others are reached."""
    answer = await api.say(f"{_someone(world)}|GoneAway|Nobody")

    assert answer["errcode"] == 0
    assert answer["invaliduser"] == "goneaway|nobody"
    assert stand_in.journal.calls("message/send")[0].reached == (_someone(world),)


async def test_userids_do_not_care_about_case(api: Any, world: Any) -> None:
    """A userid in another case is the same member."""
    assert "invaliduser" not in await api.say(_someone(world).upper())


async def test_all_receivers_invalid(api: Any) -> None:
    """With nobody left to send to, WeCom answers 81013."""
    assert (await api.say("Nobody|NobodyElse"))["errcode"] == 81013


async def test_no_receiver_at_all(api: Any) -> None:
    """A message without receivers is 82001."""
    assert (await api.say(""))["errcode"] == 82001


async def test_visible_range_decides_who_is_valid(api: Any, world: Any) -> None:
    """A member outside the app's visible range is invalid for it."""
    app = world.app("half")
    inside = next(one.userid for one in world.people if one.departments == (7,))
    outside = next(one.userid for one in world.people if one.departments == (3,))
    body = {
        "touser": f"{inside}|{outside}",
        "agentid": app.agent_id,
        "msgtype": "text",
        "text": {"content": "x"},
    }
    answer = await api.post("message/send", body, app="half")

    assert answer["invaliduser"] == outside.lower()


async def test_department_means_everybody_below_it(api: Any, stand_in: Any, world: Any) -> None:
    """toparty reaches the members of the department and of those under it."""
    answer = await api.say("", toparty="2|99")
    expected = {one.userid for one in world.people if one.departments[0] in {2, 21, 22}}
    call = stand_in.journal.calls("message/send")[0]

    assert answer["invalidparty"] == "99"
    assert set(call.reached) == expected - {"QuietOne"}


async def test_disabled_member_is_not_reached(api: Any, stand_in: Any) -> None:
    """WeCom takes a message to a disabled account; the journal says that nobody saw it."""
    answer = await api.say("QuietOne")
    call = stand_in.journal.calls("message/send")[0]

    assert answer["errcode"] == 0
    assert not call.arrived
    assert call.dropped == {"QuietOne": "disabled"}


async def test_everybody(api: Any, stand_in: Any, world: Any) -> None:
    """@all reaches the whole visible range."""
    await api.say("@all")

    assert len(stand_in.journal.calls("message/send")[0].reached) == len(world.people) - 1


@pytest.mark.parametrize(
    ("agent_id", "errcode"), [(1000003, 301002), ("", 40056), ("abc", 40056), (None, 40056)]
)
async def test_agent_id_must_be_the_tokens(
    api: Any, world: Any, agent_id: Any, errcode: int
) -> None:
    """Another app's agentid is 301002, none or nonsense 40056."""
    assert (await api.say(_someone(world), agentid=agent_id))["errcode"] == errcode


async def test_disabled_app(api: Any, stand_in: Any, world: Any) -> None:
    """A disabled app cannot send: 50003."""
    stand_in.company.change_app("moderation", enabled=False)

    assert (await api.say(_someone(world)))["errcode"] == 50003


async def test_contacts_secret_cannot_send(api: Any, world: Any) -> None:
    """The token of the contacts secret is refused with 48002."""
    body = {"touser": _someone(world), "agentid": 1000002, "msgtype": "text", "text": {}}

    assert (await api.post("message/send", body, app="contacts"))["errcode"] == 48002


@pytest.mark.parametrize(
    ("msgtype", "content", "errcode"),
    [
        ("text", {"content": ""}, 44004),
        ("text", None, 44004),
        ("markdown", {"content": "汉" * 683}, 45002),
        ("textcard", {"title": "汉" * 43, "description": "x", "url": "u"}, 45002),
        ("textcard", {"title": "x", "description": "汉" * 171, "url": "u"}, 45002),
        ("textcard", {"title": "x", "description": "x"}, 44004),
        ("textcard", {"title": "x", "description": "x", "url": "u", "btntxt": "五个字太长"}, 45002),
        ("image", {"media_id": "NONE"}, 40007),
        ("news", {"articles": []}, 40035),
        ("shout", {"content": "x"}, 40008),
    ],
)
async def test_content_that_wecom_refuses(
    api: Any, world: Any, msgtype: str, content: Any, errcode: int
) -> None:
    """Empty, too big or unknown content has its errcode; limits are bytes, not characters."""
    answer = await api.say(_someone(world), msgtype=msgtype, **{msgtype: content})

    assert answer["errcode"] == errcode


@pytest.mark.parametrize(
    ("msgtype", "content"),
    [
        ("text", {"content": "汉" * 682}),
        ("markdown", {"content": "汉" * 682}),
        ("image", {"media_id": "MEDIA1"}),
        ("news", {"articles": [{"title": "x", "url": "u"}]}),
    ],
)
async def test_content_that_fits(
    api: Any, stand_in: Any, world: Any, msgtype: str, content: Any
) -> None:
    """Content of exactly the limit is taken whole."""
    answer = await api.say(_someone(world), msgtype=msgtype, **{msgtype: content})

    assert answer["errcode"] == 0
    assert stand_in.journal.calls("message/send")[0].notes == ()


async def test_long_text_is_cut_without_a_word(api: Any, stand_in: Any, world: Any) -> None:
    """A text beyond 2048 bytes is answered 0; only the journal knows that it was cut."""
    answer = await api.say(_someone(world), "汉" * 683)

    assert answer["errcode"] == 0
    assert stand_in.journal.calls("message/send")[0].notes == ("truncated",)


@pytest.mark.parametrize(
    ("field", "errcode"),
    [
        ({"touser": "|".join(f"u{n}" for n in range(1001))}, 40035),
        ({"toparty": "|".join(str(n) for n in range(101))}, 82002),
        ({"totag": "|".join(str(n) for n in range(101))}, 82003),
    ],
)
async def test_crowds_are_refused(api: Any, field: dict[str, str], errcode: int) -> None:
    """Beyond 1000 users, 100 departments or 100 tags nothing is sent."""
    assert (await api.say("", **field))["errcode"] == errcode


async def test_excess_for_one_member_is_dropped_silently(
    api: Any, stand_in: Any, world: Any, clock: Any
) -> None:
    """The 31st message in a minute is answered like the others and reaches nobody."""
    answers = [await api.say(_someone(world), str(number)) for number in range(31)]
    last = stand_in.journal.calls("message/send")[-1]

    assert {answer["errcode"] for answer in answers} == {0}
    assert last.reached == ()
    assert last.dropped == {_someone(world): "rate"}

    clock.forward(60)
    await api.say(_someone(world), "later")
    assert stand_in.journal.calls("message/send")[-1].arrived


async def test_hourly_excess_is_dropped_too(api: Any, stand_in: Any, world: Any) -> None:
    """The 1001st message within an hour is dropped although the minute has room."""
    allowance = stand_in.company.allowances.member
    for number in range(1000):
        at = stand_in.company.clock() - 3599 + number * 3
        assert allowance.spend(f"moderation/{_someone(world)}", at)
    await api.say(_someone(world))

    assert stand_in.journal.calls("message/send")[-1].dropped == {_someone(world): "rate"}


async def test_duplicate_check_drops_the_repetition(
    api: Any, stand_in: Any, world: Any, clock: Any
) -> None:
    """The same content to the same person reaches them once within half an hour."""
    for _ in range(2):
        answer = await api.say(_someone(world), "一样的", enable_duplicate_check=1)
        assert answer["errcode"] == 0
    first, second = stand_in.journal.calls("message/send")

    assert first.arrived
    assert second.dropped == {_someone(world): "duplicate"}

    clock.forward(1801)
    await api.say(_someone(world), "一样的", enable_duplicate_check=1)
    assert stand_in.journal.calls("message/send")[-1].arrived


async def test_duplicate_check_looks_at_person_and_content(
    api: Any, stand_in: Any, world: Any
) -> None:
    """Other words, or the same to another person, are no repetition."""
    await api.say(_someone(world), "一样的", enable_duplicate_check=1)
    await api.say(_someone(world), "不一样", enable_duplicate_check=1)
    await api.say(world.people[1].userid, "一样的", enable_duplicate_check=1)

    assert all(call.arrived for call in stand_in.journal.calls("message/send"))


async def test_without_duplicate_check_a_repetition_arrives(
    api: Any, stand_in: Any, world: Any
) -> None:
    """message/send is not idempotent by itself."""
    await api.say(_someone(world), "一样的")
    await api.say(_someone(world), "一样的")

    assert len(stand_in.journal.delivered("message/send")) == 2


async def test_duplicate_interval_is_the_callers_up_to_four_hours(
    api: Any, stand_in: Any, world: Any, clock: Any
) -> None:
    """A longer interval than four hours counts as four."""
    more = {"enable_duplicate_check": 1, "duplicate_check_interval": 24 * 3600}
    await api.say(_someone(world), **more)
    for later in (4 * HOUR - 1, 4 * HOUR + 1):
        clock.forward(later)
        api.tokens.clear()
        await api.say(_someone(world), **more)

    arrived = [call.arrived for call in stand_in.journal.calls("message/send")]
    assert arrived == [True, False, True]


async def test_escapes_are_refused(api: Any, world: Any) -> None:
    """JSON with backslash-u escapes is 40033, the same JSON in UTF-8 is taken."""
    body = {
        "touser": _someone(world),
        "agentid": 1000002,
        "msgtype": "text",
        "text": {"content": "警告"},
    }
    escaped = await api.post("message/send", json.dumps(body).encode())
    plain = await api.post("message/send", json.dumps(body, ensure_ascii=False).encode())

    assert escaped["errcode"] == 40033
    assert plain["errcode"] == 0


async def test_an_escaped_backslash_before_u_is_no_escape(api: Any, world: Any) -> None:
    """A text that shows a path such as C:\\u1234 is JSON without escapes of characters."""
    assert (await api.say(_someone(world), "C:\\u1234"))["errcode"] == 0


async def test_body_must_be_json(api: Any) -> None:
    """A body that is no JSON object is 40035, none at all 44004."""
    assert (await api.post("message/send", b"{nonsense"))["errcode"] == 40035
    assert (await api.post("message/send", b"[1]"))["errcode"] == 40035
    assert (await api.post("message/send", b"\xff\xfe"))["errcode"] == 40035
    assert (await api.post("message/send", b""))["errcode"] == 44004


async def test_recall_of_an_own_message(api: Any, stand_in: Any, world: Any) -> None:
    """A message of the same app is taken back within 24 hours."""
    sent = await api.say(_someone(world))
    answer = await api.post("message/recall", {"msgid": sent["msgid"]})

    assert answer["errcode"] == 0
    assert stand_in.journal.calls("message/recall")[0].reached == (_someone(world),)


async def test_recall_by_another_app(api: Any, world: Any) -> None:
    """Another app's message is 40058, like one that never was."""
    sent = await api.say(_someone(world))

    answer = await api.post("message/recall", {"msgid": sent["msgid"]}, app="notice")
    assert answer["errcode"] == 40058
    assert (await api.post("message/recall", {"msgid": "none"}))["errcode"] == 40058


async def test_recall_after_a_day(api: Any, world: Any, clock: Any) -> None:
    """After 24 hours it is too late: 42052."""
    sent = await api.say(_someone(world))
    clock.forward(DAY + 1)
    api.tokens.clear()

    assert (await api.post("message/recall", {"msgid": sent["msgid"]}))["errcode"] == 42052
