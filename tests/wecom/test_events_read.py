"""Every event that WeCom is known to send ends as ignored, under its name."""

import hashlib
import json
from typing import Any

import pytest

from moderator.domain.message import Ignored, IgnoredReason
from moderator.wecom.events import read

HEADER = (
    "<ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
    "<CreateTime>1476422779</CreateTime><MsgType><![CDATA[event]]></MsgType>"
)

CARD = (
    "<EventKey>agree</EventKey><TaskId>t1</TaskId><CardType>vote_interaction</CardType>"
    "<ResponseCode>r</ResponseCode><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey>"
    "<OptionIds><OptionId>a</OptionId></OptionIds></SelectedItem></SelectedItems>"
)
SIMPLE: dict[str, str] = {
    "subscribe": "",
    "unsubscribe": "",
    "enter_agent": "<EventKey/>",
    "LOCATION": "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>15</Precision>",
    "click": "<EventKey>menu1</EventKey>",
    "view": "<EventKey>https://a.example/</EventKey>",
    "scancode_push": "<ScanCodeInfo><ScanResult>1</ScanResult></ScanCodeInfo>",
    "scancode_waitmsg": "<ScanCodeInfo><ScanType>qrcode</ScanType></ScanCodeInfo>",
    "pic_sysphoto": "<SendPicsInfo><Count>1</Count></SendPicsInfo>",
    "pic_photo_or_album": "",
    "pic_weixin": "",
    "location_select": "<SendLocationInfo><Label>x</Label></SendLocationInfo>",
    "batch_job_result": "<BatchJob><JobId>j</JobId><JobType>sync_user</JobType></BatchJob>",
    "template_card_menu_event": "<EventKey>k</EventKey><TaskId>t1</TaskId>",
    "taskcard_click": "<EventKey>k</EventKey><TaskId>t1</TaskId>",
    "open_approval_change": "<ApprovalInfo><ThirdNo>1</ThirdNo></ApprovalInfo>",
    "sys_approval_change": "<ApprovalInfo><SpNo>1</SpNo></ApprovalInfo>",
    "share_agent_change": "",
    "switch_workbench_mode": "<Mode>1</Mode>",
    "close_inactive_agent": "",
    "reopen_inactive_agent": "",
    "msgaudit_notify": "<AgentID>2000004</AgentID>",
    "kf_account_auth_change": "<AuthAddOpenKfId>k</AuthAddOpenKfId>",
    "program_notify": "<NotifyId>n</NotifyId><NotifyScene>1</NotifyScene>",
    "upload_media_job_finish": "<JobId>j</JobId>",
    "living_status_change": "",
    "an_event_of_next_year": "<Anything><goes/></Anything>",
}
CHANGES: dict[str, tuple[str, ...]] = {
    "change_contact": ("update_tag",),
    "change_external_contact": (
        "add_external_contact",
        "edit_external_contact",
        "add_half_external_contact",
        "del_external_contact",
        "del_follow_user",
        "transfer_fail",
        "msg_audit_approved",
    ),
    "change_external_chat": ("create", "update", "dismiss"),
    "change_external_tag": ("create", "update", "delete", "shuffle"),
    "security": ("change_domain_ip",),
}


def ignored(plain: bytes) -> Ignored:
    found = read(plain, app="hr", corp="ww1")
    assert isinstance(found, Ignored)
    return found


@pytest.mark.parametrize("event", SIMPLE)
def test_event(event: str) -> None:
    """An event is ignored under its name, identified by its whole payload."""
    plain = f"<xml>{HEADER}<Event>{event}</Event>{SIMPLE[event]}</xml>".encode()

    assert ignored(plain) == Ignored(
        reason=IgnoredReason.EVENT, app="hr", key=hashlib.sha256(plain).hexdigest(), event=event
    )


@pytest.mark.parametrize(
    ("event", "change"), [(event, change) for event in CHANGES for change in CHANGES[event]]
)
def test_change_event(event: str, change: str) -> None:
    """An event with a ChangeType is named by both."""
    body = f"<Event>{event}</Event><ChangeType>{change}</ChangeType><UserID>u</UserID>"

    assert ignored(f"<xml>{HEADER}{body}</xml>".encode()).event == f"{event}/{change}"


def test_customer_service_event_without_sender() -> None:
    """`kf_msg_or_event` has neither FromUserName nor AgentID nor MsgId."""
    plain = (
        b"<xml><ToUserName>ww1</ToUserName><CreateTime>1348831860</CreateTime>"
        b"<MsgType>event</MsgType><Event>kf_msg_or_event</Event><Token>t</Token>"
        b"<OpenKfId>k</OpenKfId></xml>"
    )

    assert (ignored(plain).reason, ignored(plain).event) == (
        IgnoredReason.EVENT,
        "kf_msg_or_event",
    )


def test_suite_event() -> None:
    """A suite's event has InfoType in place of the common header."""
    plain = (
        b"<xml><SuiteId>s</SuiteId><AuthCorpId>ww1</AuthCorpId><InfoType>change_contact</InfoType>"
        b"<TimeStamp>1403610513</TimeStamp><ChangeType>delete_user</ChangeType></xml>"
    )

    assert (ignored(plain).reason, ignored(plain).event) == (
        IgnoredReason.EVENT,
        "change_contact/delete_user",
    )


def test_event_without_a_name() -> None:
    """An event that does not say which one it is still ends as an event."""
    assert ignored(f"<xml>{HEADER}</xml>".encode()).reason is IgnoredReason.EVENT


def test_two_events_of_one_person_in_one_second_stay_apart() -> None:
    """FromUserName and CreateTime are not an event's identity; its payload is."""
    one = f"<xml>{HEADER}<Event>click</Event><EventKey>a</EventKey></xml>".encode()
    two = f"<xml>{HEADER}<Event>click</Event><EventKey>b</EventKey></xml>".encode()

    assert ignored(one).key != ignored(two).key


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ({"msgtype": "event", "event": {"eventtype": "enter_chat"}}, "enter_chat"),
        (
            {"msgtype": "event", "event": {"eventtype": "feedback_event", "feedback_event": {}}},
            "feedback_event",
        ),
        (
            {"msgtype": "event", "event": {"eventtype": "template_card_event"}},
            "template_card_event",
        ),
        ({"msgtype": "event"}, "event"),
        ({"msgtype": "event", "event": "x"}, "event"),
        ({"msgtype": "stream", "stream": {"id": "s"}}, "stream"),
    ],
)
def test_robot_event(payload: dict[str, Any], event: str) -> None:
    """Events and stream refreshes of a robot are ignored under their names."""
    found = ignored(json.dumps(payload).encode())

    assert (found.reason, found.event) == (IgnoredReason.EVENT, event)
