"""`moderator failed`: callbacks that could not be processed."""

from collections.abc import Sequence
from typing import Annotated

import typer

from moderator.app import Service
from moderator.cli.ledger import MOST_ID, Config, Limit, at_the_ledger
from moderator.intake.replaying import Replay, Replayed
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.records import FailedMessage
from moderator.settings import Settings
from moderator.telemetry.logging import configure_logging

app = typer.Typer(
    help="Callbacks that could not be processed.", no_args_is_help=True, add_completion=False
)


@app.command(name="list")
def list_(
    settled: Annotated[bool, typer.Option(help="Also those replayed successfully.")] = False,
    limit: Limit = 100,
    config: Config = None,
) -> None:
    """List stored callbacks, oldest first; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> Sequence[FailedMessage]:
        return await FailedMessages(engine).list(settled=settled, limit=limit)

    for each in at_the_ledger(config, listed):
        print(each.id, each.received_at.isoformat(), each.app, each.reason, each.attempts,
              _state(each), sep="\t")  # fmt: skip


@app.command()
def replay(
    ids: Annotated[
        list[int] | None,
        typer.Argument(help="Which ones; all if none is given.", min=1, max=MOST_ID),
    ] = None,
    config: Config = None,
) -> None:
    """Process stored callbacks again; exit status 1 if one fails again or is not waiting."""

    async def replayed(settings: Settings, engine: Engine) -> int:
        configure_logging(settings.log)
        return await _replay(Service(settings, engine), FailedMessages(engine), ids)

    if at_the_ledger(config, replayed):
        raise typer.Exit(1)


def _state(kept: FailedMessage) -> str:
    if kept.erased_at:
        return f"erased {kept.erased_at.isoformat()}"
    return "replayed" if kept.settled_at else "waiting"


async def _replay(service: Service, failed: FailedMessages, ids: list[int] | None) -> int:
    """How many failed again, or were named and do not wait."""
    replay = Replay(failed, service.reception)
    try:
        if ids:
            return sum([_told(id_, await replay.one(id_)) for id_ in ids])
        failures, last = 0, 0
        while each := await failed.take(after=last):
            failures, last = failures + _told(each.id, await replay.again(each)), each.id
        return failures
    finally:
        await service.stop()


def _told(id_: int, replayed: Replayed | None) -> bool:
    """Whether it failed again or is not there to be replayed."""
    if replayed is None:
        print(id_, "no such message waits", sep="\t")
    elif replayed.error:
        print(id_, "failed again", replayed.error, sep="\t")
    else:
        print(id_, replayed.outcome, sep="\t")
    return replayed is None or bool(replayed.error)
