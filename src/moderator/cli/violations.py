"""`moderator violations`: what was found, without the texts."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from moderator.cli.ledger import MOST_INTEGER, Config, at_the_ledger
from moderator.domain.rule import Severity
from moderator.ledger.engine import Engine
from moderator.ledger.evidence import EvidenceCipher
from moderator.ledger.records import Status, ViolationFilter, ViolationRecord
from moderator.ledger.violations import Violations
from moderator.settings import Settings

app = typer.Typer(
    help="What was found, without the texts.", no_args_is_help=True, add_completion=False
)

_PAGE = 500
_COLUMNS = (
    *("id", "sent_at", "recorded_at", "app", "chat", "sender", "sender_name"),
    *("sender_department", "category", "severity", "rule", "offence", "step", "status"),
    *("judged_by", "judged_at", "judgement", "rulebook", "message_id"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    JSONL = "jsonl"


Since = Annotated[datetime | None, typer.Option(help="Sent then or later (UTC).")]
Until = Annotated[datetime | None, typer.Option(help="Sent before then (UTC).")]
Sender = Annotated[str | None, typer.Option(help="userid.")]
Category = Annotated[str | None, typer.Option(help="Category.")]
AtLeast = Annotated[str | None, typer.Option(help="Least severity: low, medium, high, critical.")]
WithStatus = Annotated[Status | None, typer.Option("--status", help="Status.")]


@app.command(name="list")
def list_(
    since: Since = None,
    until: Until = None,
    sender: Sender = None,
    category: Category = None,
    severity: AtLeast = None,
    status: WithStatus = None,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=MOST_INTEGER)] = 50,
    config: Config = None,
) -> None:
    """List violations, newest first; tab-separated."""
    wanted = _filter(since, until, sender, category, severity, status)
    _write(config, wanted, limit, lambda record: "\t".join(_brief(record)))


@app.command()
def export(
    format_: Annotated[Format, typer.Option("--format", help="csv or jsonl.")] = Format.CSV,
    since: Since = None,
    until: Until = None,
    sender: Sender = None,
    category: Category = None,
    severity: AtLeast = None,
    status: WithStatus = None,
    config: Config = None,
) -> None:
    """Write all violations to standard output, newest first, page by page."""
    wanted = _filter(since, until, sender, category, severity, status)
    if format_ is Format.CSV:
        # Excel takes a file without the mark for one in the code page of the country.
        print("\ufeff" + _csv_line(_COLUMNS))
    _write(config, wanted, None, _as_csv if format_ is Format.CSV else _as_json)


def _write(
    config: Config,
    wanted: ViolationFilter,
    limit: int | None,
    line: Callable[[ViolationRecord], str],
) -> None:
    async def written(settings: Settings, engine: Engine) -> None:
        violations = Violations(engine, EvidenceCipher.of(settings.evidence))
        async for record in _records(violations, wanted, limit):
            print(line(record))

    at_the_ledger(config, written)


async def _records(
    violations: Violations, wanted: ViolationFilter, limit: int | None
) -> AsyncIterator[ViolationRecord]:
    """Those wanted, at most `limit`, with no more than a page of them in memory."""
    before, left = None, limit
    while True:
        page = await violations.page(wanted, before, _PAGE if left is None else min(_PAGE, left))
        for record in page.items:
            yield record
        before, left = page.next, None if left is None else left - len(page.items)
        if before is None or left == 0:
            return


def _filter(
    since: datetime | None,
    until: datetime | None,
    sender: str | None,
    category: str | None,
    severity: str | None,
    status: Status | None,
) -> ViolationFilter:
    return ViolationFilter(
        sent_from=_utc(since),
        sent_until=_utc(until),
        sender=sender,
        category=category,
        severity=_severity(severity),
        status=status,
    )


def _severity(label: str | None) -> Severity | None:
    try:
        return Severity.of(label) if label else None
    except KeyError:
        raise typer.BadParameter(f"no severity is called {label}") from None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _brief(record: ViolationRecord) -> list[str]:
    shown = ("id", "sent_at", "sender", "sender_name", "category", "severity", "rule", "status")
    return [str(_cells(record)[name]) for name in shown]


def _cells(record: ViolationRecord) -> dict[str, Any]:
    cells = {name: getattr(record, name) for name in _COLUMNS}
    moments = {
        name: value.isoformat() for name, value in cells.items() if isinstance(value, datetime)
    }
    empty = {name: "" for name, value in cells.items() if value is None}
    return cells | moments | empty | {"severity": record.severity.label}


def _as_csv(record: ViolationRecord) -> str:
    return _csv_line([_harmless(cell) for cell in _cells(record).values()])


def _csv_line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _as_json(record: ViolationRecord) -> str:
    more = {
        "rules": record.rules,
        "clauses": [clause.id for clause in record.clauses],
        "hits": [
            {"rule": hit.rule, "version": hit.version, "verified": hit.verified}
            | {"field": hit.field, "start": hit.start, "end": hit.end}
            | {"layers": hit.layers, "shown": hit.shown, "fingerprint": hit.fingerprint}
            for hit in record.hits
        ],
        "hits_omitted": record.hits_omitted,
        "actions": [
            {"id": action.id, "kind": action.kind, "state": action.state}
            | {"errcode": action.errcode, "outcome": action.outcome}
            for action in record.actions
        ],
    }
    return json.dumps(_cells(record) | more, ensure_ascii=False)
