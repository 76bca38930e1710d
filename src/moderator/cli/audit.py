"""`moderator audit`: the log of who did what, and the proof that nobody touched it."""

import json
import re
from datetime import datetime
from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, Config, Limit, at_the_ledger
from moderator.ledger.audit import Audit, AuditFilter, AuditRow, Break, Seal
from moderator.ledger.database.engine import Engine
from moderator.settings import Settings

app = typer.Typer(
    name="audit",
    help="The audit log, who did and read what: list, verify and export it.",
    no_args_is_help=True,
    add_completion=False,
)

_SEAL = re.compile(r"(?P<number>[0-9]{1,19}):(?P<hash>[0-9a-f]{64})")
_Actor = Annotated[str, typer.Option(help="Who did it, as the log names them.")]
_Action = Annotated[
    str, typer.Option(help="Which action; `violation` matches all about violations.")
]
_Subject = Annotated[str, typer.Option(help="Subject, such as violation/17.")]
_Since = Annotated[datetime | None, typer.Option(help="At that time or later (local time).")]
_Until = Annotated[datetime | None, typer.Option(help="Before that time (local time).")]


@app.command()
def verify(
    known: Annotated[
        str, typer.Option(help="NUMBER:HASH of an earlier `audit seal`, kept elsewhere.")
    ] = "",
    config: Config = None,
) -> None:
    """Find every row that was altered, removed or reordered; exit status 1 if there is one."""
    sealed = _seal(known)

    async def verified(_: Settings, engine: Engine) -> tuple[list[Break], Seal]:
        log = Audit(engine)
        return await log.verify(sealed), await log.seal()

    breaks, end = at_the_ledger(config, verified)
    for found in breaks:
        print(f"{found.number}\t{found.fault}")
    if breaks:
        raise typer.Exit(1)
    print(f"whole\t{end.number}:{end.hash.hex()}")


@app.command()
def seal(config: Config = None) -> None:
    """Print the end of the log as NUMBER:HASH; stored elsewhere, it proves all rows before it."""

    async def sealed(_: Settings, engine: Engine) -> Seal:
        return await Audit(engine).seal()

    end = at_the_ledger(config, sealed)
    print(f"{end.number}:{end.hash.hex()}")


@app.command(name="list")
def list_(
    actor: _Actor = "",
    action: _Action = "",
    subject: _Subject = "",
    since: _Since = None,
    until: _Until = None,
    before: Annotated[
        int | None, typer.Option(help="Only rows before this number.", min=1, max=MOST_ID)
    ] = None,
    limit: Limit = 100,
    config: Config = None,
) -> None:
    """List rows, newest first; tab-separated."""
    wanted = _filter(actor, action, subject, since, until)

    async def listed(_: Settings, engine: Engine) -> list[AuditRow]:
        return await Audit(engine).page(wanted, before=before, limit=limit)

    for row in at_the_ledger(config, listed):
        deed = row.deed
        detail = json.dumps(deed.detail, ensure_ascii=False, sort_keys=True)
        columns = (row.number, row.at.isoformat(), deed.actor, deed.action, deed.subject, detail)
        print("\t".join(map(str, columns)))


@app.command()
def export(
    actor: _Actor = "",
    action: _Action = "",
    subject: _Subject = "",
    since: _Since = None,
    until: _Until = None,
    config: Config = None,
) -> None:
    """Write rows as JSON lines, oldest first, with what is needed to verify them elsewhere."""
    wanted = _filter(actor, action, subject, since, until)

    async def exported(_: Settings, engine: Engine) -> None:
        async for row in Audit(engine).rows(wanted):
            print(_json(row))

    at_the_ledger(config, exported)


def _filter(
    actor: str, action: str, subject: str, since: datetime | None, until: datetime | None
) -> AuditFilter:
    return AuditFilter(
        actor=actor,
        action=action,
        subject=subject,
        since=since.astimezone() if since else None,
        until=until.astimezone() if until else None,
    )


def _seal(known: str) -> Seal | None:
    if not known:
        return None
    found = _SEAL.fullmatch(known)
    if found is None:
        raise typer.BadParameter("is not NUMBER:HASH")
    return Seal(int(found["number"]), bytes.fromhex(found["hash"]))


def _json(row: AuditRow) -> str:
    told = {
        "number": row.number,
        "at": row.at.isoformat(),
        "actor": row.deed.actor,
        "action": row.deed.action,
        "subject": row.deed.subject,
        "detail": row.deed.detail,
        "previous": row.previous.hex(),
        "hash": row.hash.hex(),
    }
    return json.dumps(told, ensure_ascii=False)
