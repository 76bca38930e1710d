"""CSV, read again by another reader."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from tests.exporting.tables import CHINA, COLUMNS, as_told, table

from moderator.exporting.comma import Csv
from moderator.exporting.formulas import is_formula, restored
from moderator.exporting.table import Cells


def written(rows: list[Cells]) -> bytes:
    table = Csv(COLUMNS, CHINA)
    return table.head() + table.lines(rows)


def read(content: bytes) -> list[dict[str, str]]:
    """The cells as `csv` of the standard library reads them, with every check it has."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def typed(cells: dict[str, str]) -> dict[str, Any]:
    """The row of these cells, after what docs/exports.md says of the columns."""
    return {
        "id": int(cells["id"]),
        "at": datetime.fromisoformat(cells["at"]).astimezone(UTC) if cells["at"] else None,
        "text": restored(cells["text"]),
        "words": tuple(restored(cells["words"]).split()),
        "errcode": int(cells["errcode"]) if cells["errcode"] else None,
    }


def test_every_value_comes_back() -> None:
    """Whatever stands in the cells, another reader has it again, with its type."""
    rows = table()

    assert [typed(cells) for cells in read(written(rows))] == as_told(rows)


def test_no_cell_is_a_formula() -> None:
    """Not one text is left that a spreadsheet would calculate."""
    cells = [cell for row in read(written(table())) for cell in (row["text"], row["words"])]

    assert [cell for cell in cells if is_formula(cell) and not cell.startswith("'")] == []


def test_excel_knows_the_encoding() -> None:
    """The file begins with the mark of UTF-8, and only the file."""
    content = written(table())

    assert content.startswith(b"\xef\xbb\xbfid,at,text,words,errcode\r\n")
    assert content.count(b"\xef\xbb\xbf") == 1


def test_lines_end_as_rfc_4180_has_it() -> None:
    """CR LF after every row, the last included."""
    content = written(table(["a", "b"]))

    assert content.split(b"\r\n")[1:] == [
        b"1,2026-03-02T17:30:01.123+08:00,a,one two,-2",
        b"2,,b,,",
        b"",
    ]


def test_numbers_are_no_formulas() -> None:
    """A negative errcode stays a number: nobody but the service wrote it."""
    assert read(written(table(["a"])))[0]["errcode"] == "-2"
