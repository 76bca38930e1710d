"""The `moderator` command."""

import sys

import typer

from moderator import __version__
from moderator.cli import database, failed, outbox, rules, violations
from moderator.cli.demo import demo
from moderator.cli.rehearse import rehearse
from moderator.cli.scan import scan
from moderator.cli.serve import serve
from moderator.cli.stand_in import stand_in
from moderator.errors import ModeratorError

app = typer.Typer(
    name="moderator",
    help="Message moderation for companies on WeCom (企业微信).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(demo)
app.command()(scan)
app.command()(rehearse)
app.command(name="stand-in")(stand_in)
app.add_typer(rules.app, name="rules")
app.add_typer(database.app, name="database")
app.add_typer(outbox.app, name="outbox")
app.add_typer(violations.app, name="violations")
app.add_typer(failed.app, name="failed")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def run() -> None:
    """Run a command; an error raised on purpose is a sentence and exit status 2, no traceback."""
    try:
        app()
    except ModeratorError as error:
        print(f"moderator: {type(error).__name__}\n{error}", file=sys.stderr)
        sys.exit(2)
