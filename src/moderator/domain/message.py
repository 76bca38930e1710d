"""What a person wrote, wherever it came from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """The way by which a message reached the service."""

    CALLBACK = "callback"
    ROBOT = "robot"
    ARCHIVE = "archive"
    CUSTOMER_SERVICE = "customer_service"


@dataclass(frozen=True, slots=True)
class TextField:
    """One scannable text of a message, under WeCom's own field name (`Content`, `Title`, …)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to be moderated.

    `key` is the same for every delivery of the same message and different otherwise:
    SHA-256 (hex) over corp, app, sender and MsgId (`wecom.md` §1.5 says why MsgId alone is not
    enough).  `chat` is empty where WeCom names none: an app's callback carries only what a member
    writes to the app itself.
    """

    key: str
    corp: str
    app: str
    source: Source
    sender: str
    message_id: str
    kind: str
    sent_at: datetime
    fields: tuple[TextField, ...]
    chat: str = ""


class IgnoredReason(StrEnum):
    """Why a callback that was opened needs no moderation."""

    EVENT = "event"
    UNKNOWN_TYPE = "unknown_type"
    NO_TEXT = "no_text"
    OWN_MESSAGE = "own_message"
    INCOMPLETE = "incomplete"
    QUOTE_ONLY = "quote_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A callback that ends here, and why.

    `event` is WeCom's event name (`change_contact/update_user`) or message type; `key` is the
    SHA-256 (hex) of the decrypted payload, the only safe identity of an event (`wecom.md` §1.5).
    """

    reason: IgnoredReason
    app: str
    key: str
    event: str = ""
    detail: str = ""
