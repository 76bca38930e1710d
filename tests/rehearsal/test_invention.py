"""The invented company."""

import base64

from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    FOREIGN_GROUP,
    WORK_GROUP,
    encoding_aes_key,
    invent_people,
    invent_world,
)


def test_people_are_the_same_for_the_same_seed() -> None:
    """The sender of a rehearsal exists in every stand-in."""
    assert invent_people(100, 1) == invent_people(100, 1)
    assert invent_people(100, 1) != invent_people(100, 2)
    assert invent_people(240, 1)[:100] == invent_people(100, 1)


def test_userids_are_different() -> None:
    """No two of a thousand members share a userid, whatever its case."""
    people = invent_people(1000, 1)

    assert len({person.userid.lower() for person in people}) == 1000


def test_departments_have_one_head_each() -> None:
    """Everybody but the head has the head of their department as superior."""
    people = {person.userid: person for person in invent_people(240, 1)}
    led = [person for person in people.values() if person.leader]

    assert len(people) - len(led) == len({one.departments for one in people.values()})
    assert all(people[one.leader].departments == one.departments for one in led)


def test_secrets_are_new_every_time() -> None:
    """Two worlds share no secret, token, key or corp id."""
    one, two = invent_world(people=10), invent_world(people=10)

    assert one.corp != two.corp
    for first, second in zip(one.apps, two.apps, strict=True):
        assert first.secret != second.secret
        assert first.token != second.token
        assert first.encoding_aes_key != second.encoding_aes_key


def test_keys_are_as_wecom_makes_them() -> None:
    """43 letters and digits that decode to 32 bytes."""
    for _ in range(20):
        key = encoding_aes_key()

        assert len(key) == 43
        assert key.isalnum()
        assert len(base64.b64decode(key + "=")) == 32


def test_groups_have_members_who_exist() -> None:
    """Two groups made by the app, one by people; all members are employees."""
    world = invent_world()
    userids = {person.userid for person in world.people}

    assert {group.chat: bool(group.made_by) for group in world.groups} == {
        COMPLIANCE_GROUP: True,
        WORK_GROUP: True,
        FOREIGN_GROUP: False,
    }
    assert all(set(group.members) <= userids for group in world.groups)
    assert all(group.owner in group.members for group in world.groups)
