"""`moderator rules`: check, list and try the rules."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from moderator.cli import alarms, trial
from moderator.cli.caching import user_cache
from moderator.cli.interception import sync_intercept
from moderator.cli.records import printable
from moderator.domain.rule import Rule
from moderator.enforcement.stationery import notice_faults
from moderator.rulebook.checker import Report, check_rules
from moderator.rulebook.loader import load_screen
from moderator.rulebook.reading import read_directory
from moderator.rulebook.schemas import SCHEMAS, schema_text
from moderator.shipped import rules_directory

app = typer.Typer(
    name="rules", help="Check, list and try the rules.", no_args_is_help=True, add_completion=False
)

app.command(name="sync-intercept")(sync_intercept)

app.add_typer(alarms.app)

RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", metavar="DIR", help="Folder of rule files; the shipped ones if unset."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON, one object per line.")]


@app.command()
def check(rules: RulesOption = None, as_json: JsonOption = False) -> None:
    """Report every fault with file and line, of notices too; exit status 1 if there is one."""
    directory = rules or rules_directory()
    report = check_rules(directory)
    faults = (*report.faults, *notice_faults(rules_directory(), directory))
    for fault in faults:
        print(json.dumps(asdict(fault), ensure_ascii=False) if as_json else printable(str(fault)))
    print(_summary(report), file=sys.stderr)
    raise typer.Exit(1 if faults else 0)


@app.command(name="list")
def list_rules(rules: RulesOption = None, as_json: JsonOption = False) -> None:
    """List all rules, the disabled ones too."""
    reading = read_directory(rules or rules_directory())
    listed = sorted(
        (packed.rule for packed in reading.rules), key=lambda rule: (rule.category, rule.id)
    )
    for rule in listed:
        print(json.dumps(_described(rule), ensure_ascii=False) if as_json else _line(rule))
    for fault in reading.faults:
        print(fault, file=sys.stderr)


@app.command(name="try")
def try_text(
    text: Annotated[str, typer.Argument(help="The message, or - to read it from stdin.")],
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain what hits in a text and why, and what does not and why not."""
    message = sys.stdin.read() if text == "-" else text
    screen, reading = load_screen(rules or rules_directory(), cache=user_cache())
    for fault in reading.faults:
        print(fault, file=sys.stderr)
    explanation = screen.explain(message)
    if as_json:
        print(json.dumps(trial.described(explanation), ensure_ascii=False))
        return
    by_id = {packed.rule.id: packed.rule for packed in reading.rules}
    for line in trial.lines(explanation, by_id):
        print(printable(line))


@app.command()
def schema(name: Annotated[str, typer.Argument(help=" or ".join(SCHEMAS))]) -> None:
    """Print the JSON Schema of the packs or of the policy, for editors."""
    if name not in SCHEMAS:
        raise typer.BadParameter(f"there are {' and '.join(SCHEMAS)}")
    print(schema_text(name), end="")


def _summary(report: Report) -> str:
    looked_at = (
        f"{report.rules} rules ({report.enabled} enabled), {report.samples} examples, "
        f"{report.regressions} regressions"
    )
    count = len(report.faults)
    return f"{looked_at}: {count} fault{'' if count == 1 else 's'}" if count else f"{looked_at}: ok"


def _line(rule: Rule) -> str:
    state = "" if rule.enabled else "  (disabled)"
    content = ", ".join(
        f"{len(entries)} {name}"
        for name, entries in (("words", rule.words), ("patterns", rule.patterns))
        if entries
    )
    return (
        f"{rule.id:<36} {rule.category:<15} {rule.severity.label:<9} {content or 'empty':<24} "
        f"{rule.description}{state}"
    )


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "version": rule.version,
        "category": rule.category,
        "severity": rule.severity.label,
        "description": rule.description,
        "enabled": rule.enabled,
        "masked": rule.masked,
        "words": len(rule.words),
        "patterns": len(rule.patterns),
        "clauses": list(rule.clauses),
        "source": rule.source,
    }


if __name__ == "__main__":
    app()
