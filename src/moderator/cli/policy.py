"""`moderator policy`: is it sound, what would another one do, does everybody's standing follow."""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from moderator.cli.ledger import Config, at_the_ledger
from moderator.cli.records import printable
from moderator.errors import RulebookError
from moderator.ledger.database.engine import Engine
from moderator.ledger.standing.standings import Deviation, deviations
from moderator.ledger.standing.what_if import Comparison, compare
from moderator.policy.policy import Policy
from moderator.rulebook.documents import NotYaml, parse
from moderator.rulebook.policies import read_policy
from moderator.rulebook.policy_checker import check_policy
from moderator.rulebook.policy_format import DURATION, duration
from moderator.rulebook.reading import POLICY_FILE, read_directory
from moderator.settings import Settings, load_settings
from moderator.shipped import rules_directory

app = typer.Typer(
    help="The policy: its faults, its effect, people's standing.",
    no_args_is_help=True,
    add_completion=False,
)

_CONFIG = "MODERATOR_CONFIG"


class Format(StrEnum):
    """What a comparison is written as."""

    TEXT = "text"
    JSON = "json"


@app.command()
def check(
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules", metavar="DIR", help="Rule folder; that of the settings if omitted."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one object per line.")] = False,
    config: Config = None,
) -> None:
    """Report every fault of policy.yaml with its line; exit status 1 if there is one.

    With settings, also report what they do not allow to be carried out.
    """
    settings = load_settings(config) if config or _CONFIG in os.environ else None
    directory = rules or (_rules_of(settings) if settings else rules_directory())
    reading = read_directory(directory)
    faults = check_policy(reading, directory, now=datetime.now(UTC), settings=settings)
    for fault in faults:
        print(json.dumps(asdict(fault), ensure_ascii=False) if as_json else printable(str(fault)))
    told = "" if settings else "; without --config, what the settings allow is not checked"
    print(f"{directory / POLICY_FILE}: {len(faults) or 'no'} faults{told}", file=sys.stderr)
    raise typer.Exit(1 if faults else 0)


@app.command(name="what-if")
def what_if(
    file: Annotated[Path, typer.Argument(help="A changed policy.yaml.", exists=True)],
    since: Annotated[
        str | None, typer.Option(help="Only what was sent since: 90d, 12h or 2026-03-01 (UTC).")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="text or json.")] = Format.TEXT,
    config: Config = None,
) -> None:
    """Tell who would have crossed which threshold under FILE, compared to the policy in force."""
    changed = _policy(file)
    moment = _moment(since) if since else None

    async def compared(settings: Settings, engine: Engine) -> Comparison:
        present = _policy(_rules_of(settings) / POLICY_FILE)
        return await compare(engine, present, changed, since=moment)

    found = at_the_ledger(config, compared)
    for line in _as_json(found) if format_ is Format.JSON else _as_text(found):
        print(line)


@app.command()
def verify(config: Config = None) -> None:
    """Prove that everybody's stored standing follows from their violations and merits.

    Exit status 1, with every deviation, if it does not.
    """

    async def verified(_: Settings, engine: Engine) -> list[Deviation]:
        return await deviations(engine)

    found = at_the_ledger(config, verified)
    for deviation in found:
        print(f"{deviation.corp}\t{deviation.sender}\t{deviation.what}")
    print(f"{len(found) or 'no'} deviations", file=sys.stderr)
    raise typer.Exit(1 if found else 0)


def _rules_of(settings: Settings) -> Path:
    return settings.rules.directory or rules_directory()


def _policy(path: Path) -> Policy:
    """The policy of a file; raises `RulebookError` with all its faults."""
    try:
        document, faults = parse(path.read_text("utf-8-sig"), file=str(path))
    except NotYaml as error:
        raise RulebookError(str(error.fault)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RulebookError(f"{path}: cannot be read: {error}") from error
    policy, more = read_policy(document)
    if policy is None:
        raise RulebookError("\n".join(map(str, (*faults, *more))))
    return policy


def _moment(text: str) -> datetime:
    if re.fullmatch(DURATION, text):
        return datetime.now(UTC) - duration(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is neither a time span such as 90d nor a date") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _as_text(found: Comparison) -> Iterator[str]:
    yield f"{found.violations} violations of {found.people} people"
    yield "threshold\tpresent\tchanged\tpeople: present\tpeople: changed"
    for threshold in _thresholds(found):
        yield "\t".join(map(str, (threshold, *_numbers(found, threshold))))
    yield "action\tpresent\tchanged"
    for kind in sorted({*found.present.actions, *found.changed.actions}):
        yield f"{kind}\t{found.present.actions[kind]}\t{found.changed.actions[kind]}"
    yield f"{len(found.differences)} differences: person, threshold, present, changed, first"
    for each in found.differences:
        first = each.first_at.isoformat(timespec="minutes")
        sender = printable(each.person[1])
        yield "\t".join((sender, each.threshold, str(each.present), str(each.changed), first))


def _as_json(found: Comparison) -> Iterator[str]:
    names = ("present", "changed", "present_people", "changed_people")
    kinds = sorted({*found.present.actions, *found.changed.actions})
    summary = {
        "violations": found.violations,
        "people": found.people,
        "thresholds": {
            threshold: dict(zip(names, _numbers(found, threshold), strict=True))
            for threshold in _thresholds(found)
        },
        "actions": {
            kind: {"present": found.present.actions[kind], "changed": found.changed.actions[kind]}
            for kind in kinds
        },
        "differences": [
            {
                "corp": each.person[0],
                "sender": each.person[1],
                "threshold": each.threshold,
                "present": each.present,
                "changed": each.changed,
                "first_at": each.first_at.isoformat(),
            }
            for each in found.differences
        ],
    }
    yield json.dumps(summary, ensure_ascii=False)


def _thresholds(found: Comparison) -> list[str]:
    return sorted({*found.present.times, *found.changed.times})


def _numbers(found: Comparison, threshold: str) -> tuple[int, int, int, int]:
    return (
        found.present.times[threshold],
        found.changed.times[threshold],
        found.present_people[threshold],
        found.changed_people[threshold],
    )
