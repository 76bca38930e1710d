"""One spelling of a value, the same in every process, so that it can be hashed and kept."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from typing import Any, Final

_SPELLING: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> str:
    """JSON with sorted keys and sets; of dataclasses, dates and spans of time (seconds) too."""
    return _SPELLING.encode(_plain(value))


def pieces(value: Any) -> Iterator[str]:
    """The same piece by piece: slower, but for other threads, which the C encoder keeps waiting."""
    return _SPELLING.iterencode(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # by far the most
        return value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, date | time):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value
