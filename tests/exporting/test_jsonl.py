"""JSON lines, and the hash that stands for the rows in every format."""

import hashlib
import json

from tests.exporting.tables import AT, COLUMNS, table

from moderator.exporting.jsonl import JsonLines, Tally


def test_a_line_for_each_row() -> None:
    """The keys are the columns in their order, moments in UTC, lists as lists, nothing as null."""
    lines = JsonLines(COLUMNS).lines(table(["=1", "张三"])).decode().splitlines()

    assert lines == [
        '{"id":1,"at":"2026-03-02T09:30:01.123Z","text":"=1","words":["one","two"],"errcode":-2}',
        '{"id":2,"at":null,"text":"张三","words":[],"errcode":null}',
    ]


def test_whatever_a_text_holds_a_line_is_a_row() -> None:
    """Line ends in a text end no line of the file."""
    rows = table()
    lines = JsonLines(COLUMNS).lines(rows).split(b"\n")

    assert lines.pop() == b""
    assert [json.loads(line)["text"] for line in lines] == [row[2] for row in rows]


def test_the_hash_is_that_of_the_file() -> None:
    """`sha256sum` of the lines says the same, however the rows came in batches."""
    written, tally, rows = JsonLines(COLUMNS), Tally(), table()
    for batch in (rows[:3], rows[3:4], rows[4:]):
        tally.count(batch, written.lines(batch))

    assert tally.rows == len(rows)
    assert tally.hash == hashlib.sha256(written.lines(rows)).hexdigest()


def test_the_hash_tells_one_row_from_another() -> None:
    """A moment that differs by a millisecond is another row; by a microsecond it is told alike."""
    written = JsonLines(COLUMNS)
    later, same = AT.replace(microsecond=124_000), AT.replace(microsecond=123_001)

    assert written.lines([(1, AT, "", (), None)]) != written.lines([(1, later, "", (), None)])
    assert written.lines([(1, AT, "", (), None)]) == written.lines([(1, same, "", (), None)])
