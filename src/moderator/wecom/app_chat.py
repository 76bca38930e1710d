"""What members write to an app, and events: the decrypted XML (`wecom.md` §2)."""

import re
from collections.abc import Mapping

from moderator.domain.message import Source, TextField
from moderator.errors import MalformedEnvelope
from moderator.wecom import xml
from moderator.wecom.incoming import Incoming
from moderator.wecom.quotes import own_words

# Pictures, voice and video carry no text: their content is behind MediaId.
_SCANNED: Mapping[str, tuple[str, ...]] = {
    "text": ("Content",),
    "link": ("Title", "Description", "Url"),
    "location": ("Label",),
    "image": (),
    "voice": (),
    "video": (),
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read_xml(plain: bytes) -> Incoming:
    """Read a decrypted XML payload; raises `MalformedEnvelope` when it is not XML."""
    fields = readable_fields(plain)
    kind = fields.get("MsgType", "")
    if kind == "event" or "InfoType" in fields:
        return Incoming(Source.CALLBACK, kind, event=event_name(fields))
    names = _SCANNED.get(kind)
    written = [TextField(name, fields[name]) for name in names or () if name in fields]
    own = [_own(field) for field in written] if kind == "text" else written
    return Incoming(
        Source.CALLBACK,
        kind,
        sender=fields.get("FromUserName", ""),
        message_id=fields.get("MsgId", ""),
        created=fields.get("CreateTime", ""),
        texts=None if names is None else tuple(own),
        missing=names[0] if names and not written else "",
        quoting=own != written,
    )


def event_name(fields: Mapping[str, str]) -> str:
    """`change_contact/update_user`; suites name their events in `InfoType` (`wecom.md` §2.3)."""
    event = fields.get("Event") or fields.get("InfoType", "")
    change = fields.get("ChangeType")
    return f"{event}/{change}" if change else event or "event"


def readable_fields(plain: bytes) -> dict[str, str]:
    """Fields of the payload, even where a writer's control characters make it no XML at all."""
    try:
        return xml.fields(plain)
    except MalformedEnvelope:
        repaired = _NOT_XML.sub("\ufffd", plain.decode("utf-8", "replace")).encode()
        if repaired == plain:
            raise
        return xml.fields(repaired)


def _own(field: TextField) -> TextField:
    own = own_words(field.text)
    return field if own is field.text else TextField(field.name, own)
