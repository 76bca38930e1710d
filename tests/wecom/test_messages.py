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


def test_textcard() -> None:
    """A card without a button text leaves WeCom's own; one with it is cut to four characters."""
    plain = messages.textcard("标题", "说明", "https://a.example/")
    named = messages.textcard("标题", "说明", "https://a.example/", button="查看详情吧")

    assert plain["textcard"] == {
        "title": "标题",
        "description": "说明",
        "url": "https://a.example/",
    }
    assert named["textcard"]["btntxt"] == "查看详情"


def test_limits_of_each_part() -> None:
    """Text and markdown get 2048 bytes, a card's title 128 and its description 512."""
    long = "长" * 3000
    card = messages.textcard(long, long, "https://a.example/")["textcard"]

    sizes = [
        len(part.encode())
        for part in (
            messages.text(long)["text"]["content"],
            messages.markdown(long)["markdown"]["content"],
            card["title"],
            card["description"],
        )
    ]

    assert sizes == [2046, 2046, 126, 510]


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
