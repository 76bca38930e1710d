"""Plaintexts of callbacks, as the service's own parser reads them."""

from xml.etree import ElementTree as ET

import pytest

from moderator.domain.cards import CardAnswer
from moderator.domain.message import Ignored, IgnoredReason, Message, Source
from moderator.domain.people import ContactChange
from moderator.rehearsal import callbacks
from moderator.rehearsal.callbacks import Head
from moderator.wecom.events import read

_HEAD = Head(corp="wwcorp", sender="WangLei", at=1_800_000_000, agent_id=1000002)


def _read(plain: bytes) -> Message | Ignored | ContactChange | CardAnswer:
    return read(plain, app="moderation", corp="wwcorp")


def _message(plain: bytes) -> Message:
    found = _read(plain)
    assert isinstance(found, Message)
    return found


def test_text_keeps_every_character() -> None:
    """Mark-up, ends of CDATA sections and emoji arrive as they were written."""
    written = "a < b && ]]> 结束 👍 <xml>"
    found = _message(callbacks.text(_HEAD, 6_972_028_683_187_026_694, written))

    assert [field.text for field in found.fields] == [written]
    assert (found.sender, found.message_id) == ("WangLei", "6972028683187026694")
    assert found.sent_at.timestamp() == 1_800_000_000


def test_link_has_its_texts() -> None:
    """Title, description and address of a link are there to be read."""
    found = _message(callbacks.link(_HEAD, 1, "标题", "描述", "https://a.example/x"))

    assert {"标题", "描述"} <= {field.text for field in found.fields}


@pytest.mark.parametrize(
    ("plain", "kind"),
    [
        (callbacks.image(_HEAD, 1, "M"), "image"),
        (callbacks.voice(_HEAD, 1, "M"), "voice"),
        (callbacks.video(_HEAD, 1, "M"), "video"),
    ],
)
def test_messages_without_text(plain: bytes, kind: str) -> None:
    """Pictures, voices and films are known types without text."""
    found = _read(plain)

    assert isinstance(found, Ignored)
    assert (found.reason, found.event) == (IgnoredReason.NO_TEXT, kind)


def test_location_has_its_label() -> None:
    """The name of the place is text."""
    found = _message(callbacks.location(_HEAD, 1, "浦东大道 1 号"))

    assert [field.text for field in found.fields] == ["浦东大道 1 号"]


def test_event_has_no_msgid() -> None:
    """Events carry Event and AgentID, and never a MsgId."""
    plain = callbacks.event(_HEAD, "enter_agent", {"EventKey": ""})
    tags = [element.tag for element in ET.fromstring(plain)]

    assert "MsgId" not in tags
    assert {"Event", "EventKey", "AgentID"} <= set(tags)
    assert isinstance(_read(plain), Ignored)


@pytest.mark.parametrize("misspelt", [False, True])
def test_card_press_in_both_spellings(misspelt: bool) -> None:  # noqa: FBT001
    """The option tags come as OptionIds or, as in WeCom's own page, as OpitonIds."""
    plain = callbacks.card_press(
        _HEAD, key="approve", task_id="t1", response_code="c1", misspelt=misspelt
    )
    root = ET.fromstring(plain)
    name = "Opiton" if misspelt else "Option"

    assert root.findtext(f"SelectedItems/SelectedItem/{name}Ids/{name}Id") == "approve"
    assert root.findtext("ResponseCode") == "c1"


def test_lists_repeat_their_tag() -> None:
    """A list becomes one element for each entry."""
    plain = callbacks.event(_HEAD, "x", {"Items": {"Item": ["a", "b"]}})

    assert [one.text for one in ET.fromstring(plain).iter("Item")] == ["a", "b"]


def test_robot_message_with_a_quote() -> None:
    """A robot's message is JSON; what is quoted is not what is said."""
    plain = callbacks.robot_text(
        sender="WangLei", msgid="m1", content="@机器人 看这个", chat="wr1", quote="被引用"
    )
    found = _message(plain)

    assert found.source is Source.ROBOT
    assert (found.sender, found.message_id, found.chat) == ("WangLei", "m1", "wr1")
    assert all("被引用" not in field.text for field in found.fields)
