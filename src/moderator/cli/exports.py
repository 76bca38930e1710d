"""`moderator export`, and `moderator violations export`: the lists as files."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, TypeVar, get_origin
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError

from moderator.cli.ledger import By, Config, at_the_ledger, decider
from moderator.cli.merits import policy_of
from moderator.exporting.table import Format
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.export_files import pieces
from moderator.ledger.desk.exports import Export, Exports
from moderator.ledger.desk.selections import (
    Selection,
    actions_selected,
    audit_selected,
    people_selected,
    violations_selected,
)
from moderator.settings import Settings
from moderator.web.exports import (
    CHINA,
    ActionExport,
    AuditExport,
    PeopleExport,
    ViolationExport,
    Written,
)

app = typer.Typer(
    help="Export the lists as files, without message texts.",
    no_args_is_help=True,
    add_completion=False,
)

Asked = TypeVar("Asked", bound=Written)
Chosen = Callable[[Settings], Selection]
Command = Callable[..., None]

As = Annotated[Format, typer.Option("--format", help="csv, xlsx or jsonl.")]
Output = Annotated[
    Path | None, typer.Option(help="File; standard output if omitted.", dir_okay=False)
]
Zone = Annotated[str, typer.Option(help="Time zone (IANA name) of CSV and XLSX.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        help="A filter of GET /api/v1/exports/… as NAME=VALUE, such as rule=invoices; repeatable."
    ),
]


@app.command()
def violations(
    format_: As = Format.CSV,
    output: Output = None,
    since: Annotated[
        datetime | None, typer.Option(help="Sent at that time or later (UTC).")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Sent before that time (UTC).")] = None,
    where: Where = None,
    time_zone: Zone = CHINA,
    by: By = "",
    config: Config = None,
) -> None:
    """Write violations, newest first, without their texts."""
    given = {"sent_after": _utc(since), "sent_before": _utc(until)}
    asked = _asked(ViolationExport, where, time_zone, **given)
    _export(
        config, by, format_, output, asked, lambda _: violations_selected(asked.as_filter(None))
    )


def _writes(model: type[Asked], chosen: Callable[[Asked, Settings], Selection]) -> Command:
    """A command for one of the lists, which is `chosen` by the filters of `model`."""

    def write(
        format_: As = Format.CSV,
        output: Output = None,
        where: Where = None,
        time_zone: Zone = CHINA,
        by: By = "",
        config: Config = None,
    ) -> None:
        asked = _asked(model, where, time_zone)
        _export(config, by, format_, output, asked, lambda settings: chosen(asked, settings))

    return write


def _people(asked: PeopleExport, settings: Settings) -> Selection:
    corp, policy = settings.wecom.corp_id, policy_of(settings)
    return people_selected(corp, asked.as_filter(None), policy, now=datetime.now(UTC))


app.command("actions", help="Write actions, newest first.")(
    _writes(ActionExport, lambda asked, _: actions_selected(asked.as_filter()))
)
app.command("people", help="Write the present standing of everybody with a violation.")(
    _writes(PeopleExport, _people)
)
app.command(
    "audit", help="Write the audit log, newest first, each row with its link in the chain."
)(_writes(AuditExport, lambda asked, _: audit_selected(asked.as_filter())))


def _export(
    config: Path | None,
    by: str,
    format_: Format,
    output: Path | None,
    asked: Written,
    chosen: Chosen,
) -> None:
    """Write it, and say on standard error how many rows of which hash that were."""
    who = decider(by)
    if output is None and format_ is Format.XLSX and sys.stdout.isatty():
        raise typer.BadParameter("a workbook is nothing for a terminal: give --output")

    async def written(settings: Settings, engine: Engine) -> Export:
        with _opened(output) as file:
            beginning = Exports(engine).begin(chosen(settings), format_, by=who)
            async with beginning as export:
                await _write(export, asked.zone, file)
        return export

    export = at_the_ledger(config, written)
    tally = export.tally
    print(f"{tally.rows} rows, SHA-256 {tally.hash}, export {export.id}", file=sys.stderr)


async def _write(export: Export, zone: ZoneInfo, file: BinaryIO) -> None:
    async with aclosing(pieces(export, zone, datetime.now(UTC))) as made:
        async for piece in made:
            await asyncio.to_thread(file.write, piece)
    file.flush()


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a file that has its name only when it is whole."""
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, output)  # noqa: PTH105 - over whatever was there
    finally:
        part.unlink(missing_ok=True)


def _asked(model: type[Asked], where: list[str] | None, zone: str, **given: Any) -> Asked:
    """The filters as the API has them; refuses those that it would refuse."""
    asked: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for filter_ in where or ():
        name, _, value = filter_.partition("=")
        field = model.model_fields.get(name)
        several = field is not None and get_origin(field.annotation) is list
        asked[name] = [*asked.get(name, ()), value] if several else value
    try:
        return model.model_validate({**asked, "time_zone": zone})
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise typer.BadParameter("; ".join(faults)) from None


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
