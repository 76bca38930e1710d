"""What may never be read in a log: what people wrote, and what opens doors.

Two nets.  Fields are judged by name: text, bodies, evidence and secrets are struck out whatever
they hold.  Strings are judged by shape: credentials in addresses and headers are struck out of
whatever text they stand in.  Values that are not plain data are named by type, because the `repr`
of a message is its text.
"""

import re
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any, Final

REDACTED: Final = "[redacted]"

_SECRET_FIELDS = frozenset(
    {"text", "texts", "content", "contents", "body", "bodies", "plain", "plaintext", "excerpt"}
    | {"evidence", "payload", "echostr", "encrypt", "ciphertext", "secret", "secrets"}
    | {"corpsecret", "token", "tokens", "password", "passwords", "authorization", "cookie"}
    | {"key", "keys"}
)
# Fields with such a word in their name that hold no secret: hashes, and names of things.
_HARMLESS_FIELDS = frozenset({"message_key", "key_id"})

# Every shape below has one of each; most values have none.
_JOINT = re.compile("[=: ]")
_TELLTALE = re.compile("(?i)token|secret|key|password|echostr|bearer|basic|://")
_AS_IT_IS = frozenset({int, float, bool, type(None)})
_CREDENTIAL = re.compile(
    r"""(?ix)
    ( \b (?: access_token | suite_access_token | provider_access_token | corpsecret | secret
           | token | key | password | encoding_aes_key | echostr ) ["']? \s* [=:] \s* ["']? )
    [^\s&"',;}\])]+
    """
)
_AUTHORIZATION = re.compile(r"(?i)\b((?:authorization\s*[:=]\s*)?(?:bearer|basic)\s+)[^\s\"',;]+")
_USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+(?=@)")


def redact_text(text: str) -> str:
    """Strike credentials out of `text`: query values, headers, passwords in addresses."""
    if _JOINT.search(text) is None or _TELLTALE.search(text) is None:
        return text
    for shape in (_AUTHORIZATION, _CREDENTIAL, _USER_INFO):
        text = shape.sub(rf"\1{REDACTED}", text)
    return text


def redact_event(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave only what a log may hold (a structlog processor)."""
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: Any) -> Any:
    if _is_secret(name) and not isinstance(value, bool | int | float | None):
        return REDACTED
    return _plain(value)


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower not in _HARMLESS_FIELDS and not _SECRET_FIELDS.isdisjoint(lower.split("_"))


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return redact_text(value)
    if kind in _AS_IT_IS:
        return value
    match value:
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case Mapping():
            return {str(name): _redacted(str(name), item) for name, item in value.items()}
        case Enum():
            return _scalar(value.value)
        case _:
            return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case str() | PurePath():
            return redact_text(str(value))
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case _:
            return f"<{type(value).__name__}>"
