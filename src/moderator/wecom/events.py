"""Opened callbacks read as messages or as nothing to moderate (`wecom.md` §2 and §3.2).

Nothing that WeCom may add one day fails here: unknown types and missing fields end as `Ignored`.
"""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime
from functools import lru_cache

from moderator.domain.cards import CardAnswer
from moderator.domain.message import Ignored, IgnoredReason, Message, Source, TextField
from moderator.domain.people import ContactChange
from moderator.errors import MalformedEnvelope
from moderator.wecom import cards, xml
from moderator.wecom.app_chat import read_xml, readable_fields
from moderator.wecom.contact_events import contact_change
from moderator.wecom.incoming import Incoming
from moderator.wecom.quotes import may_quote
from moderator.wecom.robot import read_json

_FORMS = {b"<": read_xml, b"{": read_json}
_SYSTEM = "sys"
_YEARS = range(2000, 2200)  # WeCom is younger; what comes from outside of them is no time


def read(
    plain: bytes,
    *,
    app: str,
    corp: str,
    received_at: datetime | None = None,
    own: Collection[str] = (),
) -> Message | Ignored | ContactChange | CardAnswer:
    """Read an opened callback; raises `MalformedEnvelope` when it is neither XML nor JSON.

    `received_at` (now if unset) dates messages without a time of their own: robots send none.
    `own` are the lower-case userids under which we write ourselves, besides WeCom's `sys`, the
    corp id (the sender of passive replies) and the robot that the callback is for.
    """
    if usual := _usual(plain, app, corp, own):
        return usual
    form = _FORMS.get(plain.lstrip()[:1])
    if form is None:
        raise MalformedEnvelope("neither XML nor JSON")
    incoming = form(plain)
    if incoming.event == cards.EVENT and incoming.source is Source.CALLBACK:
        answer = cards.card_answer(plain, readable_fields(plain), app=app, corp=corp)
        if answer is not None:
            return answer
    if change := _contact_change(incoming, plain, app, corp, received_at):
        return change
    reason = _why_ignored(incoming, {_SYSTEM, corp.lower(), incoming.robot.lower(), *own})
    if reason is None:
        return _message(incoming, plain, app, corp, received_at)
    return Ignored(
        reason=reason,
        app=app,
        key=hashlib.sha256(plain).hexdigest(),
        event=incoming.event or incoming.kind,
        detail=_detail(incoming) if reason is IgnoredReason.INCOMPLETE else "",
    )


def _usual(plain: bytes, app: str, corp: str, own: Collection[str]) -> Message | None:
    """A text message as members write it, as the long way would read it; None for all others."""
    found = xml.text_message(plain)
    if found is None:
        return None
    sender, message_id, created, text = found
    sent_at = _time(created)
    if sent_at is None or not (sender and message_id) or may_quote(text) or not text.strip():
        return None
    if (name := sender.lower()) in own or name in {_SYSTEM, corp.lower()}:
        return None
    return Message(
        key=message_key(corp, app, sender, message_id),
        corp=corp,
        app=app,
        source=Source.CALLBACK,
        sender=sender,
        message_id=message_id,
        kind="text",
        sent_at=sent_at,
        fields=(TextField("Content", text),),
    )


def message_key(corp: str, app: str, sender: str, message_id: str) -> str:
    """SHA-256 (hex) over the four parts, each with its length so that no two sets run together."""
    parts = (
        f"{len(corp)}:{corp}{len(app)}:{app}{len(sender)}:{sender}{len(message_id)}:{message_id}"
    )
    return hashlib.sha256(parts.encode()).hexdigest()


def _contact_change(
    incoming: Incoming, plain: bytes, app: str, corp: str, received_at: datetime | None
) -> ContactChange | None:
    if not incoming.event or incoming.source is not Source.CALLBACK:
        return None
    fields = readable_fields(plain)
    at = _time(fields.get("CreateTime", "")) or received_at or datetime.now(UTC)
    key = hashlib.sha256(plain).hexdigest()
    return contact_change(incoming.event, fields, key=key, app=app, corp=corp, at=at)


def _why_ignored(incoming: Incoming, own: Collection[str]) -> IgnoredReason | None:
    if incoming.event:
        return IgnoredReason.EVENT
    if not incoming.kind or (incoming.missing and not incoming.quoting):
        return IgnoredReason.INCOMPLETE
    if incoming.texts is None:
        return IgnoredReason.UNKNOWN_TYPE
    if all(not field.text or field.text.isspace() for field in incoming.texts):
        return IgnoredReason.QUOTE_ONLY if incoming.quoting else IgnoredReason.NO_TEXT
    if not incoming.sender:
        return IgnoredReason.INCOMPLETE
    return IgnoredReason.OWN_MESSAGE if incoming.sender.lower() in own else None


def _detail(incoming: Incoming) -> str:
    if not incoming.kind:
        return "no message type"
    return f"no {incoming.missing or 'sender'}"


def _message(
    incoming: Incoming, plain: bytes, app: str, corp: str, received_at: datetime | None
) -> Message:
    return Message(
        key=message_key(corp, app, incoming.sender, incoming.message_id)
        if incoming.message_id
        else hashlib.sha256(plain).hexdigest(),
        corp=corp,
        app=app,
        source=incoming.source,
        sender=incoming.sender,
        message_id=incoming.message_id,
        kind=incoming.kind,
        sent_at=_time(incoming.created) or received_at or datetime.now(UTC),
        fields=tuple(field for field in incoming.texts or () if field.text.strip()),
        chat=incoming.chat,
    )


@lru_cache(maxsize=64)  # under load many are sent within the same second
def _time(seconds: str) -> datetime | None:
    try:
        at = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.year in _YEARS else None
