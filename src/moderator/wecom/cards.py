"""Template cards with buttons: writing one, and reading what was pressed (`wecom.md` §2.2, §6.1).

WeCom counts characters for what it shows and bytes for what it refuses; both are kept here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from moderator.domain.cards import CardAnswer
from moderator.errors import MalformedEnvelope
from moderator.wecom import xml
from moderator.wecom.messages import Payload

EVENT: Final = "template_card_event"
_TITLE, _DESCRIPTION, _SUBTITLE = 36, 44, 160  # characters
_NAME, _VALUE, _BUTTON = 5, 30, 10
_MOST_FACTS: Final = 6
_OPTIONS: Final = ("OptionId", "OpitonId")  # the second is the documentation's own misspelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a card asks: `buttons` are (key, caption); `task` is unique for each app."""

    task: str
    title: str
    description: str
    facts: Sequence[tuple[str, str]]
    text: str
    buttons: Sequence[tuple[str, str]]


def question(asked: Question, *, users: Sequence[str]) -> Payload:
    """Build the message for `message/send`; its answer carries a response code."""
    card = {
        "card_type": "button_interaction",
        "main_title": {
            "title": _short(asked.title, _TITLE),
            "desc": _short(asked.description, _DESCRIPTION),
        },
        "sub_title_text": _short(asked.text, _SUBTITLE),
        "horizontal_content_list": [
            {"keyname": _short(name, _NAME), "value": _short(value, _VALUE)}
            for name, value in asked.facts[:_MOST_FACTS]
        ],
        "task_id": asked.task,
        "button_list": [
            {"text": _short(caption, _BUTTON), "style": style, "key": key}
            for style, (key, caption) in enumerate(asked.buttons, 1)
        ],
    }
    return {"touser": "|".join(users), "msgtype": "template_card", "template_card": card}


def card_answer(
    plain: bytes, fields: Mapping[str, str], *, app: str, corp: str
) -> CardAnswer | None:
    """Read a decrypted `template_card_event`; None where it does not say what was pressed."""
    task, code = fields.get("TaskId", ""), fields.get("ResponseCode", "")
    pressed = _option(plain) or fields.get("EventKey", "")
    if not (task and pressed and fields.get("FromUserName")):
        return None
    return CardAnswer(
        key=hashlib.sha256(plain).hexdigest(),
        app=app,
        corp=corp,
        sender=fields["FromUserName"],
        task=task,
        pressed=pressed,
        response_code=code,
    )


def _option(plain: bytes) -> str:
    """The first option chosen, under either spelling; empty for a card of buttons."""
    try:
        chosen = [text for name, text in xml.texts(plain) if name in _OPTIONS]
    except MalformedEnvelope:
        return ""
    return next(iter(chosen), "")


def _short(text: str, most: int) -> str:
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= most else whole[: most - 1] + "…"
