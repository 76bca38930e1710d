"""XML at a glance is the XML that expat reads."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.errors import MalformedEnvelope
from moderator.wecom import events, flat, xml

NOW = datetime(2026, 11, 22, tzinfo=UTC)
OWN = ("ourrobot",)

_PIECES = (
    *("<xml>", "</xml>", "<a>", "</a>", "<Content>", "</Content>", "<a/>", "<a b='c'>", "<!--x-->"),
    *("<![CDATA[", "]]>", "]", ">", "<", "&", "&amp;", "&#65;", "\r\n", "\n", " ", "\t", "\x0b"),
    *("你好", "[微笑]", "x", "\ufffe", "\x00", "<?xml version='1.0'?>", "<!DOCTYPE a>", "𠮷"),
)
_documents = st.one_of(
    st.lists(st.sampled_from(_PIECES)).map("".join),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "Content"]), st.sampled_from((*_PIECES, ""))),
    ).map(
        lambda pairs: "<xml>" + "".join(f"<{n}><![CDATA[{t}]]></{n}>" for n, t in pairs) + "</xml>"
    ),
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "Content"]), st.text(max_size=5)),
    ).map(lambda pairs: "<xml>" + "".join(f"<{n}>{t}</{n}>" for n, t in pairs) + "</xml>"),
)


def told(read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except MalformedEnvelope:
        return MalformedEnvelope


def slowly(patch: pytest.MonkeyPatch) -> None:
    """Nothing is read at a glance any more."""
    patch.setattr(xml, "_children", lambda _: None)
    patch.setattr(xml, "_only_text", lambda *_: None)
    patch.setattr(xml, "_text_message", lambda _: None)


@given(_documents.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"<xml><a><![CDATA[x]]]]><![CDATA[>y]]></a></xml>")
@example(b"<xml><a><![CDATA[</a><b>no</b>]]></a></xml>")
@example(b"<xml><a>1</a><a>2</a></xml>")
@example(b"<xml> <a></a>\n</xml>\n")
def test_at_a_glance_is_what_expat_reads(document: bytes) -> None:
    """Whatever the document, both ways tell the same fields, or refuse it alike."""
    with pytest.MonkeyPatch.context() as patch:
        glanced = told(xml.fields, document), told(xml.only_text, document, "a")
        slowly(patch)
        assert glanced == (told(xml.fields, document), told(xml.only_text, document, "a"))


def test_what_wecom_writes_is_read_at_a_glance() -> None:
    """Otherwise the quick way would be of no use to anybody."""
    document = (
        "<xml><ToUserName><![CDATA[ww]]></ToUserName><CreateTime>1348831860</CreateTime>"
        "<Content><![CDATA[第一行\n<b>]] > [微笑] & 好]]></Content></xml>"
    )
    assert flat.children(document.encode()) == [
        ("ToUserName", "ww"),
        ("CreateTime", "1348831860"),
        ("Content", "第一行\n<b>]] > [微笑] & 好"),
    ]


_CHILDREN = {
    "ToUserName": ("ww1", "公司", "\udcff"),
    "FromUserName": ("ZhangSan", "sys", "WW1", "OurRobot", "", " ", "张三"),
    "CreateTime": ("1348831860", "-1", "9" * 30, "soon", "", "１２"),
    "MsgType": ("text", "image", "event", "", "Text"),
    "Content": (
        *("早上好", "", " \n", "sys", "a\r\nb", "]]", "\udcff", "「张三：嗯」\n- - - - - - -\n好"),
        '这是一条引用/回复消息：\n"张三：\n嗯"\n------\n好',
    ),
    "MsgId": ("4054768590064713728", "", "x"),
    "AgentID": ("1000002",),
    "InfoType": ("suite_ticket",),
    "Event": ("click",),
}
_child = st.sampled_from(sorted(_CHILDREN)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(_CHILDREN[name]))
)
_OFTEN = {"FromUserName": 1, "CreateTime": 3, "MsgType": 3, "Content": 0, "MsgId": 3}


def _mostly_usual(values: tuple[str, ...], often: int) -> st.SearchStrategy[str]:
    """The first of the values, so often beside any of them."""
    return st.one_of(*[st.just(values[0])] * often, st.sampled_from(values))


_message = st.tuples(
    *(
        st.tuples(st.just(name), _mostly_usual(_CHILDREN[name], often))
        for name, often in _OFTEN.items()
    )
)


@given(_message, st.lists(_child, max_size=2), st.randoms(use_true_random=False))
def test_a_message_read_at_a_glance_is_the_message(
    usual: tuple[tuple[str, str], ...], more: list[tuple[str, str]], chance: Any
) -> None:
    """Whatever it has more, less or twice, both ways read the same message, or the same reason."""
    pairs = [*usual, *more]
    chance.shuffle(pairs)
    written = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in pairs)
    document = f"<xml>{written}</xml>".encode("utf-8", "surrogateescape")

    def reading() -> Any:
        return told(lambda: events.read(document, app="a", corp="ww1", received_at=NOW, own=OWN))

    glanced = reading()
    with pytest.MonkeyPatch.context() as patch:
        slowly(patch)
        assert glanced == reading()


def test_what_members_write_is_read_at_a_glance() -> None:
    """Line breaks, emoji and markup in the text are no reason to take the long way."""
    document = (
        "<xml><ToUserName><![CDATA[ww]]></ToUserName><FromUserName><![CDATA[lisi]]></FromUserName>"
        "<CreateTime>1348831860</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[第一行\n<b>[微笑]]]></Content><MsgId>1</MsgId><AgentID>1</AgentID></xml>"
    )

    found = flat.text_message(document.encode())

    assert found == ("lisi", "1", "1348831860", "第一行\n<b>[微笑]")


def test_an_envelope_is_read_at_a_glance() -> None:
    """Every delivery is one."""
    document = b"<xml><ToUserName>ww</ToUserName><Encrypt><![CDATA[YWJj]]></Encrypt></xml>"

    assert flat.only_text(document, b"Encrypt") == "YWJj"
    assert flat.only_text(document.replace(b"ToUserName", b"Encrypt"), b"Encrypt") is None
