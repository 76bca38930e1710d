"""`moderator canary`: proof, from outside, that a banned word is still found."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from moderator.domain import canary as bird
from moderator.domain.decision import ActionKind, ActionState, Circumstances, Standing
from moderator.domain.finding import Finding
from moderator.errors import RulebookError
from moderator.policy.ladder import decide
from moderator.rehearsal.canary import Flight, fly
from moderator.rehearsal.run import Target
from moderator.rulebook.loader import load_rulebook
from moderator.settings import Settings, load_settings
from moderator.shipped import rules_directory

_UNNOTICED: Final = frozenset({ActionKind.IDENTIFY_SENDER})  # a look-up for the record


def canary(
    config: Annotated[Path | None, typer.Option(help="The service's settings file.")] = None,
    target: Annotated[
        str, typer.Option(help="Address for callbacks; that of the settings if unset.")
    ] = "",
    api: Annotated[
        str, typer.Option(help="Address of the API; `server.internal_port` or TARGET if unset.")
    ] = "",
    app: Annotated[list[str] | None, typer.Option(help="App to write to; all if omitted.")] = None,
    within: Annotated[float, typer.Option(min=0.1, help="Seconds allowed.")] = 30.0,
    api_token: Annotated[
        str,
        typer.Option(
            envvar="CANARY_API_TOKEN", help="Bearer token; that of the settings if omitted."
        ),
    ] = "",
) -> None:
    """Post a banned word as a signed, encrypted callback; prove that it is recorded.

    Exit status 1 if any app's canary is not.  Refuses to run where its rule is missing or would
    have anybody warned.
    """
    settings = load_settings(config)
    _refuse_to_disturb(settings)
    goals = [
        Target.of(
            settings,
            url=target or _public(settings),
            app=name,
            api_token=api_token or _token(settings),
        )
        for name in _chosen(settings, app)
    ]
    flights = asyncio.run(_fly(goals, api or target or _internal(settings), within))
    for flight in flights:
        _tell(flight)
    raise typer.Exit(1 if any(flight.fault for flight in flights) else 0)


async def _fly(goals: list[Target], api: str, within: float) -> list[Flight]:
    return await asyncio.gather(*(fly(goal, api=api, within=within) for goal in goals))


def _tell(flight: Flight) -> None:
    told = flight.fault or f"found after {flight.seconds:.2f} s"
    print(f"{flight.app}: {told}", file=sys.stderr if flight.fault else sys.stdout)


def _refuse_to_disturb(settings: Settings) -> None:
    """Raise `RulebookError` where the canary would not be found, or would disturb somebody."""
    directory = settings.rules.directory or rules_directory()
    book = load_rulebook(directory)
    hits = list(book.screen.screen(bird.TEXT))
    if not hits or Finding.of(hits).gravest.category != bird.CATEGORY:
        raise RulebookError(f"{directory}: no rule finds the canary; copy canary.yaml there")
    decision = decide(
        Finding.of(hits),
        Standing(),
        book.policy,
        clauses_of_rule=(),
        now=datetime.now(UTC),
        used_today={},
        known=Circumstances(sender=bird.SENDER),
    )
    kinds = {act.kind for act in decision.actions if act.state is not ActionState.CANCELLED}
    if kinds := kinds - _UNNOTICED:
        raise RulebookError(
            f"{directory}: the canary would lead to {', '.join(sorted(kinds))}; "
            "copy the ladder `canary` of the shipped policy.yaml to the top of yours"
        )


def _public(settings: Settings) -> str:
    return _address(settings, settings.server.host, settings.server.port)


def _internal(settings: Settings) -> str:
    server = settings.server
    if server.internal_port is None:
        return _public(settings)
    return _address(settings, server.internal_host, server.internal_port)


def _address(settings: Settings, host: str, port: int) -> str:
    scheme = "https" if settings.server.certificate else "http"
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    return f"{scheme}://{f'[{reachable}]' if ':' in reachable else reachable}:{port}"


def _chosen(settings: Settings, names: list[str] | None) -> list[str]:
    apps = list(settings.wecom.apps)
    if unknown := set(names or ()) - set(apps):
        raise typer.BadParameter(f"no such app: {', '.join(sorted(unknown))}", param_hint="--app")
    return names or apps


def _token(settings: Settings) -> str:
    for token in settings.api.tokens.values():
        return token.get_secret_value()
    raise typer.BadParameter("the settings have no api.tokens", param_hint="--api-token")
