"""XLSX, read again by another reader."""

import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest
from openpyxl.utils.escape import unescape  # type: ignore[import-untyped]
from tests.exporting.tables import CHINA, COLUMNS, as_told, table

from moderator.exporting.formulas import is_formula
from moderator.exporting.table import Cells
from moderator.exporting.workbook import LONGEST, Workbook


def written(path: Path, rows: Sequence[Cells], *, rows_a_sheet: int = 1000) -> Path:
    """A workbook of these rows, which come in two batches."""
    with Workbook(path, COLUMNS, CHINA, rows_a_sheet=rows_a_sheet) as book:
        book.add(rows[:2])
        book.add(rows[2:])
        book.close([("Rows", len(rows)), ("Author", "=alice"), ("Shortened", book.shortened)])
    return path


def sheets(path: Path) -> Any:
    return openpyxl.load_workbook(path)


def rows_of(path: Path) -> list[list[Any]]:
    """The cells of all sheets of rows, without the heads."""
    return [list(row) for sheet in sheets(path).worksheets[1:] for row in sheet.iter_rows(2)]


def typed(cells: Sequence[Any]) -> dict[str, Any]:
    number, at, text, words, errcode = (cell.value for cell in cells)
    return {
        "id": number,
        "at": at and at.replace(tzinfo=CHINA),
        "text": unescape(text or ""),
        "words": tuple((words or "").split()),
        "errcode": errcode,
    }


def test_every_value_comes_back_with_its_type(tmp_path: Path) -> None:
    """Numbers are numbers and moments are dates for another reader, texts are what they were."""
    rows = table()
    cells = rows_of(written(tmp_path / "a.xlsx", rows))

    assert [typed(row) for row in cells] == as_told(rows)
    assert [cell.data_type for cell in cells[0]] == ["n", "d", "s", "s", "n"]


def test_no_text_is_a_formula(tmp_path: Path) -> None:
    """None is stored as one, and those that editing would make one are marked as quoted."""
    path = written(tmp_path / "a.xlsx", table())
    texts = [row[2] for row in rows_of(path)]

    assert {cell.data_type for cell in texts} == {"s", "n"}  # "n" is how the reader calls nothing
    marked = {unescape(str(cell.value)) for cell in texts if cell.quotePrefix}
    assert marked == {str(row[2]) for row in table() if is_formula(str(row[2]))}
    with zipfile.ZipFile(path) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name]
    assert sheets
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def test_moments_are_shown_in_the_zone(tmp_path: Path) -> None:
    """The date in the cell is the local one, with a format that shows it."""
    cell = rows_of(written(tmp_path / "a.xlsx", table(["x"])))[0][1]

    assert cell.value == datetime(2026, 3, 2, 17, 30, 1, 123_000)  # noqa: DTZ001 - as Excel has it
    assert cell.number_format == "yyyy-mm-dd hh:mm:ss"


def test_rows_go_on_in_further_sheets(tmp_path: Path) -> None:
    """A full sheet is followed by another with the same head; none is lost or doubled."""
    rows = table([str(number) for number in range(25)])
    book = sheets(path := written(tmp_path / "a.xlsx", rows, rows_a_sheet=10))

    assert book.sheetnames == ["export", "rows 1", "rows 2", "rows 3"]
    assert [row[0].value for row in rows_of(path)] == list(range(1, 26))
    assert {tuple(cell.value for cell in sheet[1]) for sheet in book.worksheets[1:]} == {
        ("id", "at", "text", "words", "errcode")
    }


@pytest.mark.parametrize(("rows", "names"), [(0, 2), (10, 2), (11, 3)])
def test_a_sheet_is_begun_only_for_rows(tmp_path: Path, rows: int, names: int) -> None:
    """Exactly full is one sheet; none at all is one with a head."""
    path = written(tmp_path / "a.xlsx", table(["x"] * rows), rows_a_sheet=10)

    assert len(sheets(path).sheetnames) == names


def test_heads_stay_and_filter(tmp_path: Path) -> None:
    """Each sheet of rows has its head frozen and a filter over all its rows."""
    first, second = sheets(
        written(tmp_path / "a.xlsx", table(["x"] * 13), rows_a_sheet=10)
    ).worksheets[1:]

    assert (first.freeze_panes, first.auto_filter.ref) == ("A2", "A1:E11")
    assert (second.freeze_panes, second.auto_filter.ref) == ("A2", "A1:E4")


def test_the_first_sheet_says_what_it_is(tmp_path: Path) -> None:
    """Names and values, numbers as numbers, and no formula there either."""
    head = sheets(written(tmp_path / "a.xlsx", table(["x"]))).worksheets[0]

    assert [[cell.value for cell in row] for row in head.iter_rows()] == [
        ["Rows", 1],
        ["Author", "=alice"],
        ["Shortened", 0],
    ]
    assert head["B2"].data_type == "s"


def test_a_text_too_long_for_a_cell_is_shortened_and_counted(tmp_path: Path) -> None:
    """Excel's limit is in UTF-16 units; what was cut ends in an ellipsis."""
    rows = table(["a" * LONGEST, "a" * (LONGEST + 1), "😀" * (LONGEST // 2 + 1)])
    path = written(tmp_path / "a.xlsx", rows)

    texts = [str(row[2].value) for row in rows_of(path)]
    assert texts[0] == rows[0][2]
    assert [text[-1] for text in texts[1:]] == ["…", "…"]
    assert max(len(text.encode("utf-16-le")) // 2 for text in texts) <= LONGEST
    assert sheets(path).worksheets[0]["B3"].value == 2


def test_a_number_that_a_spreadsheet_would_round_is_a_text(tmp_path: Path) -> None:
    """From 2**53 on a cell's double skips whole numbers."""
    rows: list[Cells] = [(2**53 - 1, None, "", (), None), (2**53, None, "", (), None)]

    cells = [row[0] for row in rows_of(written(tmp_path / "a.xlsx", rows))]
    assert [cell.value for cell in cells] == [2**53 - 1, str(2**53)]


def test_nothing_is_left_beside_the_file(tmp_path: Path) -> None:
    """What the rows waited in is gone when the workbook is closed."""
    written(tmp_path / "a.xlsx", table(), rows_a_sheet=5)

    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_nothing_is_left_of_a_workbook_that_was_given_up(tmp_path: Path) -> None:
    """An error in the block leaves neither a file nor an open handle."""
    wrong: list[Cells] = [*table(), (1, None)]

    with pytest.raises(ValueError), Workbook(tmp_path / "a.xlsx", COLUMNS, CHINA) as book:  # noqa: PT011
        book.add(wrong)

    assert list(tmp_path.iterdir()) == []
