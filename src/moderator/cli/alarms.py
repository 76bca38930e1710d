"""`moderator rules alarms`: rules that hit far more than usual."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, By, Config, Limit, at_the_ledger, decider
from moderator.ledger.counting.alarms import Alarm, Alarms, Cleared
from moderator.ledger.database.engine import Engine
from moderator.settings import Settings

app = typer.Typer(
    name="alarms",
    help="Rules that hit far more than usual: their removals wait for approval until cleared.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command(name="list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Also those that were cleared.")] = False,
    limit: Limit = 100,
    config: Config = None,
) -> None:
    """List alarms, newest first; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> list[Alarm]:
        return await Alarms(engine).list(open_only=not all_, limit=limit)

    for alarm in at_the_ledger(config, listed):
        print(_line(alarm))


@app.command()
def clear(
    ids: Annotated[list[int], typer.Argument(help="Ids of alarms.", min=1, max=MOST_ID)],
    reason: Annotated[str, typer.Option(help="Why the rule may act again.")],
    by: By = "",
    config: Config = None,
) -> None:
    """Let rules act again; exit status 1 if somebody else had cleared one."""

    async def cleared(_: Settings, engine: Engine) -> list[Cleared]:
        now = datetime.now(UTC)
        return [
            await Alarms(engine).clear(id_, by=decider(by), reason=reason, now=now) for id_ in ids
        ]

    results = at_the_ledger(config, cleared)
    for result in results:
        print(_line(result.alarm))
    if not all(result.applied for result in results):
        raise typer.Exit(1)


def _line(alarm: Alarm) -> str:
    cleared = f"cleared {alarm.cleared_at.isoformat()}" if alarm.cleared_at else "open"
    columns = (
        alarm.id,
        alarm.raised_at.isoformat(),
        alarm.rule,
        cleared,
        f"{alarm.hits} people in {alarm.messages} messages",
        f"usually {alarm.usual_hits} in {alarm.usual_messages}",
        f"probability {alarm.probability:.1e}",
        f"{alarm.cleared_by} {alarm.reason}".strip(),
    )
    return "\t".join(map(str, columns)).rstrip()
