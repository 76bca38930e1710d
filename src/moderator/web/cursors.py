"""Cursors: where a page of violations ended, as text that goes into an address and comes back.

They are not secret and grant nothing: whoever makes one up begins to read elsewhere in a list that
is theirs anyway.  But one of another list is refused: pages of different questions do not join.
"""

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Final

from moderator.domain.rule import Severity
from moderator.ledger.records import Cursor, Sort

LENGTH: Final = 32  # of the text

_LAYOUT: Final = struct.Struct(">BBqq6s")
_SORTS: Final = tuple(Sort)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def written(cursor: Cursor, question: str) -> str:
    """The cursor as text; `question` is whatever makes the list this list."""
    packed = _LAYOUT.pack(
        _SORTS.index(cursor.sort),
        int(cursor.severity),
        (cursor.at - _EPOCH) // _MICROSECOND,
        cursor.id,
        _digest(question),
    )
    return base64.urlsafe_b64encode(packed).decode()


def read(text: str, question: str) -> Cursor:
    """The cursor that was `written` for the same question.  Raises `ValueError`."""
    try:
        sort, severity, at, id_, digest = _LAYOUT.unpack(base64.urlsafe_b64decode(text))
        cursor = Cursor(_SORTS[sort], Severity(severity), _EPOCH + at * _MICROSECOND, id_)
    except (binascii.Error, struct.error, IndexError, ValueError, OverflowError):
        raise ValueError("is not the cursor of any page") from None
    if digest != _digest(question):
        raise ValueError("is the cursor of a page with other filters or another order")
    return cursor


def _digest(question: str) -> bytes:
    return hashlib.blake2b(question.encode(), digest_size=6).digest()
