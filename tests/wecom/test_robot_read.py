"""What is said to a robot becomes a message with its scannable texts, quotes left out."""

import json
from typing import Any

import pytest
from tests.wecom.reading import RECEIVED, ignored, message

from moderator.domain.message import IgnoredReason, Message, Source, TextField
from moderator.wecom.events import message_key


def robot_message(kind: str, **more: Any) -> bytes:
    header = {
        "msgid": "CAIQ",
        "aibotid": "aib1",
        "chatid": "wr1",
        "chattype": "group",
        "from": {"userid": "lisi"},
        "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=c",
        "msgtype": kind,
    }
    return json.dumps({**header, **more}).encode()


@pytest.mark.parametrize(
    ("plain", "detail"),
    [
        (b"{}", "no message type"),
        (robot_message("text"), "no text.content"),
        (robot_message("text", text=[]), "no text.content"),
        (robot_message("mixed", mixed={"msg_item": {}}), "no mixed.msg_item"),
        (robot_message("text", text={"content": "x"}, **{"from": "lisi"}), "no sender"),
    ],
)
def test_missing_fields(plain: bytes, detail: str) -> None:
    """A message without what it must have does not fail; what is missing is said."""
    found = ignored(plain)

    assert (found.reason, found.detail) == (IgnoredReason.INCOMPLETE, detail)


def test_robot_text() -> None:
    """What is said to a robot in a group names the group; it is dated when it arrived."""
    found = message(robot_message("text", text={"content": "@小助手 你好"}))

    assert found == Message(
        key=message_key("ww1", "hr", "lisi", "CAIQ"),
        corp="ww1",
        app="hr",
        source=Source.ROBOT,
        sender="lisi",
        message_id="CAIQ",
        kind="text",
        sent_at=RECEIVED,
        fields=(TextField("text.content", "@小助手 你好"),),
        chat="wr1",
    )


def test_robot_in_a_single_chat() -> None:
    """A single chat has no chatid."""
    plain = json.loads(robot_message("text", text={"content": "x"}))
    del plain["chatid"]

    assert message(json.dumps(plain).encode()).chat == ""


def test_robot_voice() -> None:
    """Voice comes already transcribed."""
    found = message(robot_message("voice", voice={"content": "你好"}))

    assert found.fields == (TextField("voice.content", "你好"),)


def test_robot_mixed() -> None:
    """Of text mixed with pictures every text is scanned under its place."""
    items = [
        {"msgtype": "text", "text": {"content": "一"}},
        {"msgtype": "image", "image": {"url": "https://p.example/1"}},
        "not an item",
        {"msgtype": "text", "text": {"content": "二"}},
    ]

    assert message(robot_message("mixed", mixed={"msg_item": items})).fields == (
        TextField("mixed.msg_item.0.text.content", "一"),
        TextField("mixed.msg_item.3.text.content", "二"),
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image", {"url": "https://p.example/1"}),
        ("file", {"url": "https://p.example/1"}),
        ("video", {"url": "https://p.example/1", "aeskey": "k"}),
        ("mixed", {"msg_item": [{"msgtype": "image", "image": {"url": "https://p.example/1"}}]}),
        ("text", {"content": " "}),
    ],
)
def test_robot_messages_without_text(kind: str, body: Any) -> None:
    """Pictures, files and video sent to a robot carry no text."""
    assert ignored(robot_message(kind, **{kind: body})).reason is IgnoredReason.NO_TEXT


def test_robot_unknown_type() -> None:
    """An unknown type is named and let go."""
    found = ignored(robot_message("hologram", hologram={"content": "x"}))

    assert (found.reason, found.event) == (IgnoredReason.UNKNOWN_TYPE, "hologram")


def test_robot_quote_is_not_scanned() -> None:
    """What somebody else wrote and the sender only quotes is not read at all."""
    quote = {"msgtype": "text", "text": {"content": "坏话"}}

    found = message(robot_message("text", text={"content": "别这么说"}, quote=quote))

    assert found.fields == (TextField("text.content", "别这么说"),)


def test_robot_bare_quote() -> None:
    """Quoting without a word of one's own leaves nothing to scan."""
    quote = {"msgtype": "text", "text": {"content": "坏话"}}

    found = ignored(robot_message("text", text={"content": ""}, quote=quote))

    assert found.reason is IgnoredReason.QUOTE_ONLY


def test_half_characters_are_replaced() -> None:
    r"""A lone `\ud800`, which the matcher cannot take, becomes U+FFFD; real pairs stay."""
    plain = robot_message("text", text={"content": "MARK"}).replace(
        b"MARK", rb"a\ud800b\ud83d\ude00"
    )

    assert message(plain).fields == (TextField("text.content", "a\ufffdb😀"),)
