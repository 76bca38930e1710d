"""appchat: groups that an app made."""

from typing import Any

import pytest

from moderator.rehearsal.invention import COMPLIANCE_GROUP, FOREIGN_GROUP, WORK_GROUP

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _members(world: Any, count: int = 3) -> list[str]:
    return [person.userid for person in world.people[:count]]


async def _create(api: Any, members: list[str], **more: Any) -> dict[str, Any]:
    body = {"name": "新群", "owner": members[0] if members else "", "userlist": members}
    answer: dict[str, Any] = await api.post("appchat/create", body | more)
    return answer


async def test_group_is_made_and_read(api: Any, world: Any) -> None:
    """What was created is what appchat/get answers."""
    members = _members(world)
    made = await _create(api, members, chatid="room1")
    got = await api.get("appchat/get", chatid="room1")

    assert made["chatid"] == "room1"
    assert got["chat_info"] == {
        "chatid": "room1",
        "name": "新群",
        "owner": members[0],
        "userlist": members,
        "chat_type": 0,
    }


async def test_chatid_is_given_where_none_was_asked_for(api: Any, world: Any) -> None:
    """Without a chatid WeCom invents one."""
    made = await _create(api, _members(world))

    assert (await api.get("appchat/get", chatid=made["chatid"]))["errcode"] == 0


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"chatid": "with-dash"}, 86001),
        ({"chatid": "x" * 33}, 86205),
        ({"chatid": WORK_GROUP}, 86215),
        ({"name": "名" * 51}, 86004),
        ({"owner": "SomebodyElse"}, 86207),
        ({"userlist": ["Nobody", "NobodyElse"]}, 86007),
        ({"userlist": []}, 86006),
        ({"userlist": "not a list"}, 40035),
    ],
)
async def test_creation_is_refused(
    api: Any, world: Any, changes: dict[str, Any], errcode: int
) -> None:
    """Each fault of a new group has its errcode."""
    assert (await _create(api, _members(world), **changes))["errcode"] == errcode


async def test_group_of_one_is_refused(api: Any, world: Any) -> None:
    """A group has at least two members."""
    assert (await _create(api, _members(world, 1)))["errcode"] == 86006


async def test_creation_needs_the_whole_company(api: Any, world: Any) -> None:
    """An app whose visible range is not the root department may not make groups."""
    body = {"userlist": _members(world)}

    assert (await api.post("appchat/create", body, app="half"))["errcode"] == 60011


async def test_member_is_removed(api: Any, stand_in: Any, world: Any) -> None:
    """del_user_list takes the member out, whatever the case of the userid."""
    out = stand_in.company.groups[WORK_GROUP].members[3]
    answer = await api.post(
        "appchat/update", {"chatid": WORK_GROUP, "del_user_list": [out.lower()]}
    )
    got = await api.get("appchat/get", chatid=WORK_GROUP)

    assert answer["errcode"] == 0
    assert out not in got["chat_info"]["userlist"]
    assert stand_in.journal.calls("appchat/update")[0].reached == (out,)


async def test_only_members_can_be_removed(api: Any) -> None:
    """Removing somebody who is not in the group is 86216."""
    body = {"chatid": WORK_GROUP, "del_user_list": ["QuietOne"]}

    assert (await api.post("appchat/update", body))["errcode"] == 86216


async def test_owner_cannot_just_be_removed(api: Any, stand_in: Any) -> None:
    """The owner leaves only where another one is named."""
    group = stand_in.company.groups[WORK_GROUP]
    body = {"chatid": WORK_GROUP, "del_user_list": [group.owner]}

    assert (await api.post("appchat/update", body))["errcode"] == 86207

    handed_over = body | {"owner": group.members[1]}
    assert (await api.post("appchat/update", handed_over))["errcode"] == 0


async def test_members_are_added_and_the_name_changed(api: Any, world: Any) -> None:
    """add_user_list and name do what they say, once."""
    body = {"chatid": WORK_GROUP, "name": "改名", "add_user_list": ["QuietOne", "QuietOne"]}
    await api.post("appchat/update", body)
    info = (await api.get("appchat/get", chatid=WORK_GROUP))["chat_info"]

    assert info["name"] == "改名"
    assert info["userlist"].count("QuietOne") == 1


@pytest.mark.parametrize(
    ("chat", "errcode"), [(FOREIGN_GROUP, 86008), ("nosuchroom", 86003), ("", 86201)]
)
async def test_groups_out_of_reach(api: Any, chat: str, errcode: int) -> None:
    """A group made by people, none, or no chatid: get, update and send all say so."""
    text = {"msgtype": "text", "text": {"content": "x"}}
    answers = [
        await api.get("appchat/get", chatid=chat),
        await api.post("appchat/update", {"chatid": chat, "name": "x"}),
        await api.post("appchat/send", {"chatid": chat, **text}),
    ]

    assert [answer["errcode"] for answer in answers] == [errcode] * 3


async def test_group_of_another_app(api: Any) -> None:
    """An app has no hand in another app's group."""
    answer = await api.get("appchat/get", app="notice", chatid=WORK_GROUP)

    assert answer["errcode"] == 86008


async def test_dissolved_group(api: Any, stand_in: Any) -> None:
    """A dissolved group is 49008."""
    stand_in.company.change_group(WORK_GROUP, dissolved=True)

    assert (await api.get("appchat/get", chatid=WORK_GROUP))["errcode"] == 49008


async def test_contacts_secret_has_no_groups(api: Any) -> None:
    """The contacts secret is refused with 48002."""
    assert (await api.get("appchat/get", app="contacts", chatid=WORK_GROUP))["errcode"] == 48002


async def test_group_message_reaches_the_members_and_has_no_msgid(api: Any, stand_in: Any) -> None:
    """appchat/send answers without msgid, so nothing could be recalled."""
    body = {"chatid": COMPLIANCE_GROUP, "msgtype": "markdown", "markdown": {"content": "**x**"}}
    answer = await api.post("appchat/send", body)
    call = stand_in.journal.calls("appchat/send")[0]

    assert answer == {"errcode": 0, "errmsg": "ok"}
    assert set(call.reached) == set(stand_in.company.groups[COMPLIANCE_GROUP].members)


async def test_cards_do_not_go_to_groups(api: Any) -> None:
    """template_card is no type of appchat/send."""
    body = {"chatid": COMPLIANCE_GROUP, "msgtype": "template_card", "template_card": {}}

    assert (await api.post("appchat/send", body))["errcode"] == 40008


async def test_group_message_beyond_200_a_minute_is_dropped(api: Any, stand_in: Any) -> None:
    """A member's 201st group message of an app in a minute is dropped without a word."""
    member = stand_in.company.groups[COMPLIANCE_GROUP].members[0]
    now = stand_in.company.clock()
    assert stand_in.company.allowances.group_member.spend(f"moderation/{member}", now, 200)
    text = {"msgtype": "text", "text": {"content": "x"}}
    answer = await api.post("appchat/send", {"chatid": COMPLIANCE_GROUP, **text})
    call = stand_in.journal.calls("appchat/send")[0]

    assert answer["errcode"] == 0
    assert call.dropped == {member: "rate"}


@pytest.mark.parametrize(
    ("allowance", "spent", "path", "body"),
    [
        ("group_changes", 1000, "appchat/update", {"chatid": WORK_GROUP, "name": "x"}),
        (
            "group_sends",
            20_000,
            "appchat/send",
            {"chatid": WORK_GROUP, "msgtype": "text", "text": {"content": "x"}},
        ),
    ],
)
async def test_limits_of_the_company(
    api: Any, stand_in: Any, allowance: str, spent: int, path: str, body: dict[str, Any]
) -> None:
    """1000 changes an hour and 20,000 receivers a minute; beyond that 45009."""
    limited = getattr(stand_in.company.allowances, allowance)
    assert limited.spend("corp", stand_in.company.clock(), spent)

    assert (await api.post(path, body))["errcode"] == 45009


async def test_creations_are_limited(api: Any, stand_in: Any, world: Any) -> None:
    """1000 groups a day; beyond that 45009."""
    limited = stand_in.company.allowances.group_creations
    assert limited.spend("corp", stand_in.company.clock(), 1000)

    assert (await _create(api, _members(world)))["errcode"] == 45009
