"""JSON lines: the form that the hash is taken of, whatever is written."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moderator.exporting.table import Cells, Columns


class JsonLines:
    """One object a line, its keys in the order of the columns; moments in UTC."""

    def __init__(self, columns: Columns) -> None:
        self._names = tuple(column.name for column in columns)
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=told)
        self._encode = encoder.encode

    def lines(self, rows: Iterable[Cells]) -> bytes:
        encode, names = self._encode, self._names
        return "".join([f"{encode(dict(zip(names, row, strict=True)))}\n" for row in rows]).encode()


@dataclass(slots=True)
class Tally:
    """How many rows there were, and the SHA-256 of all of them as JSON lines."""

    rows: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    def count(self, rows: Sequence[Cells], lines: bytes) -> None:
        self.rows += len(rows)
        self._digest.update(lines)

    @property
    def hash(self) -> str:
        """Hexadecimal; of nothing, while there are no rows."""
        return str(self._digest.hexdigest())


def told(value: object) -> object:
    """What JSON has no form of: a moment as RFC 3339 in UTC, whole milliseconds."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return moment.replace("+00:00", "Z")
    raise TypeError(f"no cell holds a {type(value).__name__}")
