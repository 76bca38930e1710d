"""XML at a glance is the XML that expat reads."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderator.errors import MalformedEnvelope
from moderator.wecom import flat, xml

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


@given(_documents.map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(b"<xml><a><![CDATA[x]]]]><![CDATA[>y]]></a></xml>")
@example(b"<xml><a><![CDATA[</a><b>no</b>]]></a></xml>")
@example(b"<xml><a>1</a><a>2</a></xml>")
@example(b"<xml> <a></a>\n</xml>\n")
def test_at_a_glance_is_what_expat_reads(document: bytes) -> None:
    """Whatever the document, both ways tell the same fields, or refuse it alike."""
    with pytest.MonkeyPatch.context() as patch:
        glanced = told(xml.fields, document), told(xml.only_text, document, "a")
        patch.setattr(xml, "_at_a_glance", lambda _: None)
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
