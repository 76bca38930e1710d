"""What members say to a robot (智能机器人): the decrypted JSON (`wecom.md` §3.2).

`quote` repeats another person's message without naming them; it is never read as the sender's
words.  Files, pictures and video are addresses of encrypted content and carry no text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from moderator.domain.message import Source, TextField
from moderator.errors import MalformedEnvelope
from moderator.wecom.incoming import Incoming

_REQUIRED = {"text": ("content", str), "voice": ("content", str), "mixed": ("msg_item", list)}
_WITHOUT_TEXT = frozenset({"image", "file", "video"})
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character; the matcher cannot take it


def read_json(plain: bytes) -> Incoming:
    """Read a decrypted JSON payload; raises `MalformedEnvelope` when it is not a JSON object."""
    payload = _parse(plain)
    kind = text_at(payload, "msgtype")
    if kind in {"event", "stream"}:
        return Incoming(Source.ROBOT, kind, event=text_at(payload, "event", "eventtype") or kind)
    return Incoming(
        Source.ROBOT,
        kind,
        sender=text_at(payload, "from", "userid"),
        message_id=text_at(payload, "msgid"),
        chat=text_at(payload, "chatid"),
        created=text_at(payload, "create_time"),
        texts=_texts(payload, kind),
        missing=_missing(payload, kind),
        quoting="quote" in payload,
        robot=text_at(payload, "aibotid"),
    )


def text_at(payload: Mapping[str, Any], *path: str) -> str:
    """Text or number at `path`, without half characters; empty where there is none."""
    value: Any = payload
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _SURROGATE.sub("\ufffd", value) if isinstance(value, str) else ""


def _parse(plain: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(plain)
    except (ValueError, RecursionError) as error:
        raise MalformedEnvelope("not JSON") from error
    if not isinstance(payload, dict):
        raise MalformedEnvelope("not a JSON object")
    return payload


def _missing(payload: Mapping[str, Any], kind: str) -> str:
    if kind not in _REQUIRED:
        return ""
    name, shape = _REQUIRED[kind]
    body = payload.get(kind)
    there = isinstance(body, dict) and isinstance(body.get(name), shape)
    return "" if there else f"{kind}.{name}"


def _texts(payload: Mapping[str, Any], kind: str) -> tuple[TextField, ...] | None:
    if kind == "mixed":
        return tuple(_mixed(payload))
    if kind not in _REQUIRED:
        return () if kind in _WITHOUT_TEXT else None
    content = text_at(payload, kind, "content")
    return (TextField(f"{kind}.content", content),) if content else ()


def _mixed(payload: Mapping[str, Any]) -> Iterator[TextField]:
    mixed = payload.get("mixed")
    items = mixed.get("msg_item") if isinstance(mixed, dict) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict) and (content := text_at(item, "text", "content")):
            yield TextField(f"mixed.msg_item.{index}.text.content", content)
