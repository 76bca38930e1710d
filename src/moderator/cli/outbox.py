"""`moderator outbox`: actions that wait, were decided or failed."""

import os
import pwd
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, MOST_INTEGER, Config, at_the_ledger
from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.engine import Engine
from moderator.ledger.outbox import Outbox
from moderator.ledger.records import ActionRecord, Resolved
from moderator.settings import Settings

app = typer.Typer(
    help="Actions that wait, were decided or failed.", no_args_is_help=True, add_completion=False
)

By = Annotated[
    str, typer.Option(help="For whom; kept beside the user and the machine that decide here.")
]
Ids = Annotated[list[int], typer.Argument(help="Actions.", min=1, max=MOST_ID)]


@app.command(name="list")
def list_(
    state: Annotated[list[ActionState] | None, typer.Option(help="Only these; repeatable.")] = None,
    before: Annotated[
        int | None, typer.Option(help="Only ids below this one.", min=1, max=MOST_ID)
    ] = None,
    limit: Annotated[int, typer.Option(help="Most lines.", min=1, max=MOST_INTEGER)] = 100,
    config: Config = None,
) -> None:
    """List actions, newest first; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> Sequence[ActionRecord]:
        return await Outbox(engine).list(state or (), before=before, limit=limit)

    for action in at_the_ledger(config, listed):
        print(_line(action))


@app.command()
def approve(ids: Ids, by: By = "", config: Config = None) -> None:
    """Let proposals be carried out; exit status 1 if somebody else had decided one."""
    name = _decider(by)
    _resolve(ids, lambda outbox, id_: outbox.approve(id_, name), config)


@app.command()
def refuse(
    ids: Ids,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: By = "",
    config: Config = None,
) -> None:
    """Cancel proposals; exit status 1 if somebody else had decided one."""
    name = _decider(by)
    _resolve(ids, lambda outbox, id_: outbox.refuse(id_, name, reason), config)


@app.command()
def requeue(
    ids: Annotated[
        list[int] | None,
        typer.Argument(help="Which; all that fit if none.", min=1, max=MOST_ID),
    ] = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only of this kind.")] = None,
    errcode: Annotated[
        int | None,
        typer.Option(help="Only with this errcode.", min=-MOST_INTEGER, max=MOST_INTEGER),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with each.")] = "",
    by: By = "",
    config: Config = None,
) -> None:
    """Try failed, expired and unsupported actions again from the start."""

    async def requeued(_: Settings, engine: Engine) -> int:
        return await Outbox(engine).requeue(
            ids or None, by=_decider(by), reason=reason, kind=kind, errcode=errcode
        )

    print(at_the_ledger(config, requeued), "requeued")


def _decider(by: str) -> str:
    """Who decides: the account that runs this, whatever name it gives besides.

    The account is the kernel's and not the environment's, which everybody can set.
    """
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under an id that has no name
        account = str(os.getuid())
    name = f"{account}@{socket.gethostname()} (cli)"
    return f"{name} for {by}" if by else name


def _resolve(
    ids: list[int], decide: Callable[[Outbox, int], Awaitable[Resolved]], config: Config
) -> None:
    async def resolved(_: Settings, engine: Engine) -> list[Resolved]:
        outbox = Outbox(engine)
        return [await decide(outbox, id_) for id_ in ids]

    results = at_the_ledger(config, resolved)
    for result in results:
        print(_line(result.action))
    if not all(result.applied for result in results):
        raise typer.Exit(1)


def _line(action: ActionRecord) -> str:
    decided = f"{action.decided_by} {action.decision_reason}".strip()
    columns = (
        action.id,
        action.created_at.isoformat(),
        action.kind,
        action.state,
        action.sender,
        f"violation {action.violation_id}",
        f"tried {action.attempts}",
        "" if action.errcode is None else f"errcode {action.errcode}",
        action.outcome,
        decided,
    )
    return "\t".join(map(str, columns)).rstrip()
