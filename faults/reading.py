"""What the database, the spool and the stand-in WeCom hold, read without the code under test."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import asyncpg

from faults.checking import SHOWN_BY, WAITING, Action, Shown, Violation
from moderator.rehearsal.journal import Call

_NUMBER: Final = re.compile(r"(?:记录编号|违规记录) (\d+)")
_UNHEARD: Final = "lease ended"
_NO_ANSWER: Final = frozenset({-2, -3})  # a network failure, a fault of ours
_VIOLATIONS: Final = "SELECT id, message_id, sender, offence FROM violations ORDER BY id"
_ACTIONS: Final = "SELECT id, violation_id, kind, state, history FROM actions ORDER BY id"
_FAILED: Final = "SELECT count(*) FROM failed_messages WHERE settled_at IS NULL"


async def rows_of(dsn: str) -> tuple[list[Violation], list[Action], int]:
    """Violations, actions, and how many callbacks are kept as failed."""
    connection = await asyncpg.connect(dsn)
    try:
        violations = await connection.fetch(_VIOLATIONS)
        actions = await connection.fetch(_ACTIONS)
        failed = await connection.fetchval(_FAILED)
    finally:
        await connection.close()
    return [_violation(row) for row in violations], [_action(row) for row in actions], int(failed)


async def waiting(dsn: str) -> int:
    """How many actions are still to be carried out."""
    connection = await asyncpg.connect(dsn)
    try:
        statement = "SELECT count(*) FROM actions WHERE state = ANY($1)"
        return int(await connection.fetchval(statement, list(WAITING)))
    finally:
        await connection.close()


def spooled(folder: Path) -> int:
    """How many rows lie in the spools of that folder, those that were set aside included."""
    return sum(_rows_in(file) for file in folder.rglob("*.sqlite"))


def shown(calls: Iterable[Call]) -> Iterator[Shown]:
    """The messages about violations that WeCom carried out."""
    for call in calls:
        path = next((path for path in SHOWN_BY.values() if call.path.endswith(path)), "")
        if path and not call.errcode:
            yield Shown(
                path=path,
                violation=_number_in(call),
                reached=bool(call.reached),
                reason=" ".join(sorted(set(call.dropped.values()))),
            )


def _number_in(call: Call) -> int:
    found = _NUMBER.search(str(call.payload[call.payload["msgtype"]]["content"]))
    return int(found[1]) if found else 0


def _rows_in(file: Path) -> int:
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        return int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])


def _violation(row: Any) -> Violation:
    return Violation(
        id=row["id"], msgid=row["message_id"], sender=row["sender"], offence=row["offence"]
    )


def _action(row: Any) -> Action:
    history = tuple((one["state"], _unheard(one)) for one in json.loads(row["history"]))
    return Action(
        id=row["id"],
        violation=row["violation_id"],
        kind=row["kind"],
        state=row["state"],
        history=history,
    )


def _unheard(entry: dict[str, Any]) -> bool:
    return entry["outcome"] == _UNHEARD or entry["errcode"] in _NO_ANSWER
