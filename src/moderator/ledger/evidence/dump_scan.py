"""The same proof over a backup: what a dump still holds that is past its time.

Reads what `pg_dump` writes in its plain format, with COPY and not with INSERT; of other formats
`pg_restore -f -` makes that.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from moderator.errors import LedgerError

_COPY: Final = re.compile(r"COPY (?:\w+\.)?(?P<table>\w+) \((?P<columns>[^)]*)\) FROM stdin;\n")
_END: Final = "\\.\n"
_NULL: Final = "\\N"
_EMPTY: Final = "\\\\x"  # of a column of bytes
_ESCAPED: Final = re.compile(r"\\(.)")
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

Line = Mapping[str, str]


@dataclass(slots=True)
class DumpScan:
    """What is in a dump: ids past their time, how many of those are held, how many have text."""

    overdue: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    held: int = 0
    with_text: int = 0
    violations: int = 0


def scan_dump(lines: Iterable[str], now: datetime) -> DumpScan:
    """Raises `LedgerError` where the dump is none that can be read."""
    scan, holds, tables = DumpScan(), _Holds(), set[str]()
    for table, line in _rows(lines):
        tables.add(table)
        if table == "legal_holds":
            holds.add(line)
        elif table == "people":
            holds.follow(line)
        elif table == "violations":
            _violation(line, scan, holds, now)
        elif table == "failed_messages":
            _failed(line, scan, now)
    if "alembic_version" not in tables:
        raise LedgerError("no dump in plain format (COPY) of a database of this service")
    return scan


class _Holds:
    """The open holds; `pg_dump` writes tables by name, so that they come before the violations."""

    def __init__(self) -> None:
        self._violations: set[str] = set()
        self._chats: set[tuple[str, str]] = set()
        self._people: set[tuple[str, str]] = set()

    def add(self, line: Line) -> None:
        if line["released_at"] != _NULL:
            return
        match line["scope"]:
            case "violation":
                self._violations.add(line["violation_id"])
            case "chat":
                self._chats.add((line["corp"], line["chat"]))
            case _:
                self._people.add((line["corp"], line["sender"].lower()))

    def follow(self, line: Line) -> None:
        if line["renamed_to"] and (line["corp"], line["userid"]) in self._people:
            self._people.add((line["corp"], line["renamed_to"].lower()))

    def concern(self, line: Line) -> bool:
        return (
            line["id"] in self._violations
            or (line["corp"], line["chat"]) in self._chats
            or (line["corp"], line["sender"].lower()) in self._people
        )


def _violation(line: Line, scan: DumpScan, holds: _Holds, now: datetime) -> None:
    scan.violations += 1
    if line["evidence"] == _NULL:
        return
    scan.with_text += 1
    if datetime.fromisoformat(line["evidence_expires_at"]) > now:
        return
    if holds.concern(line):
        scan.held += 1
    else:
        scan.overdue.append(int(line["id"]))


def _failed(line: Line, scan: DumpScan, now: datetime) -> None:
    over = datetime.fromisoformat(line["expires_at"]) <= now
    ended = line["settled_at"] != _NULL or line["erased_at"] != _NULL
    if line["body"] not in {"", _EMPTY} and (over or ended):
        scan.failed.append(int(line["id"]))


def _rows(lines: Iterable[str]) -> Iterator[tuple[str, Line]]:
    table, columns = "", list[str]()
    for line in lines:
        if found := _COPY.fullmatch(line):
            table, columns = found["table"], found["columns"].split(", ")
        elif line == _END:
            table = ""
        elif table:
            values = map(_plain, line.removesuffix("\n").split("\t"))
            yield table, dict(zip(columns, values, strict=True))


def _plain(value: str) -> str:
    if value == _NULL or value.startswith(_EMPTY):
        return value
    return _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), value)
