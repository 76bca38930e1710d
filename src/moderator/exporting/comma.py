"""CSV as RFC 4180 has it, for people who open it in a spreadsheet."""

import codecs
import csv
import io
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from moderator.exporting.formulas import defused
from moderator.exporting.table import Cell, Cells, Columns, Kind

MARK: Final = codecs.BOM_UTF8  # without it Excel takes the code page of the country


class Csv:
    """Lines that end in CR LF.

    Texts are defused (`formulas`), moments carry their offset from UTC (RFC 3339), words stand one
    blank apart, and None is empty: only texts can be empty themselves.
    """

    def __init__(self, columns: Columns, zone: ZoneInfo) -> None:
        self._columns = columns
        self._written: tuple[Callable[[Any], Cell], ...] = tuple(
            _writers(zone)[column.kind] for column in columns
        )

    def head(self) -> bytes:
        return MARK + self._lines([[column.name for column in self._columns]])

    def lines(self, rows: Iterable[Cells]) -> bytes:
        return self._lines(
            [write(cell) for write, cell in zip(self._written, row, strict=True)] for row in rows
        )

    def _lines(self, rows: Iterable[list[Cell] | list[str]]) -> bytes:
        lines = io.StringIO(newline="")
        csv.writer(lines, lineterminator="\r\n").writerows(rows)
        return lines.getvalue().encode()


def _writers(zone: ZoneInfo) -> dict[Kind, Callable[[Any], Cell]]:
    def moment(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="milliseconds") if at else None

    return {Kind.TEXT: defused, Kind.NUMBER: _same, Kind.MOMENT: moment, Kind.WORDS: _words}


def _same(number: int | None) -> int | None:
    return number


def _words(words: Iterable[str]) -> str:
    return defused(" ".join(words))
