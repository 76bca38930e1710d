"""`moderator doctor`: what is wrong with this deployment, why, and where to fix it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from moderator.cli.diagnosis.examination import examine
from moderator.cli.diagnosis.findings import Finding, Level
from moderator.cli.records import printable

_MARK: Final = {Level.OK: "ok   ", Level.NOTE: "note ", Level.FAULT: "FAULT"}


def doctor(
    config: Annotated[
        Path | None, typer.Option(help="Settings file; the environment alone if omitted.")
    ] = None,
    url: Annotated[
        str,
        typer.Option(
            help="Address of the running service: its callback is verified as WeCom does it."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object per line.")] = False,
) -> None:
    """Examine settings, database, rules, WeCom and callbacks; exit status 1 if anything is wrong.

    Asks WeCom only what nobody notices, and no secret twice.  Prints no secret.
    """
    faults = asyncio.run(_examined(config, url, as_json=as_json))
    raise typer.Exit(1 if faults else 0)


async def _examined(config: Path | None, url: str, *, as_json: bool) -> int:
    faults = 0
    async for finding in examine(config, url=url):
        faults += finding.level is Level.FAULT
        if as_json:
            print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)
        else:
            for line in _lines(finding):
                print(printable(line), flush=True)
    return faults


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{_MARK[finding.level]}  {finding.about}: {finding.what}"
    if finding.cause:
        yield f"       why:  {finding.cause}"
    if finding.mend:
        yield f"       mend: {finding.mend}"
