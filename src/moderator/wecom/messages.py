"""Payloads for `message/send` and `appchat/send`, cut to WeCom's byte limits (`wecom.md` §6.1).

WeCom cuts or refuses what is too long, and counts bytes; a cut here falls between characters.
"""

from collections.abc import Sequence
from typing import Any

TEXT_BYTES = 2048
MARKDOWN_BYTES = 2048
MOST_USERS = 1000

_CUT = "…"

Payload = dict[str, Any]


def text(content: str, *, users: Sequence[str] = ()) -> Payload:
    """Build a text message; without `users` it is one for a group."""
    return _payload("text", {"content": cut(content, TEXT_BYTES)}, users)


def markdown(content: str, *, users: Sequence[str] = ()) -> Payload:
    """Build a markdown message; shown by WeCom clients, not by the WeChat plug-in."""
    return _payload("markdown", {"content": cut(content, MARKDOWN_BYTES)}, users)


def of_type(msgtype: str, content: str, *, users: Sequence[str] = ()) -> Payload:
    """Build a message of `msgtype`, which is `text` or `markdown`."""
    return markdown(content, users=users) if msgtype == "markdown" else text(content, users=users)


def cut(content: str, most: int) -> str:
    """Return `content` in at most `most` bytes of UTF-8, ending in … where something is left out.

    Half characters (lone surrogates) become `?`: WeCom takes UTF-8 only.
    """
    encoded = content.encode("utf-8", "replace")
    if len(encoded) <= most:
        return encoded.decode()
    room = most - len(_CUT.encode())
    return encoded[:room].decode("utf-8", "ignore") + _CUT


def _payload(kind: str, body: Payload, users: Sequence[str]) -> Payload:
    if len(users) > MOST_USERS:
        raise ValueError(f"a message goes to at most {MOST_USERS} members")
    receivers = {"touser": "|".join(users)} if users else {}
    return {**receivers, "msgtype": kind, kind: body}
