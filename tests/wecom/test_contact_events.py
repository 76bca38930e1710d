"""`change_contact` events as changes of the directory."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from moderator.domain.message import Ignored, IgnoredReason
from moderator.domain.people import Change, ContactChange
from moderator.rehearsal import callbacks
from moderator.wecom import events

CORP = "ww0123456789abcdef"


def read(fields: Mapping[str, Any]) -> object:
    head = callbacks.Head(corp=CORP, sender="sys", at=1_790_000_000, agent_id=1000002)
    plain = callbacks.event(head, "change_contact", fields)
    return events.read(plain, app="guard", corp=CORP)


def changed(fields: Mapping[str, Any]) -> ContactChange:
    change = read(fields)
    assert isinstance(change, ContactChange)
    return change


def test_a_new_member_is_read_whole() -> None:
    """The main department comes first, and what a member leads goes by position."""
    change = changed(
        {
            "ChangeType": "create_user",
            "UserID": "ZhangSan",
            "Name": "张三",
            "Department": "2,3,7",
            "MainDepartment": "3",
            "IsLeaderInDept": "0,1,0",
            "DirectLeader": "LiSi,WangWu",
        }
    )

    assert (change.change, change.userid, change.name) == (Change.CREATE_USER, "ZhangSan", "张三")
    assert (change.departments, change.leads) == ((3, 2, 7), (3,))
    assert change.superiors == ("LiSi", "WangWu")
    assert change.at == datetime.fromtimestamp(1_790_000_000, UTC)


def test_what_an_update_leaves_out_has_not_changed() -> None:
    """WeCom names only the fields that are new."""
    change = changed({"ChangeType": "update_user", "UserID": "a", "NewUserID": "b"})

    assert change.new_userid == "b"
    assert (change.name, change.departments, change.leads, change.superiors) == (None,) * 4


def test_a_department_has_a_number_a_name_and_a_place() -> None:
    """`Id`, `Name` and `ParentId` of the party events."""
    change = changed({"ChangeType": "update_party", "Id": 7, "Name": "客服部", "ParentId": 2})

    assert (change.department, change.name, change.parent) == (7, "客服部", 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"ChangeType": "update_tag", "TagId": 1},
        {"ChangeType": "create_user"},
        {"ChangeType": "delete_party", "Id": "99999999999"},
        {"ChangeType": "delete_party", "Id": "²"},
        {"ChangeType": "gain_user", "UserID": "a"},
    ],
)
def test_events_that_name_nobody_are_ignored(fields: Mapping[str, Any]) -> None:
    """An unknown or incomplete change ends as any other event does."""
    ignored = read(fields)

    assert isinstance(ignored, Ignored)
    assert ignored.reason is IgnoredReason.EVENT


def test_marks_of_leadership_without_departments_say_nothing() -> None:
    """They go by the departments' order; without that they cannot be read."""
    change = changed({"ChangeType": "update_user", "UserID": "a", "IsLeaderInDept": "1"})

    assert change.leads is None
