"""`moderator admin`: who may come in, from where nobody has to log in: the machine itself."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from moderator.cli.ledger import Config, at_the_ledger, decider
from moderator.domain.access import Grant, Role
from moderator.errors import NotFound, SettingsError
from moderator.ledger.access.accounts import Account, Accounts, Source
from moderator.ledger.access.attempts import Attempts, Guessed
from moderator.ledger.access.invitations import Invitation, Invitations
from moderator.ledger.database.engine import Engine
from moderator.settings import Settings

app = typer.Typer(
    name="admin",
    help="Users: invite the first admin, and help anybody who is locked out.",
    no_args_is_help=True,
    add_completion=False,
)

_Hours = Annotated[int, typer.Option(help="Hours until the code expires.", min=1, max=24 * 14)]


@app.command()
def invite(
    role: Annotated[list[Role] | None, typer.Option(help="Roles; admin if none is given.")] = None,
    department: Annotated[
        list[int] | None, typer.Option(help="Ids of departments that bound what they see.", min=1)
    ] = None,
    name: Annotated[
        str, typer.Option(help="A user who needs a new password, instead of a new user.")
    ] = "",
    hours: _Hours = 24,
    note: Annotated[str, typer.Option(help="Who the invitation is for.")] = "",
    config: Config = None,
) -> None:
    """Print a code that works once: the console asks for it, a name and a password."""
    grant = Grant(
        roles=frozenset(role or [Role.ADMIN]),
        departments=frozenset(department) if department else None,
    )
    if grant.fault:
        raise typer.BadParameter(grant.fault)

    async def invited(settings: Settings, engine: Engine) -> tuple[Settings, Invitation, str]:
        _refuse_closed(settings)
        invitations, lasts = Invitations(engine, clock=_now), timedelta(hours=hours)
        if not name:
            made, code = await invitations.invite(grant, note=note, by=decider(""), lasts=lasts)
        else:
            account = await _local(engine, name)
            made, code = await invitations.renew(account, by=decider(""), lasts=lasts)
        return settings, made, code

    settings, made, code = at_the_ledger(config, invited)
    whom = made.name or ", ".join(sorted(made.grant.roles))
    print(f"Invitation for {whom}, good once, until {made.expires_at.isoformat(' ', 'minutes')}:")
    print(f"\n    {code}\n\nEnter it at {_console(settings)}/console/invitation")


@app.command(name="list")
def list_(config: Config = None) -> None:
    """List users: name, source, roles, departments, state, last log-in; tab-separated."""

    async def listed(_: Settings, engine: Engine) -> list[Account]:
        return list(await Accounts(engine, clock=_now).list())

    for account in at_the_ledger(config, listed):
        print(_line(account))


@app.command()
def disable(
    name: Annotated[str, typer.Argument(help="Name of the user.")],
    config: Config = None,
) -> None:
    """Disable a user: their sessions end, and their tokens are refused."""
    _enable(name, config, enabled=False)


@app.command()
def enable(
    name: Annotated[str, typer.Argument(help="Name of the user.")],
    config: Config = None,
) -> None:
    """Enable a disabled user."""
    _enable(name, config, enabled=True)


@app.command()
def unlock(
    name: Annotated[str, typer.Argument(help="Name of the user.")],
    config: Config = None,
) -> None:
    """Clear a user's wrong passwords, so that they may try again at once."""

    async def unlocked(_: Settings, engine: Engine) -> None:
        await Attempts(engine, clock=_now).forget(Guessed.account(name.lower()))

    at_the_ledger(config, unlocked)
    print(f"{name} may try again")


def _enable(name: str, config: Config, *, enabled: bool) -> None:
    async def enabling(_: Settings, engine: Engine) -> Account:
        account = await _named(engine, name)
        accounts = Accounts(engine, clock=_now)
        return await accounts.enable(account.id, enabled=enabled, by=decider(""))

    print(_line(at_the_ledger(config, enabling)))


def _refuse_closed(settings: Settings) -> None:
    console = settings.console
    if not (console.enabled and console.passwords):
        name = "enabled" if not console.enabled else "passwords"
        told = f"console.{name}: is off, so that nobody could use an invitation"
        raise SettingsError((told,))


async def _named(engine: Engine, name: str) -> Account:
    found = await Accounts(engine, clock=_now).credentials(name.lower())
    if found is None:
        raise NotFound(f"user {name}")
    return found[0]


async def _local(engine: Engine, name: str) -> Account:
    account = await _named(engine, name)
    if account.source is not Source.LOCAL:
        raise NotFound(f"user {name} with a password: they log in by {account.source}")
    return account


def _console(settings: Settings) -> str:
    if settings.console.address is not None:
        return str(settings.console.address).rstrip("/")
    server = settings.server
    scheme = "http" if server.certificate is None else "https"
    if server.internal_port is None:
        return f"{scheme}://{server.host}:{server.port}"
    return f"{scheme}://{server.internal_host}:{server.internal_port}"


def _line(account: Account) -> str:
    bound = account.grant.departments
    columns = (
        account.name,
        account.source.value,
        " ".join(sorted(account.grant.roles)),
        "all" if bound is None else " ".join(map(str, sorted(bound))),
        "disabled" if account.disabled_at else "enabled",
        account.seen_at.isoformat() if account.seen_at else "never",
    )
    return "\t".join(columns)


def _now() -> datetime:
    return datetime.now(UTC)
