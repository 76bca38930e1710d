"""Members, departments, media and addresses."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_members_details(api: Any, world: Any) -> None:
    """user/get answers name, departments, superior and status."""
    person = next(one for one in world.people if one.leader)
    answer = await api.get("user/get", userid=person.userid)

    assert answer["errcode"] == 0
    assert answer["name"] == person.name
    assert answer["department"] == list(person.departments)
    assert answer["main_department"] == person.departments[0]
    assert answer["direct_leader"] == [person.leader]
    assert answer["is_leader_in_dept"] == [0]
    assert answer["status"] == 1


async def test_leader_is_shown_as_one(api: Any, world: Any) -> None:
    """A superior has is_leader_in_dept 1 and no superior of their own in this company."""
    leader = next(one.leader for one in world.people if one.leader)
    answer = await api.get("user/get", userid=leader)

    assert answer["is_leader_in_dept"] == [1]
    assert answer["direct_leader"] == []


@pytest.mark.parametrize(("userid", "errcode"), [("Nobody", 60111), ("", 41009)])
async def test_unknown_member(api: Any, userid: str, errcode: int) -> None:
    """A member who left is 60111, an empty userid 41009."""
    assert (await api.get("user/get", userid=userid))["errcode"] == errcode


async def test_member_who_leaves(api: Any, stand_in: Any, world: Any) -> None:
    """After somebody left, user/get no longer knows them."""
    stand_in.company.dismiss(world.people[5].userid)

    assert (await api.get("user/get", userid=world.people[5].userid))["errcode"] == 60111


async def test_member_outside_the_visible_range(api: Any, world: Any) -> None:
    """An app may not read a member whom it does not see: 60011."""
    outside = next(one.userid for one in world.people if one.departments == (3,))

    assert (await api.get("user/get", app="half", userid=outside))["errcode"] == 60011


async def test_contacts_secret_reads_no_details(api: Any, world: Any) -> None:
    """Since August 2022 the contacts secret cannot read details: 48009."""
    person = world.people[0].userid

    assert (await api.get("user/get", app="contacts", userid=person))["errcode"] == 48009
    assert (await api.get("department/list", app="contacts"))["errcode"] == 48009
    assert (await api.get("department/simplelist", app="contacts"))["errcode"] == 0


async def test_account_is_disabled_and_enabled(api: Any, world: Any) -> None:
    """user/update with enable 0 sets status 2, with enable 1 status 1."""
    person = world.people[0].userid
    seen = []
    for enable in (0, 1):
        await api.post("user/update", {"userid": person, "enable": enable}, app="contacts")
        seen.append((await api.get("user/get", userid=person))["status"])

    assert seen == [2, 1]


async def test_only_the_contacts_secret_disables(api: Any, world: Any) -> None:
    """An app's token is refused with 48002 and changes nothing."""
    person = world.people[0].userid
    answer = await api.post("user/update", {"userid": person, "enable": 0})

    assert answer["errcode"] == 48002
    assert (await api.get("user/get", userid=person))["status"] == 1


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"userid": "Nobody", "enable": 0}, 60111),
        ({"enable": 0}, 41009),
        ({"userid": "QuietOne", "enable": 7}, 40035),
    ],
)
async def test_update_is_refused(api: Any, body: dict[str, Any], errcode: int) -> None:
    """An unknown member, none, or a value that is not 0 or 1."""
    assert (await api.post("user/update", body, app="contacts"))["errcode"] == errcode


async def test_departments(api: Any, world: Any) -> None:
    """department/list answers every department with its parent."""
    answer = await api.get("department/list")

    assert {one["id"]: (one["name"], one["parentid"]) for one in answer["department"]} == {
        one.id: (one.name, one.parent) for one in world.departments
    }


async def test_departments_below_one(api: Any) -> None:
    """With id only the department and those under it are listed; an unknown id is 60123."""
    answer = await api.get("department/list", id="2")

    assert {one["id"] for one in answer["department"]} == {2, 21, 22}
    assert (await api.get("department/list", id="77"))["errcode"] == 60123


async def test_departments_of_a_narrow_app(api: Any) -> None:
    """An app lists only what it sees."""
    answer = await api.get("department/list", app="half")

    assert {one["id"] for one in answer["department"]} == {7}


async def test_ids_come_in_pages(api: Any, world: Any) -> None:
    """user/list_id pages through all members with a cursor."""
    found: list[str] = []
    cursor = ""
    while True:
        body = {"cursor": cursor, "limit": 15}
        answer = await api.post("user/list_id", body, app="contacts")
        found += [one["userid"] for one in answer["dept_user"]]
        cursor = answer["next_cursor"]
        if not cursor:
            break

    assert sorted(found) == sorted(person.userid for person in world.people)


async def test_media_is_the_file_itself(api: Any) -> None:
    """media/get answers bytes with their type and name, not JSON."""
    query = {"access_token": await api.token(), "media_id": "MEDIA1"}
    answer = await api.http.get("/cgi-bin/media/get", params=query)

    assert answer.content == b"\x89PNG"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].endswith("''%E5%9B%BE.png")


async def test_unknown_media(api: Any) -> None:
    """An unknown or expired media id is 40007, in JSON."""
    assert (await api.get("media/get", media_id="OLD"))["errcode"] == 40007


async def test_addresses(api: Any) -> None:
    """getcallbackip answers plain addresses and wildcards; get_api_domain_ip exists too."""
    assert (await api.get("getcallbackip"))["ip_list"] == ["101.226.103.*", "182.254.11.176"]
    assert (await api.get("get_api_domain_ip"))["ip_list"]
