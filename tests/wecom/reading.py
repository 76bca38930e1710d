"""What comes of a decrypted callback of the app `hr`."""

from datetime import UTC, datetime

from moderator.domain.message import Ignored, Message
from moderator.wecom.events import read

RECEIVED = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def message(plain: bytes) -> Message:
    found = read(plain, app="hr", corp="ww1", received_at=RECEIVED)
    assert isinstance(found, Message)
    return found


def ignored(plain: bytes) -> Ignored:
    found = read(plain, app="hr", corp="ww1", received_at=RECEIVED)
    assert isinstance(found, Ignored)
    return found
