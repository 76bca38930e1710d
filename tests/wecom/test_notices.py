"""Contact changes and card answers are read with everything they say."""

import pytest

from moderator.errors import MalformedEnvelope
from moderator.wecom.notices import CardAnswer, ContactChange, parse

HEADER = "<FromUserName>zhangsan</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>"


def event(name: str, body: str) -> bytes:
    return f"<xml>{HEADER}<Event>{name}</Event>{body}</xml>".encode()


@pytest.mark.parametrize("spelling", ["Option", "Opiton"])
def test_card_answer(spelling: str) -> None:
    """Options are read in both spellings, by question, in the order in which they were chosen."""
    body = (
        "<EventKey>submit</EventKey><TaskId>t1</TaskId><CardType>multiple_interaction</CardType>"
        "<ResponseCode>r1</ResponseCode><SelectedItems>"
        "<SelectedItem><QuestionKey>q1</QuestionKey>"
        f"<{spelling}Ids><{spelling}Id>b</{spelling}Id><{spelling}Id>a</{spelling}Id>"
        f"</{spelling}Ids></SelectedItem>"
        "<SelectedItem><QuestionKey>q2</QuestionKey></SelectedItem>"
        "</SelectedItems>"
    )

    assert parse(event("template_card_event", body)) == CardAnswer(
        user="zhangsan",
        task_id="t1",
        key="submit",
        response_code="r1",
        chosen={"q1": ("b", "a"), "q2": ()},
    )


def test_button_without_questions() -> None:
    """A button's answer has its key and nothing chosen."""
    answer = parse(event("template_card_event", "<EventKey>agree</EventKey><TaskId>t1</TaskId>"))

    assert answer == CardAnswer(
        user="zhangsan", task_id="t1", key="agree", response_code="", chosen={}
    )


def test_updated_member() -> None:
    """An update names the new userid, the name and the departments."""
    body = (
        "<ChangeType>update_user</ChangeType><UserID>a</UserID><NewUserID>b</NewUserID>"
        "<Name>张三</Name><Department>1,2,x,</Department>"
        "<ExtAttr><Item><Name>爱好</Name></Item></ExtAttr>"
    )

    assert parse(event("change_contact", body)) == ContactChange(
        change="update_user", userid="a", new_userid="b", name="张三", departments=(1, 2)
    )


def test_deleted_member_as_a_suite_hears_of_it() -> None:
    """A suite's event names itself in InfoType."""
    plain = (
        b"<xml><SuiteId>s</SuiteId><InfoType>change_contact</InfoType>"
        b"<ChangeType>delete_user</ChangeType><UserID>a</UserID></xml>"
    )

    assert parse(plain) == ContactChange(change="delete_user", userid="a")


@pytest.mark.parametrize(
    "plain",
    [
        event("change_contact", "<ChangeType>create_party</ChangeType><Id>2</Id>"),
        event("enter_agent", ""),
        b"<xml><MsgType>text</MsgType><Content>x</Content></xml>",
    ],
)
def test_everything_else_has_no_value(plain: bytes) -> None:
    """Departments, other events and messages are none of this."""
    assert parse(plain) is None


def test_what_is_no_xml_is_malformed() -> None:
    """Robots' JSON is not read here."""
    with pytest.raises(MalformedEnvelope):
        parse(b"{}")
