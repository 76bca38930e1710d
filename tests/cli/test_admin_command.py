"""`moderator admin` against a real PostgreSQL."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from moderator.cli import admin
from moderator.domain.access import Grant, Role
from moderator.errors import NotFound, SettingsError
from moderator.ledger.access.attempts import Attempts, Guessed
from moderator.ledger.access.invitations import Invitations
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world

Run = Callable[..., Awaitable[Result]]
_CODE = re.compile(r"^    (\S{32})$", re.MULTILINE)


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    values = settings_of(
        invent_world(people=10), api_url="http://127.0.0.1:1", database_url=database_url
    )
    for group, value in values.items():
        monkeypatch.setenv(f"MODERATOR_{group.upper()}", json.dumps(value))

    async def ran(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, admin.app, list(arguments))

    return ran


def code_of(result: Result) -> str:
    found = _CODE.search(result.output)
    assert found is not None, result.output
    return found[1]


async def test_the_first_admin_is_invited_from_the_machine(run: Run, database: Engine) -> None:
    """The code is printed with where to enter it, works once, and the log says who asked."""
    result = await run("invite")
    invitations = Invitations(database, clock=_now)

    made = await invitations.redeem(code_of(result), name="boss", display="", password="hash")

    assert "http://127.0.0.1:8080/console/invitation" in result.output
    assert made is not None
    assert made.grant.roles == {Role.ADMIN}
    assert await invitations.look(code_of(result)) is None
    (row,) = await Audit(database).page(limit=1)
    assert row.deed.actor.endswith("(cli)")


async def test_the_code_expires(run: Run, database: Engine) -> None:
    """After a day, or the hours that were asked for."""
    code = code_of(await run("invite", "--hours", "2"))
    later = Invitations(database, clock=lambda: _now() + timedelta(hours=2))

    assert await later.look(code) is None


async def test_roles_and_departments_may_be_named(run: Run, database: Engine) -> None:
    """For a company that prefers the command line."""
    code = code_of(await run("invite", "--role", "department_admin", "--department", "7"))

    found = await Invitations(database, clock=_now).look(code)

    assert found is not None
    assert found.grant == Grant(
        roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7})
    )


async def test_what_cannot_be_granted_is_refused(run: Run) -> None:
    """As everywhere else."""
    result = await run("invite", "--role", "department_admin")

    assert result.exit_code == 2
    assert "needs departments" in result.output


@pytest.mark.parametrize("setting", ["ENABLED", "PASSWORDS"])
async def test_nobody_is_invited_to_a_closed_house(
    run: Run, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    """Where no password opens anything, a code is of no use."""
    monkeypatch.setenv(f"MODERATOR_CONSOLE__{setting}", "false")

    assert isinstance((await run("invite")).exception, SettingsError)


async def test_a_lost_password_is_renewed(run: Run, database: Engine) -> None:
    """By a code for that user; an unknown one is an error."""
    invitations = Invitations(database, clock=_now)
    made = await invitations.redeem(
        code_of(await run("invite")), name="boss", display="", password="old"
    )

    renewed = await invitations.redeem(
        code_of(await run("invite", "--name", "Boss")), name="", display="", password="new"
    )

    assert made is not None
    assert renewed is not None
    assert renewed.id == made.id
    assert isinstance((await run("invite", "--name", "nobody")).exception, NotFound)


async def test_users_are_listed_and_let_out_and_in(run: Run, database: Engine) -> None:
    """One line for each, for people and for `cut`."""
    code = code_of(await run("invite"))
    invitations = Invitations(database, clock=_now)
    await invitations.redeem(code, name="boss", display="", password="hash")

    listed = (await run("list")).output.rstrip("\n").split("\t")
    out = (await run("disable", "boss")).output.split("\t")
    back = (await run("enable", "boss")).output.split("\t")

    assert listed == ["boss", "local", "admin", "all", "enabled", "never"]
    assert (out[4], back[4]) == ("disabled", "enabled")


async def test_somebody_who_waits_is_let_try_again(run: Run, database: Engine) -> None:
    """Others may have guessed at their password."""
    attempts = Attempts(database, clock=_now)
    for _ in range(6):
        await attempts.admit(Guessed.account("boss"))
    assert await attempts.admit(Guessed.account("boss")) > timedelta(0)

    await run("unlock", "Boss")

    assert await attempts.admit(Guessed.account("boss")) == timedelta(0)
