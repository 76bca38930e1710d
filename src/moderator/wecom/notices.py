"""Events that say more than that they happened, as values (`wecom.md` §2.2-2.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moderator.wecom import xml

# The second is a misspelling in WeCom's own documentation; both have been seen on the wire.
_OPTION = frozenset({"OptionId", "OpitonId"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """A member was created, updated or deleted; what did not change is empty.

    `change` is `create_user`, `update_user` or `delete_user`; `departments` are ids.
    """

    change: str
    userid: str
    new_userid: str = ""
    name: str = ""
    departments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAnswer:
    """Somebody used a card: `key` is the button's, `chosen` the options by question.

    `response_code` allows one update of the card.
    """

    user: str
    task_id: str
    key: str
    response_code: str
    chosen: Mapping[str, tuple[str, ...]]


def parse(plain: bytes) -> ContactChange | CardAnswer | None:
    """Return what a decrypted XML event tells, or None for events without a value of their own.

    Raises `MalformedEnvelope` when it is not XML.
    """
    fields = xml.fields(plain)
    event = fields.get("Event") or fields.get("InfoType")
    if event == "template_card_event":
        return _card_answer(fields, xml.texts(plain))
    if event == "change_contact" and "UserID" in fields:
        return _contact_change(fields)
    return None


def _contact_change(fields: Mapping[str, str]) -> ContactChange:
    departments = fields.get("Department", "").split(",")
    return ContactChange(
        change=fields.get("ChangeType", ""),
        userid=fields["UserID"],
        new_userid=fields.get("NewUserID", ""),
        name=fields.get("Name", ""),
        departments=tuple(int(part) for part in departments if part.strip().isdecimal()),
    )


def _card_answer(fields: Mapping[str, str], texts: Iterable[tuple[str, str]]) -> CardAnswer:
    return CardAnswer(
        user=fields.get("FromUserName", ""),
        task_id=fields.get("TaskId", ""),
        key=fields.get("EventKey", ""),
        response_code=fields.get("ResponseCode", ""),
        chosen=_chosen(texts),
    )


def _chosen(texts: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    chosen: dict[str, tuple[str, ...]] = {}
    question = ""
    for name, text in texts:
        if name == "QuestionKey":
            question = text
            chosen[question] = ()
        elif name in _OPTION:
            chosen[question] = (*chosen.get(question, ()), text)
    return chosen
