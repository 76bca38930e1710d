"""`moderator evidence hold/release/holds`: what must not be erased."""

from collections.abc import Sequence
from typing import Annotated

import typer

from moderator.cli.ledger import MOST_ID, By, Config, at_the_ledger, decider
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.legal_holds import Hold, LegalHolds, Scope
from moderator.settings import Settings

Why = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]


def hold(
    scope: Annotated[Scope, typer.Argument(help="What is held.")],
    target: Annotated[str, typer.Argument(help="The violation's id, the userid, or the chatid.")],
    reason: Why,
    by: By = "",
    config: Config = None,
) -> None:
    """Keep evidence from being erased until the hold is released."""
    number = target.isascii() and target.isdecimal() and int(target) <= MOST_ID
    if scope is Scope.VIOLATION and not number:
        raise typer.BadParameter("a violation is named by its id")

    async def placed(settings: Settings, engine: Engine) -> tuple[Hold, int]:
        holds = LegalHolds(engine, corp=settings.wecom.corp_id)
        new = await holds.place(scope, target, reason=reason, by=decider(by))
        return new, await holds.covered(new.id)

    new, covered = at_the_ledger(config, placed)
    print(f"hold {new.id} placed; it keeps {covered} violations with text now")


def release(
    hold_id: Annotated[int, typer.Argument(metavar="HOLD", min=1, max=MOST_ID)],
    reason: Why,
    by: By = "",
    config: Config = None,
) -> None:
    """End a hold; what is past its time is erased soon after.  Exit status 1 if it had ended."""

    async def released(settings: Settings, engine: Engine) -> tuple[Hold, bool]:
        holds = LegalHolds(engine, corp=settings.wecom.corp_id)
        return await holds.release(hold_id, reason=reason, by=decider(by))

    found, applied = at_the_ledger(config, released)
    print(_line(found))
    if not applied:
        raise typer.Exit(1)


def holds(
    released: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    config: Config = None,
) -> None:
    """List legal holds, newest first; tab-separated."""

    async def listed(settings: Settings, engine: Engine) -> Sequence[Hold]:
        found = LegalHolds(engine, corp=settings.wecom.corp_id)
        return await found.list(released=released, limit=10_000)

    for each in at_the_ledger(config, listed):
        print(_line(each))


def _line(hold: Hold) -> str:
    ended = (
        f"released {hold.released_at.isoformat()} {hold.released_by}: {hold.release_reason}"
        if hold.released_at
        else "stands"
    )
    columns = (
        hold.id,
        f"{hold.scope} {hold.target}",
        hold.placed_at.isoformat(),
        f"{hold.placed_by}: {hold.reason}",
        ended,
    )
    return "\t".join(map(str, columns))
