"""A callback as its own format tells it, before anyone asks whether it needs moderation."""

from typing import NamedTuple

from moderator.domain.message import Source, TextField


class Incoming(NamedTuple):
    """What both formats, XML and JSON, boil down to; everything unsaid is empty.

    `event` is set for events only.  `texts` are what the writer wrote, quotes left out; None where
    the type is unknown.  `missing` names a field that a message of this type must have.
    """

    source: Source
    kind: str
    event: str = ""
    sender: str = ""
    message_id: str = ""
    chat: str = ""
    created: str = ""  # Unix seconds
    texts: tuple[TextField, ...] | None = ()
    missing: str = ""
    quoting: bool = False
    robot: str = ""  # whose callback it is, where it is a robot's
