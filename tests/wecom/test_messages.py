"""Payloads have WeCom's shape and never exceed its byte limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.wecom import messages


def test_text() -> None:
    """A text for members names them; one for a group names nobody."""
    assert messages.text("你好", users=["a", "b"]) == {
        "touser": "a|b",
        "msgtype": "text",
        "text": {"content": "你好"},
    }
    assert messages.text("你好") == {"msgtype": "text", "text": {"content": "你好"}}


def test_markdown() -> None:
    """Markdown travels under its own name."""
    assert messages.markdown("**x**") == {"msgtype": "markdown", "markdown": {"content": "**x**"}}


@pytest.mark.parametrize("msgtype", ["text", "markdown"])
def test_of_type(msgtype: str) -> None:
    """The type is chosen by its name."""
    assert messages.of_type(msgtype, "x", users=["a"]) == {
        "touser": "a",
        "msgtype": msgtype,
        msgtype: {"content": "x"},
    }


def test_limits() -> None:
    """Text and markdown get 2048 bytes."""
    long = "长" * 3000

    assert len(messages.text(long)["text"]["content"].encode()) == 2046
    assert len(messages.markdown(long)["markdown"]["content"].encode()) == 2046


@given(content=st.text(), most=st.integers(3, 40))
def test_cut_is_short_enough_and_keeps_characters_whole(content: str, most: int) -> None:
    """What fits stays as it is; what does not ends in … and is a beginning of the text."""
    kept = messages.cut(content, most)

    assert len(kept.encode()) <= most
    if len(content.encode()) <= most:
        assert kept == content
    else:
        assert kept.endswith("…")
        assert content.startswith(kept[:-1])


def test_half_characters_can_be_sent() -> None:
    """A lone surrogate becomes a question mark."""
    assert messages.cut("a\ud800", 10) == "a?"


def test_too_many_receivers() -> None:
    """WeCom takes at most 1000 members; more is a mistake of the caller."""
    with pytest.raises(ValueError, match="1000"):
        messages.text("x", users=["u"] * 1001)
