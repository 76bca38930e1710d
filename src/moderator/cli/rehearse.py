"""`moderator rehearse`: signed, encrypted traffic against a running service."""

import asyncio
import json
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from uvicorn.loops.auto import auto_loop_factory

from moderator.rehearsal.plan import Plan
from moderator.rehearsal.recorded import QueryFailed
from moderator.rehearsal.report import Report
from moderator.rehearsal.run import NothingThere, Target
from moderator.rehearsal.run import rehearse as run_rehearsal
from moderator.rehearsal.table import table
from moderator.settings import Settings, load_settings

_DAY = 86400.0
_MOMENTS = 5.0


def rehearse(  # noqa: PLR0913, PLR0917 - one parameter for each option
    target: Annotated[str, typer.Option(help="Address of the service, http://127.0.0.1:8080")],
    rate: Annotated[float, typer.Option(min=0.1, help="Messages a second.")] = 50.0,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to send.")] = 10.0,
    violations: Annotated[
        float, typer.Option(min=0, max=100, help="Percentage of messages that break a rule.")
    ] = 5.0,
    config: Annotated[
        Path | None,
        typer.Option(help="The service's settings file; the environment alone if omitted."),
    ] = None,
    app: Annotated[str, typer.Option(help="App to write to; the first if omitted.")] = "",
    seed: Annotated[int, typer.Option(help="Decides what is written.")] = 1,
    run_id: Annotated[
        str,
        typer.Option(
            help="With the same seed and run id the same messages are sent again; "
            "records of the last 24 hours count then."
        ),
    ] = "",
    api_token: Annotated[
        str,
        typer.Option(
            envvar="REHEARSE_API_TOKEN", help="Bearer token; the first of the settings if omitted."
        ),
    ] = "",
    journal: Annotated[
        str, typer.Option(help="Address of the stand-in WeCom, to report what it received.")
    ] = "",
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds within which a record must follow its 200.")
    ] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Send steady traffic with WeCom's timing and compare what was sent with what was recorded.

    Exit status 0 only if every message was answered 200, no violation is lost and none doubled.
    """
    _refuse_what_is_no_address(target, "--target")
    if journal:
        _refuse_what_is_no_address(journal, "--journal")
    settings = load_settings(config)
    goal = Target.of(
        settings,
        url=target,
        app=_app(settings, app),
        api_token=_token(settings, api_token),
        journal=journal,
    )
    plan = Plan(
        rate=rate,
        seconds=seconds,
        violations=violations,
        seed=seed,
        run_id=run_id or secrets.token_hex(4),
    )
    report = _run(goal, plan, look_back=_DAY if run_id else _MOMENTS, settle=settle)
    print(_as_json(report) if as_json else table(report))
    raise typer.Exit(0 if report.passed else 1)


def _run(goal: Target, plan: Plan, *, look_back: float, settle: float) -> Report:
    try:
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            return runner.run(run_rehearsal(goal, plan, look_back=look_back, settle=settle))
    except QueryFailed as failed:
        print(f"Sent, but what was recorded cannot be checked: {failed}", file=sys.stderr)
        raise typer.Exit(1) from failed
    except NothingThere as failed:
        print(f"Nothing was received: {failed}", file=sys.stderr)
        raise typer.Exit(1) from failed


def _refuse_what_is_no_address(url: str, option: str) -> None:
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number
        named = False
    if not named:
        raise typer.BadParameter(
            "is not an address such as http://127.0.0.1:8080", param_hint=option
        )


def _as_json(report: Report) -> str:
    return json.dumps({**asdict(report), "passed": report.passed}, ensure_ascii=False)


def _app(settings: Settings, name: str) -> str:
    apps = settings.wecom.apps
    if name and name not in apps:
        raise typer.BadParameter(f"no such app; known: {', '.join(apps)}", param_hint="--app")
    return name or next(iter(apps))


def _token(settings: Settings, given: str) -> str:
    if given:
        return given
    for token in settings.api.tokens.values():
        return token.get_secret_value()
    raise typer.BadParameter("the settings have no api.tokens", param_hint="--api-token")
