"""`moderator outbox`: actions that wait, were decided or failed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, MOST_INTEGER, By, Config, Limit, at_the_ledger, decider
from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.actions.requests import Requests
from moderator.ledger.database.engine import Engine
from moderator.ledger.limits.pauses import Pause, Pauses
from moderator.ledger.records import ActionFilter, ActionRecord, Resolved
from moderator.settings import Settings

app = typer.Typer(
    help="Actions that wait, were decided or failed.", no_args_is_help=True, add_completion=False
)

States = Annotated[list[ActionState] | None, typer.Option(help="Only in this state; repeatable.")]
Kind = Annotated[ActionKind | None, typer.Option(help="Only of this kind.")]
Errcode = Annotated[
    int | None, typer.Option(help="Only with this errcode.", min=-MOST_INTEGER, max=MOST_INTEGER)
]
Sender = Annotated[str | None, typer.Option(help="Only of this person.")]
Since = Annotated[
    datetime | None, typer.Option(help="Only decided at that time or later (local time).")
]
Ids = Annotated[list[int], typer.Argument(help="Ids of actions.", min=1, max=MOST_ID)]


@app.command(name="list")
def list_(
    state: States = None,
    kind: Kind = None,
    errcode: Errcode = None,
    sender: Sender = None,
    since: Since = None,
    before: Annotated[
        int | None, typer.Option(help="Only ids below this one.", min=1, max=MOST_ID)
    ] = None,
    limit: Limit = 100,
    config: Config = None,
) -> None:
    """List actions, newest first; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> Sequence[ActionRecord]:
        wanted = ActionFilter(
            states=tuple(state or ()), kind=kind, errcode=errcode, sender=sender, since=_utc(since)
        )
        return await Outbox(engine).list(wanted, before=before, limit=limit)

    for action in at_the_ledger(config, listed):
        print(_line(action))


@app.command()
def approve(ids: Ids, by: By = "", config: Config = None) -> None:
    """Approve proposals; exit status 1 if somebody else had already decided one."""
    name = decider(by)
    _resolve(ids, lambda outbox, id_: outbox.proposals.approve(id_, name), config)


@app.command()
def refuse(
    ids: Ids,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    by: By = "",
    config: Config = None,
) -> None:
    """Refuse proposals; exit status 1 if somebody else had already decided one."""
    name = decider(by)
    _resolve(ids, lambda outbox, id_: outbox.proposals.refuse(id_, name, reason), config)


@app.command()
def complied(
    ids: Ids,
    note: Annotated[str, typer.Option(help="What is known about it.")] = "",
    by: By = "",
    config: Config = None,
) -> None:
    """Record that people did what they were asked; exit status 1 if one is not an open request."""
    name = decider(by)

    async def told(_: Settings, engine: Engine) -> list[Resolved]:
        requests = Requests(engine)
        return [await requests.complied(id_, by=name, note=note) for id_ in ids]

    _show(at_the_ledger(config, told))


@app.command()
def requeue(  # noqa: PLR0913, PLR0917 - one parameter for each option
    ids: Annotated[
        list[int] | None,
        typer.Argument(
            help="Which ones; all that match the options if none is given.", min=1, max=MOST_ID
        ),
    ] = None,
    state: States = None,
    kind: Kind = None,
    errcode: Errcode = None,
    sender: Sender = None,
    since: Since = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count them.")] = False,
    reason: Annotated[str, typer.Option(help="Why; recorded with each.")] = "",
    by: By = "",
    config: Config = None,
) -> None:
    """Try failed, expired and unsupported actions again from the start."""
    wanted = ActionFilter(
        ids=tuple(ids or ()),
        states=tuple(state or ()),
        kind=kind,
        errcode=errcode,
        sender=sender,
        since=_utc(since),
    )

    async def counted(_: Settings, engine: Engine) -> int:
        return await Outbox(engine).count_buried(wanted)

    async def requeued(_: Settings, engine: Engine) -> int:
        return await Outbox(engine).requeue(wanted, by=decider(by), reason=reason)

    if dry_run:
        print(at_the_ledger(config, counted), "would be requeued")
    else:
        print(at_the_ledger(config, requeued), "requeued")


@app.command()
def pauses(
    lifted: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    config: Config = None,
) -> None:
    """List the apps that WeCom refuses until somebody fixes something; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> Sequence[Pause]:
        return await Pauses(engine).list(lifted=lifted)

    for pause in at_the_ledger(config, listed):
        print(_pause_line(pause))


@app.command()
def lift(
    pause: Annotated[int, typer.Argument(help="Which pause.", min=1, max=MOST_ID)],
    reason: Annotated[str, typer.Option(help="What was fixed.")],
    by: By = "",
    config: Config = None,
) -> None:
    """Lift a pause, so that WeCom is called again; exit status 1 if it had already ended.

    After a wrong secret WeCom is still not called within the hour: it would ban the address.
    """

    async def ended(_: Settings, engine: Engine) -> Pause | None:
        now = datetime.now(UTC)
        return await Pauses(engine).lift(pause, by=decider(by), reason=reason, now=now)

    found = at_the_ledger(config, ended)
    if found is None:
        print("the pause had ended")
        raise typer.Exit(1)
    print(_pause_line(found))


def _resolve(
    ids: list[int], decide: Callable[[Outbox, int], Awaitable[Resolved]], config: Config
) -> None:
    async def resolved(_: Settings, engine: Engine) -> list[Resolved]:
        outbox = Outbox(engine)
        return [await decide(outbox, id_) for id_ in ids]

    _show(at_the_ledger(config, resolved))


def _show(results: list[Resolved]) -> None:
    for result in results:
        print(_line(result.action))
    if not all(result.applied for result in results):
        raise typer.Exit(1)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone() if moment and moment.tzinfo is None else moment


def _pause_line(pause: Pause) -> str:
    ended = f"lifted {pause.lifted_at.isoformat()}" if pause.lifted_at else "stands"
    columns = (
        pause.id,
        pause.since.isoformat(),
        pause.app,
        pause.path or "everything",
        f"errcode {pause.errcode}",
        pause.reason,
        f"{pause.waiting} waiting",
        f"tried again {pause.probes} times, next {pause.probe_at.isoformat()}",
        f"{ended} {pause.lifted_by} {pause.lift_reason}".rstrip(),
    )
    return "\t".join(map(str, columns))


def _line(action: ActionRecord) -> str:
    decided = f"{action.decided_by} {action.decision_reason}".strip()
    columns = (
        action.id,
        action.created_at.isoformat(),
        action.kind,
        # Nobody can know whether a person received it.
        "accepted by WeCom" if action.state is ActionState.ACCEPTED else action.state,
        action.sender,
        f"violation {action.violation_id}",
        f"tried {action.attempts}",
        "" if action.errcode is None else f"errcode {action.errcode}",
        f"until {action.due_at.isoformat()}" if action.held_by else "",
        action.outcome,
        decided,
    )
    return "\t".join(map(str, columns)).rstrip()
