"""`moderator failed`: callbacks that could not be processed."""

from collections.abc import Sequence
from typing import Annotated

import typer

from moderator.app import Service
from moderator.cli.ledger import MOST_ID, MOST_INTEGER, Config, at_the_ledger
from moderator.intake.reception import Delivery
from moderator.ledger.engine import Engine
from moderator.ledger.failed import FailedMessages
from moderator.ledger.records import FailedMessage
from moderator.settings import Settings
from moderator.telemetry.logging import configure_logging

app = typer.Typer(
    help="Callbacks that could not be processed.", no_args_is_help=True, add_completion=False
)


@app.command(name="list")
def list_(
    settled: Annotated[bool, typer.Option(help="Also those replayed well.")] = False,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=MOST_INTEGER)] = 100,
    config: Config = None,
) -> None:
    """List the callbacks that are kept, oldest first; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> Sequence[FailedMessage]:
        return await FailedMessages(engine).list(settled=settled, limit=limit)

    for each in at_the_ledger(config, listed):
        print(each.id, each.received_at.isoformat(), each.app, each.reason, each.attempts,
              _state(each), sep="\t")  # fmt: skip


@app.command()
def replay(
    ids: Annotated[
        list[int] | None,
        typer.Argument(help="Which; all if none is named.", min=1, max=MOST_ID),
    ] = None,
    config: Config = None,
) -> None:
    """Process kept callbacks again; exit status 1 if one fails again or does not wait for it."""

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
    try:
        if ids:
            return sum([await _named(service, failed, id_) for id_ in ids])
        failures, last = 0, 0
        while each := await failed.take(after=last):
            failures, last = failures + await _again(service, failed, each), each.id
        return failures
    finally:
        await service.stop()


async def _named(service: Service, failed: FailedMessages, id_: int) -> bool:
    """Whether it failed again or is not there to be replayed."""
    kept = await failed.take(only=id_)
    if kept is None:
        print(id_, "no such message waits", sep="\t")
        return True
    return await _again(service, failed, kept)


async def _again(service: Service, failed: FailedMessages, kept: FailedMessage) -> bool:
    """Whether it failed again."""
    delivery = Delivery(kept.app, kept.body, kept.signature, kept.timestamp, kept.nonce)
    try:
        outcome = await service.reception.replay(delivery)
    except Exception as error:  # noqa: BLE001 - whatever it is, the callback stays and is named
        await failed.fail_again(kept.id, type(error).__name__)
        print(kept.id, "failed again", type(error).__name__, sep="\t")
        return True
    await failed.settle(kept.id)
    print(kept.id, outcome, sep="\t")
    return False
