"""XLSX: typed cells, as many sheets as the rows need, and a first sheet that says what it is."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from moderator.exporting.formulas import is_formula
from moderator.exporting.table import Cell, Cells, Columns, Kind

ROWS_A_SHEET: Final = 1_048_575  # Excel's 1,048,576, less the head
LONGEST: Final = 32_767  # UTF-16 units in a cell; Excel's limit
_LARGEST: Final = 2**53  # from here on a double skips whole numbers
_WIDTHS: Final = {Kind.TEXT: 22, Kind.NUMBER: 12, Kind.MOMENT: 20, Kind.WORDS: 30}

Facts = Sequence[tuple[str, Cell]]


class Workbook:
    """A workbook on its way to `path`; a context manager.

    Nothing but the current row is in memory: the rest is in files beside `path`, which are gone at
    the end of the block whatever happened in it.  Texts are never formulas, and those that a
    spreadsheet would make one when somebody edits them have the "quote prefix" of the format, which
    leaves the value as it is.
    """

    def __init__(
        self, path: Path, columns: Columns, zone: ZoneInfo, *, rows_a_sheet: int = ROWS_A_SHEET
    ) -> None:
        self._path = path
        self._columns = columns
        self._zone = zone
        self._most = rows_a_sheet
        self._row = 0
        self.shortened = 0  # cells that were too long for a cell

    def __enter__(self) -> Self:
        self._directory = TemporaryDirectory(dir=self._path.parent)
        options = {"constant_memory": True, "tmpdir": self._directory.name}
        self._book = xlsxwriter.Workbook(str(self._path), options)
        self._book.use_zip64()
        self._formats = {
            "head": self._book.add_format({"bold": True, "bg_color": "#DDE5EE"}),
            "text": self._book.add_format({"num_format": "@"}),
            "formula": self._book.add_format({"num_format": "@", "quote_prefix": True}),
            "number": self._book.add_format({"num_format": "0"}),
            "moment": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        self._write: tuple[Callable[[int, int, Any], None], ...] = tuple(
            self._writers()[column.kind] for column in self._columns
        )
        self._first = self._book.add_worksheet("export")
        self._begin_sheet()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sheet in self._book.worksheets():
            with suppress(AttributeError):  # closed by the library once its rows are packed
                sheet.row_data_fh.close()
        self._directory.cleanup()

    def add(self, rows: Iterable[Cells]) -> None:
        for row in rows:
            if self._row == self._most:
                self._end_sheet()
                self._begin_sheet()
            self._row += 1
            for column, (write, cell) in enumerate(zip(self._write, row, strict=True)):
                if cell is not None:
                    write(self._row, column, cell)

    def close(self, facts: Facts) -> None:
        """Write the first sheet and put everything into the file."""
        self._end_sheet()
        self._first.set_column(0, 0, 26)
        self._first.set_column(1, 1, 100)
        for row, (name, value) in enumerate(facts):
            self._text(self._first, row, 0, name, "head")
            if isinstance(value, int):
                self._first.write_number(row, 1, value, self._formats["number"])
            else:
                self._text(self._first, row, 1, str(value))
        self._book.close()

    def _begin_sheet(self) -> None:
        self._row = 0
        self._sheet = self._book.add_worksheet(f"rows {len(self._book.worksheets())}")
        self._sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            self._sheet.set_column(number, number, _WIDTHS[column.kind])
            self._text(self._sheet, 0, number, column.name, "head")

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(self._columns) - 1)

    def _writers(self) -> dict[Kind, Callable[[int, int, Any], None]]:
        def text(row: int, column: int, value: str) -> None:
            self._text(self._sheet, row, column, value)

        def words(row: int, column: int, value: Iterable[str]) -> None:
            self._text(self._sheet, row, column, " ".join(value))

        def moment(row: int, column: int, at: datetime) -> None:
            local = at.astimezone(self._zone).replace(tzinfo=None)
            whole = local.replace(microsecond=local.microsecond // 1000 * 1000)
            self._sheet.write_datetime(row, column, whole, self._formats["moment"])

        return {Kind.TEXT: text, Kind.NUMBER: self._number, Kind.MOMENT: moment, Kind.WORDS: words}

    def _number(self, row: int, column: int, value: int) -> None:
        if abs(value) < _LARGEST:
            self._sheet.write_number(row, column, value, self._formats["number"])
        else:
            self._text(self._sheet, row, column, str(value))

    def _text(self, sheet: Any, row: int, column: int, text: str, form: str = "text") -> None:
        if not text:
            return
        text = self._fitting(text)
        if form == "text" and is_formula(text):
            form = "formula"
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library would take it for XML of its own and write it as it is.
            sheet.write_rich_string(row, column, "<", "r", text[2:], self._formats[form])
        else:
            sheet.write_string(row, column, text, self._formats[form])

    def _fitting(self, text: str) -> str:
        if len(text) <= LONGEST // 2 or len(text.encode("utf-16-le")) <= 2 * LONGEST:
            return text
        self.shortened += 1
        return text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"
