"""`moderator merits`: what offsets a person's warnings and demerits (功过抵消)."""

from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, By, Config, at_the_ledger, decider
from moderator.cli.records import printable
from moderator.errors import RulebookError
from moderator.ledger.database.engine import Engine
from moderator.ledger.standing.merits import MeritRecord, Merits
from moderator.policy.policy import Policy
from moderator.rulebook.reading import read_directory
from moderator.settings import Settings
from moderator.shipped import rules_directory

app = typer.Typer(
    help="Merits that offset warnings and demerits.", no_args_is_help=True, add_completion=False
)

Sender = Annotated[str, typer.Argument(help="userid.")]
Reason = Annotated[str, typer.Option(help="Why; recorded with it.", prompt=True)]


@app.command()
def add(
    sender: Sender,
    merit: Annotated[str, typer.Argument(help="A merit of policy.yaml (`offsets`).")],
    reason: Reason,
    by: By = "",
    count: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 1,
    config: Config = None,
) -> None:
    """Record a merit of a person."""

    async def added(settings: Settings, engine: Engine) -> MeritRecord:
        _require(merit, policy_of(settings))
        corp, who = settings.wecom.corp_id, decider(by)
        return await Merits(engine).record(
            corp, sender, merit, count=count, by=who, reason=_said(reason)
        )

    print(_line(at_the_ledger(config, added)))


@app.command()
def withdraw(
    merit_id: Annotated[int, typer.Argument(help="Id of the merit.", min=1, max=MOST_ID)],
    reason: Reason,
    by: By = "",
    config: Config = None,
) -> None:
    """Withdraw a merit; what was decided since is weighed again without it."""

    async def withdrawn(_: Settings, engine: Engine) -> MeritRecord:
        return await Merits(engine).withdraw(merit_id, by=decider(by), reason=_said(reason))

    print(_line(at_the_ledger(config, withdrawn)))


@app.command(name="list")
def list_(sender: Sender, config: Config = None) -> None:
    """List a person's merits, newest first, the withdrawn ones too; tab-separated."""

    async def listed(settings: Settings, engine: Engine) -> list[MeritRecord]:
        return list(await Merits(engine).of(settings.wecom.corp_id, sender))

    for record in at_the_ledger(config, listed):
        print(_line(record))


def _said(reason: str) -> str:
    if not reason.strip():
        raise typer.BadParameter("a merit needs a reason")
    return reason.strip()


def policy_of(settings: Settings) -> Policy:
    """The policy of this deployment.  Raises `RulebookError` where it cannot be used."""
    reading = read_directory(settings.rules.directory or rules_directory())
    if reading.policy is None:
        raise RulebookError("\n".join(map(str, reading.faults)))
    return reading.policy.policy


def _require(merit: str, policy: Policy) -> None:
    if merit not in policy.offsets:
        known = ", ".join(policy.offsets) or "none"
        raise typer.BadParameter(f"policy.yaml offsets no merit `{merit}`; it knows {known}")


def _line(record: MeritRecord) -> str:
    withdrawn = (
        f"withdrawn {record.withdrawn_at.isoformat()} by {record.withdrawn_by}:"
        f" {record.withdrawal_reason}"
        if record.withdrawn_at
        else ""
    )
    columns = (
        record.id,
        record.recorded_at.isoformat(),
        record.sender,
        f"{record.kind} x{record.count}",
        record.recorded_by,
        record.reason,
        withdrawn,
    )
    return printable(" | ".join(filter(None, map(str, columns))))
