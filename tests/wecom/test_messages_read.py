"""Every message type of an app's chat becomes a message with its scannable texts."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.wecom.reading import RECEIVED, ignored, message

from moderator.domain.message import Ignored, IgnoredReason, Message, Source, TextField
from moderator.errors import MalformedEnvelope
from moderator.wecom.events import message_key, read

HEADER = (
    "<ToUserName><![CDATA[ww1]]></ToUserName>"
    "<FromUserName><![CDATA[zhangsan]]></FromUserName>"
    "<CreateTime>1476422779</CreateTime>"
)
FOOTER = "<MsgId>1456453720</MsgId><AgentID>1000002</AgentID>"


def xml_message(kind: str, body: str, *, header: str = HEADER, footer: str = FOOTER) -> bytes:
    message_type = f"<MsgType><![CDATA[{kind}]]></MsgType>"
    return f"<xml>{header}{message_type}{body}{footer}</xml>".encode()


def test_text_message() -> None:
    """A text message carries who, when, what and which, and its Content."""
    found = message(xml_message("text", "<Content><![CDATA[你好 <b>&]]></Content>"))

    assert found == Message(
        key=message_key("ww1", "hr", "zhangsan", "1456453720"),
        corp="ww1",
        app="hr",
        source=Source.CALLBACK,
        sender="zhangsan",
        message_id="1456453720",
        kind="text",
        sent_at=datetime(2016, 10, 14, 5, 26, 19, tzinfo=UTC),
        fields=(TextField("Content", "你好 <b>&"),),
    )


def test_link_message() -> None:
    """A link is scanned by its title, description and address, not by its picture's."""
    body = (
        "<Title>标题</Title><Description>说明</Description><Url>https://a.example/?x=1&amp;y=2</Url>"
        "<PicUrl>https://b.example/p.png</PicUrl>"
    )

    assert message(xml_message("link", body)).fields == (
        TextField("Title", "标题"),
        TextField("Description", "说明"),
        TextField("Url", "https://a.example/?x=1&y=2"),
    )


def test_link_without_description() -> None:
    """Fields of a link that are absent or blank are left out."""
    found = message(xml_message("link", "<Title>标题</Title><Description> </Description>"))

    assert found.fields == (TextField("Title", "标题"),)


def test_location_message() -> None:
    """A location is scanned by its label."""
    body = "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Label>天河区</Label>"

    assert message(xml_message("location", body)).fields == (TextField("Label", "天河区"),)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("image", "<PicUrl>https://p.example/1</PicUrl><MediaId>m</MediaId>"),
        ("voice", "<MediaId>m</MediaId><Format>amr</Format>"),
        ("video", "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>"),
        ("text", "<Content></Content>"),
        ("text", "<Content> \n　</Content>"),
        ("location", "<Label/>"),
    ],
)
def test_messages_without_text(kind: str, body: str) -> None:
    """Pictures, voice, video and blank texts have nothing to scan."""
    plain = xml_message(kind, body)

    assert ignored(plain) == Ignored(
        reason=IgnoredReason.NO_TEXT, app="hr", key=hashlib.sha256(plain).hexdigest(), event=kind
    )


@pytest.mark.parametrize("kind", ["hologram", "file", "Text"])
def test_unknown_message_types(kind: str) -> None:
    """A type that WeCom adds one day is named and let go, whatever it carries."""
    found = ignored(xml_message(kind, "<Content>x</Content><Deep><a><b/></a></Deep>"))

    assert (found.reason, found.event) == (IgnoredReason.UNKNOWN_TYPE, kind)


@pytest.mark.parametrize(
    ("plain", "detail"),
    [
        (b"<xml><Content>x</Content></xml>", "no message type"),
        (b"<xml/>", "no message type"),
        (xml_message("text", ""), "no Content"),
        (xml_message("link", ""), "no Title"),
        (xml_message("text", "<Content>x</Content>", header=""), "no sender"),
    ],
)
def test_missing_fields(plain: bytes, detail: str) -> None:
    """A message without what it must have does not fail; what is missing is said."""
    found = ignored(plain)

    assert (found.reason, found.detail) == (IgnoredReason.INCOMPLETE, detail)


def test_message_from_the_system() -> None:
    """`sys` is nobody who can be held to anything."""
    header = HEADER.replace("zhangsan", "sys")

    assert (
        ignored(xml_message("text", "<Content>x</Content>", header=header)).reason
        is IgnoredReason.OWN_MESSAGE
    )


@pytest.mark.parametrize("time", ["", "soon", "99999999999999999999", "1e9"])
def test_impossible_time(time: str) -> None:
    """A message whose time cannot be read is dated when it arrived."""
    header = HEADER.replace("1476422779", time)

    found = message(xml_message("text", "<Content>x</Content>", header=header))

    assert found.sent_at == RECEIVED


def test_key_is_the_same_for_the_same_message_only() -> None:
    """Text and time do not enter the key; corp, app, sender and MsgId each do."""
    plain = xml_message("text", "<Content>x</Content>")
    key = message(plain).key

    assert message(plain.replace(b">x<", b">y<")).key == key
    assert message(plain.replace(b"zhangsan", b"lisi")).key != key
    assert message(plain.replace(b"1456453720", b"1456453721")).key != key
    assert message_key("ww2", "hr", "zhangsan", "1456453720") != key
    assert message_key("ww1", "it", "zhangsan", "1456453720") != key


@given(st.tuples(*[st.text(max_size=4)] * 4), st.tuples(*[st.text(max_size=4)] * 4))
def test_key_runs_nothing_together(
    one: tuple[str, str, str, str], two: tuple[str, str, str, str]
) -> None:
    """Two different sets of parts never make one key, wherever the text is cut."""
    assert (message_key(*one) == message_key(*two)) == (one == two)


def test_key_does_not_run_neighbours_together() -> None:
    """Moving a character from one part to the next changes the key."""
    assert message_key("ww1", "hr", "ab", "c") != message_key("ww1", "hr", "a", "bc")


def test_message_without_msgid() -> None:
    """Without MsgId the payload is the identity: a redelivery carries the same one."""
    plain = xml_message("text", "<Content>x</Content>", footer="")

    found = message(plain)

    assert found.message_id == ""
    assert found.key == hashlib.sha256(plain).hexdigest()


@pytest.mark.parametrize(
    ("content", "own"),
    [
        ('这是一条引用/回复消息：\n"李四:\n坏话"\n------\n别这么说', "别这么说"),
        ('This is a quote/reply:\n"Li Si:\nbad words"\n------\nplease stop', "please stop"),
        ("「李四：坏话\n第二行」\n- - - - - - - - - - - - - - -\n别这么说", "别这么说"),
        ('这是一条引用/回复消息:\r\n"李四：\r\n坏话"\r\n------\r\n别\r\n说', "别\n说"),
        (
            '这是一条引用/回复消息：\n"王五:\n这是一条引用/回复消息：\n"李四:\n坏话"\n------\n更坏"\n------\n够了',
            "够了",
        ),
        (
            '这是一条引用/回复消息：\n"李四:\n好话"\n------\n坏话\n------\n更坏',
            "坏话\n------\n更坏",
        ),
    ],
)
def test_quotes_are_not_the_writers_words(content: str, own: str) -> None:
    """Of a quoting reply only what the writer added is scanned, however it is quoted."""
    found = message(xml_message("text", f"<Content><![CDATA[{content}]]></Content>"))

    assert found.fields == (TextField("Content", own),)


@pytest.mark.parametrize(
    "content",
    [
        '这是一条引用/回复消息：\n"李四:\n坏话',
        '看：这是一条引用/回复消息：\n"李四:\n坏话"\n------\n别这么说',
        "「李四：坏话」\n别这么说",
        "「坏话」",
        "------\n坏话",
    ],
)
def test_what_only_looks_like_a_quote_is_scanned(content: str) -> None:
    """Nobody hides words behind half a quotation."""
    found = message(xml_message("text", f"<Content>{content}</Content>"))

    assert found.fields == (TextField("Content", content),)


def test_bare_quote() -> None:
    """A reply that adds nothing to the quote has nothing of the writer's to scan."""
    content = '这是一条引用/回复消息：\n"李四:\n坏话"\n------\n'

    found = ignored(xml_message("text", f"<Content>{content}</Content>"))

    assert found.reason is IgnoredReason.QUOTE_ONLY


def test_only_the_messages_own_fields_count() -> None:
    """Neither a field inside another one nor a second one of the same name replaces the first."""
    body = "<X><Content>nested</Content></X><Content>first</Content><Content>second</Content>"

    assert message(xml_message("text", body)).fields == (TextField("Content", "first"),)


def test_declared_encoding_is_not_believed() -> None:
    """WeCom writes UTF-8; a declaration of anything else changes nothing."""
    plain = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + xml_message(
        "text", "<Content>你好</Content>"
    )

    assert message(plain).fields == (TextField("Content", "你好"),)


def test_doctype_in_somebodys_words() -> None:
    """Talking about `<!DOCTYPE html>` is no attack."""
    found = message(xml_message("text", "<Content><![CDATA[<!DOCTYPE html> &e;]]></Content>"))

    assert found.fields[0].text == "<!DOCTYPE html> &e;"


@pytest.mark.parametrize("bad", [b"\x08", b"\x00", b"\xed\xa0\x80", b"\xef\xbf\xbf", b"\xff"])
def test_characters_that_xml_forbids(bad: bytes) -> None:
    """A control character in a message does not carry the rest of it past moderation."""
    plain = xml_message("text", "<Content><![CDATA[赌|博]]></Content>").replace(b"|", bad)

    text = message(plain).fields[0].text

    assert text.strip("赌博") == "\ufffd" * len(text.strip("赌博"))
    assert text.startswith("赌")
    assert text.endswith("博")


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"hello",
        b"[]",
        b"<xml>",
        b'{"msgtype":',
        b'{"a":' * 9999,
        b"<a>" * 9999,
        b"<!DOCTYPE x><xml/>",
        b'<!DOCTYPE x [<!ENTITY e "bad">]><xml><Content>&e;</Content></xml>',
        b"<xml>&e;</xml>",
    ],
)
def test_neither_xml_nor_json(plain: bytes) -> None:
    """What cannot be read at all is malformed."""
    with pytest.raises(MalformedEnvelope):
        read(plain, app="hr", corp="ww1")
