"""Exports as files: piece by piece, with no more than a batch of rows in memory."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from moderator.exporting.comma import Csv
from moderator.exporting.table import Format
from moderator.exporting.workbook import Facts, Workbook
from moderator.ledger.desk.exports import Export

_PIECE: Final = 256 * 1024  # bytes


async def pieces(export: Export, zone: ZoneInfo, at: datetime) -> AsyncGenerator[bytes, None]:
    """The file; `at` is when it was asked for, and `zone` that of the moments in it.

    There is at least one piece.  JSON lines have UTC whatever the zone.  A workbook is built first,
    in a directory of its own that is gone afterwards: the whole `tally` stands before its first
    piece.
    """
    async with aclosing(_made(export, zone, at)) as made:
        async for piece in made:
            yield piece


def _made(export: Export, zone: ZoneInfo, at: datetime) -> AsyncGenerator[bytes, None]:
    match export.format:
        case Format.XLSX:
            return _workbook(export, zone, at)
        case Format.CSV:
            return _csv(export, zone)
        case Format.JSONL:
            return _json_lines(export)


async def _csv(export: Export, zone: ZoneInfo) -> AsyncGenerator[bytes, None]:
    table = Csv(export.selection.columns, zone)
    yield table.head()
    async with aclosing(export.batches()) as batches:
        async for batch in batches:
            yield table.lines(batch.rows)


async def _json_lines(export: Export) -> AsyncGenerator[bytes, None]:
    yield b""  # an export without rows has a beginning too
    async with aclosing(export.batches()) as batches:
        async for batch in batches:
            yield batch.lines


async def _workbook(export: Export, zone: ZoneInfo, at: datetime) -> AsyncGenerator[bytes, None]:
    with TemporaryDirectory(prefix="moderator-export-") as directory:
        path = Path(directory) / "export.xlsx"
        await _build(export, path, zone, at)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece


async def _build(export: Export, path: Path, zone: ZoneInfo, at: datetime) -> None:
    with Workbook(path, export.selection.columns, zone) as book:
        async with aclosing(export.batches()) as batches:
            async for batch in batches:
                await _aside(book.add, batch.rows)
        await _aside(book.close, facts(export, zone, at, shortened=book.shortened))


def facts(export: Export, zone: ZoneInfo, at: datetime, *, shortened: int = 0) -> Facts:
    """What the first sheet says."""
    local = at.astimezone(zone)
    return (
        ("导出 Export", export.selection.subject),
        ("编号 Id", export.id),
        ("筛选 Filter", json.dumps(export.selection.told, ensure_ascii=False)),
        ("导出人 Author", export.by),
        ("导出时间 Asked for at", local.isoformat(timespec="seconds")),
        ("时区 Time zone", f"{zone.key} ({local:%Z}, UTC{local:%z})"),
        ("行数 Rows", export.tally.rows),
        ("SHA-256", export.tally.hash),
        ("截短的单元格 Shortened cells", shortened),
        ("说明 Note", "SHA-256: of the same rows as JSON lines; docs/exports.md"),
    )


async def _aside(work: Callable[..., None], *arguments: Any) -> None:
    """In a thread; whoever is cancelled meanwhile waits for it, and cleans up only then."""
    doing = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise
