"""What a table consists of, whatever it is written as."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"  # never None
    NUMBER = "number"  # a whole one
    MOMENT = "moment"  # told to the millisecond, which is all that a spreadsheet keeps
    WORDS = "words"  # names without blanks in them


Cell = str | int | datetime | Sequence[str] | None
Cells = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """The name stands in the head of every format and does not change."""

    name: str
    kind: Kind = Kind.TEXT


Columns = tuple[Column, ...]


def columns(**kinds: Kind) -> Columns:
    """The columns in the order in which they are named."""
    return tuple(Column(name, kind) for name, kind in kinds.items())


class Format(StrEnum):
    """What an export is written as; the value is the file's ending."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"

    @property
    def media_type(self) -> str:
        """As registered (RFC 4180, ECMA-376); JSON lines have no registration."""
        match self:
            case Format.CSV:
                return "text/csv; charset=utf-8"
            case Format.XLSX:
                return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            case Format.JSONL:
                return "application/x-ndjson"
