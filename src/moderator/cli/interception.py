"""`moderator rules sync-intercept`: the gravest words in WeCom's own rules."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import httpx
import typer

from moderator.enforcement.interception import Drift, Interception, Selection, select
from moderator.errors import SettingsError
from moderator.rulebook.reading import read_directory
from moderator.settings import Settings, load_settings
from moderator.shipped import rules_directory
from moderator.wecom.client import WeComClient
from moderator.wecom.interception import InterceptRules

Config = Annotated[
    Path | None, typer.Option(help="Settings file; the environment alone if omitted.")
]


def sync_intercept(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; exit status 1 if they differ.")
    ] = False,
    config: Config = None,
) -> None:
    """Make WeCom's intercept rules (聊天敏感词, chats with customers) those of the rulebook.

    Only rules whose names begin with `interception.prefix` are touched.
    """
    settings = load_settings(config)
    _refuse_unset(settings)
    reading = read_directory(settings.rules.directory or rules_directory())
    selection = select((packed.rule for packed in reading.rules), settings.interception)
    for fault in reading.faults:
        print(fault, file=sys.stderr)
    drift = asyncio.run(_synchronise(settings, selection, dry_run=dry_run))
    _tell(selection, drift, dry_run=dry_run)
    raise typer.Exit(1 if dry_run and drift else 0)


def _refuse_unset(settings: Settings) -> None:
    wanted = settings.interception
    faults = []
    if wanted.app not in settings.wecom.apps:
        faults.append("interception.app: names no app of wecom.apps")
    if not wanted.users and not wanted.departments:
        faults.append("interception: needs users or departments")
    if faults:
        raise SettingsError(tuple(faults))


async def _synchronise(settings: Settings, selection: Selection, *, dry_run: bool) -> Drift:
    async with httpx.AsyncClient() as http:
        client = WeComClient(settings.wecom, http)
        rules = InterceptRules(client, settings.interception.app)
        interception = Interception(rules, settings.interception)
        drift = await interception.drift(selection.rules)
        if not dry_run:
            await interception.mend(drift)
    return drift


def _tell(selection: Selection, drift: Drift, *, dry_run: bool) -> None:
    if drift:
        print(drift)
    for reason, number in selection.omitted.items():
        print(f"left out {number}: {reason}", file=sys.stderr)
    if dry_run:
        print("WeCom's rules differ" if drift else "WeCom's rules are as they should be")
    else:
        changes = len(drift.missing) + len(drift.changed) + len(drift.surplus)
        print(f"{changes} of WeCom's rules changed, {len(selection.rules)} are ours")
