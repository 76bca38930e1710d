"""The `moderator` command.

Commands are imported when they are called: `scan` needs neither a web framework nor a database
driver, and should not wait for them.
"""

import codecs
import io
import sys
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from moderator import __version__
from moderator.errors import ModeratorError

COMMANDS: Final = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "scan": "scan:scan",
    "rules": "rules:app",
    "policy": "policy:app",
    "merits": "merits:app",
    "database": "database:app",
    "violations": "violations:app",
    "outbox": "outbox:app",
    "export": "exports:app",
    "failed": "failed:app",
    "evidence": "evidence:app",
    "admin": "admin:app",
    "audit": "audit:app",
    "doctor": "doctor:doctor",
    "canary": "canary:canary",
    "rehearse": "rehearse:rehearse",
    "stand-in": "stand_in:stand_in",
}


class _ImportedWhenCalled(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"moderator.cli.{module}"), name)
        command = get_command(found if isinstance(found, typer.Typer) else _alone(found))
        command.name = cmd_name
        return command


def _alone(function: Any) -> typer.Typer:
    single = typer.Typer(add_completion=False)
    single.command()(function)
    return single


app = typer.Typer(
    cls=_ImportedWhenCalled,
    name="moderator",
    help="Message moderation for companies on WeCom (企业微信).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _moderator(
    version: bool = typer.Option(False, "--version", help="Print the version."),
) -> None:
    if version:
        print(__version__)
        raise typer.Exit


def _let_everything_be_written(stream: io.TextIOWrapper) -> None:
    """Keep a letter that the terminal's encoding lacks from ending the command.

    ASCII is what Python assumes where the locale says nothing; the terminal is UTF-8 then.
    """
    assumed = codecs.lookup(stream.encoding).name == "ascii"
    stream.reconfigure(encoding="utf-8" if assumed else None, errors="backslashreplace")


def run() -> None:
    """Run a command; an error raised on purpose is a sentence and exit status 2, no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            _let_everything_be_written(stream)
    try:
        app()
    except ModeratorError as error:
        print(f"moderator: {type(error).__name__}\n{error}", file=sys.stderr)
        sys.exit(2)
