"""What WeCom posts to an app, before it is encrypted (`wecom.md` §2–3).

Times are Unix seconds.  Every builder returns the plaintext that `Envelope.seal` takes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What all messages and events to an app have in common."""

    corp: str
    sender: str
    at: int
    agent_id: int


def text(head: Head, msgid: int, content: str) -> bytes:
    return _message(head, "text", msgid, {"Content": content})


def image(head: Head, msgid: int, media_id: str, url: str = "https://wework.qpic.cn/p/0") -> bytes:
    return _message(head, "image", msgid, {"PicUrl": url, "MediaId": media_id})


def voice(head: Head, msgid: int, media_id: str) -> bytes:
    return _message(head, "voice", msgid, {"MediaId": media_id, "Format": "amr"})


def video(head: Head, msgid: int, media_id: str) -> bytes:
    return _message(head, "video", msgid, {"MediaId": media_id, "ThumbMediaId": media_id})


def location(head: Head, msgid: int, label: str) -> bytes:
    fields = {"Location_X": 23.134, "Location_Y": 113.358, "Scale": 20, "Label": label}
    return _message(head, "location", msgid, {**fields, "AppType": "wxwork"})


def link(head: Head, msgid: int, title: str, description: str, url: str) -> bytes:
    fields = {"Title": title, "Description": description, "Url": url, "PicUrl": ""}
    return _message(head, "link", msgid, fields)


def event(head: Head, name: str, fields: Mapping[str, Any] | None = None) -> bytes:
    """Any event of §2.2–2.4: `fields` may nest, a list repeats its tag."""
    return _document({**_common(head, "event"), "Event": name, **(fields or {})})


def card_press(
    head: Head, *, key: str, task_id: str, response_code: str, misspelt: bool = False
) -> bytes:
    """A pressed button of a card, with either spelling of the option tags (§2.2)."""
    outer, inner = ("OpitonIds", "OpitonId") if misspelt else ("OptionIds", "OptionId")
    chosen = {"SelectedItem": {"QuestionKey": "q", outer: {inner: [key]}}}
    fields = {
        "EventKey": key,
        "TaskId": task_id,
        "CardType": "button_interaction",
        "ResponseCode": response_code,
        "SelectedItems": chosen,
    }
    return event(head, "template_card_event", fields)


def robot_text(
    *, sender: str, msgid: str, content: str, chat: str = "", quote: str = "", robot: str = "aib"
) -> bytes:
    """A message to a 智能机器人 as JSON; `quote` is the text that the sender quotes (§3.2)."""
    body: dict[str, Any] = {
        "msgid": msgid,
        "aibotid": robot,
        "chattype": "group" if chat else "single",
        "from": {"userid": sender},
        "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=0",
        "msgtype": "text",
        "text": {"content": content},
    }
    if chat:
        body["chatid"] = chat
    if quote:
        body["quote"] = {"msgtype": "text", "text": {"content": quote}}
    return json.dumps(body, ensure_ascii=False).encode()


def _message(head: Head, kind: str, msgid: int, fields: Mapping[str, Any]) -> bytes:
    return _document({**_common(head, kind), **fields, "MsgId": msgid, "AgentID": head.agent_id})


def _common(head: Head, kind: str) -> dict[str, Any]:
    common: dict[str, Any] = {
        "ToUserName": head.corp,
        "FromUserName": head.sender,
        "CreateTime": head.at,
        "MsgType": kind,
    }
    return common if kind != "event" else {**common, "AgentID": head.agent_id}


def _document(fields: Mapping[str, Any]) -> bytes:
    return _element("xml", fields).encode()


def _element(name: str, value: Any) -> str:
    match value:
        case Mapping():
            inner = "".join(_element(tag, one) for tag, one in value.items())
        case str():
            inner = _cdata(value)
        case Sequence():
            return "".join(_element(name, one) for one in value)
        case _:
            inner = str(value)
    return f"<{name}>{inner}</{name}>"


def _cdata(value: str) -> str:
    return f"<![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]>"
