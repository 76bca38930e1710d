"""`moderator scan`: the matcher alone, over a file or standard input."""

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from moderator.cli.caching import user_cache
from moderator.cli.records import READERS, NoSuchColumn, Record, Unreadable, printable
from moderator.domain.finding import Hit
from moderator.matching.masking import excerpt
from moderator.matching.screening import Screen
from moderator.rulebook.loader import load_screen
from moderator.rulebook.reading import POLICY_FILE
from moderator.shipped import rules_directory

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Format(StrEnum):
    """What the input looks like."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"


_SUFFIXES = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".csv": Format.CSV}


def scan(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A file, or - for standard input.")
    ] = Path("-"),
    file_format: Annotated[
        Format | None,
        typer.Option(
            "--format", help="Default: by file name, otherwise text with one message per line."
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of rule files; the shipped ones if unset."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each message, clean ones too.")
    ] = False,
) -> None:
    """Find what the rules forbid in a file of messages; no database, no WeCom.

    JSONL has {"id", "text"} on each line, CSV the columns id and text.  Exit status 1: a line
    could not be read; 2: nothing could be scanned.
    """
    screen, reading = load_screen(rules or rules_directory(), cache=user_cache())
    for fault in reading.faults:
        if Path(fault.file).name != POLICY_FILE:  # nothing is decided here
            print(fault, file=sys.stderr)
    chosen = file_format or _SUFFIXES.get(path.suffix.lower(), Format.TEXT)
    scanning = _Scanning(screen, sys.stdout.buffer, as_json=as_json)
    try:
        with _opened(path) as stream:
            scanning.run(READERS[chosen](stream))
    except NoSuchColumn as error:
        raise typer.BadParameter(f"{path}: {error}") from error
    raise typer.Exit(1 if scanning.unreadable else 0)


def _opened(path: Path) -> BinaryIO:
    if str(path) == "-":
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from error


class _Scanning:
    def __init__(self, screen: Screen, output: BinaryIO, *, as_json: bool) -> None:
        self._screen = screen
        self._output = output
        self._as_json = as_json
        self.messages = self.found = self.unreadable = 0

    def run(self, records: Iterator[Record | Unreadable]) -> None:
        for record in records:
            self._take(record)
        self._output.flush()
        if not self._as_json:
            print(
                f"{self.messages} messages, {self.found} with hits, {self.unreadable} unreadable",
                file=sys.stderr,
            )

    def _take(self, record: Record | Unreadable) -> None:
        result = record if isinstance(record, Unreadable) else self._screened(record)
        if isinstance(result, Unreadable):
            self._report(result)
        elif isinstance(record, Record):
            self._show(record, result)

    def _screened(self, record: Record) -> list[Hit] | Unreadable:
        try:
            hits = self._screen.screen(record.text)
        except Exception as error:  # noqa: BLE001 - one text must not end the run; it is reported
            return Unreadable(record.line, f"the matcher failed: {type(error).__name__}")
        return sorted(hits, key=lambda hit: (hit.start, -hit.severity, hit.end, hit.rule))

    def _report(self, unreadable: Unreadable) -> None:
        self.unreadable += 1
        if self._as_json:
            self._write(_ENCODE({"line": unreadable.line, "error": unreadable.error}))
        else:
            print(f"line {unreadable.line}: {unreadable.error}", file=sys.stderr)

    def _show(self, record: Record, hits: list[Hit]) -> None:
        self.messages += 1
        self.found += bool(hits)
        if self._as_json:
            found = [_described(record.text, hit, hits) for hit in hits]
            self._write_json({"id": record.id, "hits": found})
        for hit in () if self._as_json else hits:
            self._write(_line(record, hit, hits))

    def _write_json(self, value: dict[str, Any]) -> None:
        try:
            self._write(_ENCODE(value))
        except UnicodeEncodeError:  # lone surrogates have no UTF-8, but JSON can escape them
            self._write(json.dumps(value))

    def _write(self, line: str) -> None:
        self._output.write(line.encode() + b"\n")


def _described(text: str, hit: Hit, hits: list[Hit]) -> dict[str, Any]:
    return {
        "rule": hit.rule,
        "category": hit.category,
        "severity": hit.severity.label,
        "start": hit.start,
        "end": hit.end,
        "excerpt": excerpt(text, hit, others=hits),
        "verified": hit.verified,
    }


def _line(record: Record, hit: Hit, hits: list[Hit]) -> str:
    shown = printable(excerpt(record.text, hit, others=hits))
    where = f"{printable(str(record.id))}:{hit.start}-{hit.end}"
    return f"{where}  {hit.severity.label}  {hit.category}/{hit.rule}  {shown}"
