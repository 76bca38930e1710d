"""`moderator violations`: what was found, without the texts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import parse_qs

import typer
from pydantic import ValidationError

from moderator.cli import exports
from moderator.cli.ledger import Config, Limit, at_the_ledger
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import Cursor, Sort, Status, ViolationFilter, ViolationRecord
from moderator.settings import Settings
from moderator.web.searching import ViolationQuery

app = typer.Typer(
    help="Recorded violations, without their texts.", no_args_is_help=True, add_completion=False
)

_PAGE = 200
_COUNTED = 10_000
_SEVERAL = ("status", "action_state")
_SHOWN = ("id", "sent_at", "sender", "sender_name", "category", "severity", "rule", "status")

Since = Annotated[datetime | None, typer.Option(help="Sent at that time or later (UTC).")]
Until = Annotated[datetime | None, typer.Option(help="Sent before that time (UTC).")]
Sender = Annotated[str | None, typer.Option(help="userid.")]
Category = Annotated[str | None, typer.Option(help="Category.")]
AtLeast = Annotated[
    str | None, typer.Option(help="At least this severe: low, medium, high, critical.")
]
Question = Annotated[
    str,
    typer.Argument(help="As in the address of the API: 'department=7&status=open&sort=gravest'."),
]
WithStatus = Annotated[Status | None, typer.Option("--status", help="Status.")]


@app.command(name="list")
def list_(
    since: Since = None,
    until: Until = None,
    sender: Sender = None,
    category: Category = None,
    severity: AtLeast = None,
    status: WithStatus = None,
    limit: Limit = 50,
    config: Config = None,
) -> None:
    """List violations, newest first; tab-separated."""
    wanted = _filter(since, until, sender, category, severity, status)
    at_the_ledger(config, _listing(wanted, Sort.NEWEST, limit))


@app.command()
def find(question: Question, limit: Limit = 50, config: Config = None) -> None:
    """List violations by any filter, in any order; tab-separated."""
    asked = _asked(question)
    at_the_ledger(config, _listing(asked.as_filter(None), asked.sort, limit))


@app.command()
def count(question: Question = "", config: Config = None) -> None:
    """Count violations, exactly up to ten thousand."""
    wanted = _asked(question).as_filter(None)

    async def counted(settings: Settings, engine: Engine) -> None:
        found = await _violations(settings, engine).count(wanted, most=_COUNTED)
        print(f"more than {found.number}" if found.more else found.number)

    at_the_ledger(config, counted)


app.command(name="export")(exports.violations)


def _listing(
    wanted: ViolationFilter, sort: Sort, limit: int
) -> Callable[[Settings, Engine], Awaitable[None]]:
    async def listed(settings: Settings, engine: Engine) -> None:
        async for record in _records(_violations(settings, engine), wanted, sort, limit):
            print("\t".join(_brief(record)))

    return listed


def _violations(settings: Settings, engine: Engine) -> Violations:
    return Violations(engine, EvidenceCipher.of(settings.evidence))


async def _records(
    violations: Violations, wanted: ViolationFilter, sort: Sort, limit: int
) -> AsyncIterator[ViolationRecord]:
    """Those wanted, at most `limit`, with no more than a page of them in memory."""
    after: Cursor | None = None
    left = limit
    while left:
        page = await violations.page(wanted, after, min(_PAGE, left), sort=sort)
        for record in page.items:
            yield record
        after, left = page.next, left - len(page.items)
        if after is None:
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
        statuses=(status,) if status else (),
    )


def _asked(question: str) -> ViolationQuery:
    given: dict[str, Any] = parse_qs(question, keep_blank_values=True)
    single = {name: told[-1] for name, told in given.items() if name not in _SEVERAL}
    try:
        return ViolationQuery.model_validate(given | single)
    except ValidationError as error:
        told = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise typer.BadParameter(told) from None


def _severity(label: str | None) -> Severity | None:
    try:
        return Severity.of(label) if label else None
    except KeyError:
        raise typer.BadParameter(f"no severity is called {label}") from None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _brief(record: ViolationRecord) -> list[str]:
    told = {"sent_at": record.sent_at.isoformat(), "severity": record.severity.label}
    return [str(told.get(name, getattr(record, name))) for name in _SHOWN]
