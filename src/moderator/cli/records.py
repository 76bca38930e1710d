"""Messages out of text, JSONL and CSV, one by one, whatever else the file holds."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

LONGEST_LINE = 16 * 1024 * 1024  # bytes; a line beyond is reported, never held in memory


@dataclass(frozen=True, slots=True)
class Record:
    """A message to scan; `id` is what the file calls it, any JSON value."""

    line: int
    id: Any
    text: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line (or CSV row) that holds no message, and why."""

    line: int
    error: str


class NoSuchColumn(ValueError):
    """The CSV header lacks `id` or `text`."""


def text_records(stream: BinaryIO) -> Iterator[Record | Unreadable]:
    """One message a line; its id is the line number."""
    for line, content in _lines(stream):
        if isinstance(content, Unreadable):
            yield content
        else:
            yield Record(line, line, content)


def jsonl_records(stream: BinaryIO) -> Iterator[Record | Unreadable]:
    """One JSON object a line, with `text` and an `id` (the line number where it has none)."""
    for line, content in _lines(stream):
        yield content if isinstance(content, Unreadable) else _json_record(line, content)


def csv_records(stream: BinaryIO) -> Iterator[Record | Unreadable]:
    """One message a row under a header that names `id` and `text`; raises `NoSuchColumn`."""
    rows = csv.reader(_decoded(stream))
    header = [name.strip().lower() for name in next(rows, [])]
    if not {"id", "text"} <= set(header):
        raise NoSuchColumn(f"the header must name id and text; it names {', '.join(header)}")
    columns = header.index("id"), header.index("text")
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unreadable(rows.line_num, f"not CSV: {error}")
        else:
            yield _csv_record(rows.line_num, row, columns)


READERS: Mapping[str, Callable[[BinaryIO], Iterator[Record | Unreadable]]] = {
    "text": text_records,
    "jsonl": jsonl_records,
    "csv": csv_records,
}


def _json_record(line: int, content: str) -> Record | Unreadable:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        return Unreadable(line, f"not JSON: {error}" if content.strip() else "the line is empty")
    if not isinstance(value, dict):
        return Unreadable(line, "not a JSON object")
    text = value.get("text")
    if not isinstance(text, str):
        return Unreadable(line, "`text` is missing" if text is None else "`text` is not text")
    return Record(line, value.get("id", line), text)


def _csv_record(line: int, row: list[str], columns: tuple[int, int]) -> Record | Unreadable:
    if len(row) <= max(columns):
        return Unreadable(line, "the row is too short" if row else "the line is empty")
    identity, text = row[columns[0]], row[columns[1]]
    if not _was_utf8(identity + text):
        return Unreadable(line, "not UTF-8")
    return Record(line, identity, text)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str | Unreadable]]:
    line = 0
    while content := stream.readline(LONGEST_LINE + 1):
        line += 1
        if len(content) > LONGEST_LINE:
            _skip_rest(stream, content)
            yield line, Unreadable(line, f"longer than {LONGEST_LINE} bytes")
        else:
            yield line, _text(line, content)


def _text(line: int, content: bytes) -> str | Unreadable:
    try:
        text = content.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError:
        return Unreadable(line, "not UTF-8")
    return text.removesuffix("\n").removesuffix("\r")


def _skip_rest(stream: BinaryIO, content: bytes) -> None:
    while content and not content.endswith(b"\n"):
        content = stream.readline(LONGEST_LINE)


def _decoded(stream: BinaryIO) -> Iterator[str]:
    first = True
    while content := stream.readline(LONGEST_LINE):
        # Bytes that are not UTF-8 come through as lone surrogates and spoil their own row only.
        yield content.decode("utf-8-sig" if first else "utf-8", "surrogateescape")
        first = False


def _was_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= character <= "\udcff" for character in text)


def printable(text: str) -> str:
    """The text without what could move a terminal's cursor, change its colours or hide letters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
