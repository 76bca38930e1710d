"""`moderator database`, `outbox`, `violations` and `failed` against a real PostgreSQL."""

import asyncio
import base64
import logging
import os
import pwd
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from moderator.cli import database as database_commands
from moderator.cli import failed, outbox, violations
from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Severity
from moderator.errors import SchemaMismatch
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine, dsn_of
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.settings import Settings, load_settings
from moderator.wecom.envelope import Envelope

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=9),
            rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,)),),
        ),
    )
)
PACK = """
category: gambling
severity: medium
description: 赌博
rules:
  - id: lottery
    description: 彩票
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [今天开会]
"""

LADDER = """
ladders:
  - {id: all, window: 9d, rungs: [{at: 1, actions: [warn_sender]}]}
"""

Run = Callable[..., Awaitable[Result]]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("MODERATOR_CONFIG", raising=False)
    before = logging.root.handlers[:]
    yield
    # A replay sends all logs to the standard error of its command, which is closed by now.
    structlog.reset_defaults()
    logging.root.handlers[:] = before


def config_file(directory: Path, url: str) -> Path:
    """A complete settings file that uses the database at `url`, and rules of its own."""
    (directory / "rules").mkdir()
    (directory / "rules" / "gambling.yaml").write_text(PACK, "utf-8")
    (directory / "rules" / "policy.yaml").write_text(LADDER, "utf-8")
    config = directory / "moderator.toml"
    config.write_text(
        f"""
        [database]
        url = "{url}"
        [rules]
        directory = "{directory / "rules"}"
        [evidence]
        key = "{base64.b64encode(secrets.token_bytes(32)).decode()}"
        fingerprint_key = "{base64.b64encode(secrets.token_bytes(32)).decode()}"
        [wecom]
        corp_id = "ww1234567890"
        [wecom.apps.guard]
        agent_id = 1000002
        secret = "{secrets.token_urlsafe(32)}"
        token = "{secrets.token_hex(8)}"
        encoding_aes_key = "{secrets.token_hex(22)[:43]}"
        [compliance]
        app = "guard"
        users = ["LiJing"]
        """
    )
    return config


@pytest.fixture
def config(tmp_path: Path, database_url: str) -> Path:
    return config_file(tmp_path, database_url)


@pytest.fixture
def settings(config: Path) -> Settings:
    return load_settings(config)


@pytest.fixture
def run(config: Path) -> Run:
    """Runs a command with the settings, in a thread: it starts an event loop of its own."""

    async def running(app: Any, *arguments: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, app, [*arguments, "--config", str(config)]
        )

    return running


@pytest.fixture
async def recorded(database: Engine, settings: Settings) -> int:
    """The id of a violation by somebody whose userid looks like a formula."""
    return await record(database, settings, 1)


async def record(database: Engine, settings: Settings, number: int) -> int:
    text = "低价代开发票"
    message = Message(
        key=f"key-{number}",
        corp="ww1234567890",
        app="guard",
        source=Source.CALLBACK,
        sender="=cmd|calc",
        message_id=str(number),
        kind="text",
        sent_at=NOW + timedelta(minutes=number),
        fields=(TextField("Content", text),),
    )
    hit = Hit(
        rule="invoices",
        version="v1",
        category="advertising",
        severity=Severity.HIGH,
        start=2,
        end=6,
        word="代开发票",
        field="Content",
    )
    recorder = Recorder(
        database,
        EvidenceCipher.of(settings.evidence),
        Fingerprinter.of(settings.evidence),
        keep=timedelta(days=9),
    )
    result = await recorder.record(
        message, Finding((hit,)), policy=POLICY, rulebook="book-1", now=message.sent_at
    )
    assert result is not None
    return result.violation_id


async def test_check_accepts_a_migrated_database(run: Run) -> None:
    """`database check` names the revision and exits with 0."""
    result = await run(database_commands.app, "check")

    assert (result.exit_code, "as this version needs it" in result.output) == (0, True)


async def test_upgrade_brings_an_empty_database_to_the_newest_revision(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Refused by the check before, accepted after; a second upgrade has nothing to do."""
    config = config_file(tmp_path, empty_database_url)

    def run(command: str) -> Result:
        return CliRunner().invoke(database_commands.app, [command, "--config", str(config)])

    before = await asyncio.to_thread(run, "check")
    first, second, after = [
        await asyncio.to_thread(run, command) for command in ("upgrade", "upgrade", "check")
    ]

    assert isinstance(before.exception, SchemaMismatch)
    assert first.output.startswith("upgraded from None to ")
    assert second.output.endswith("already\n")
    assert after.exit_code == 0


@pytest.fixture
def short_directory() -> Iterator[Path]:
    """A socket's path has 107 bytes."""
    directory = Path(tempfile.mkdtemp(prefix="moderator-"))
    yield directory
    shutil.rmtree(directory)


def test_upgrade_starts_an_embedded_database(short_directory: Path) -> None:
    """`embedded:` needs no server: it is started, migrated and stopped again."""
    config = config_file(short_directory, f"embedded://{short_directory}/pg")

    for command in ("upgrade", "check"):
        result = CliRunner().invoke(database_commands.app, [command, "--config", str(config)])
        assert result.exit_code == 0, result.output
    assert not (short_directory / "pg" / "postmaster.pid").exists()


async def test_violations_are_listed_without_their_text(run: Run, recorded: int) -> None:
    """A line names id, sender, category, severity and rule."""
    result = await run(violations.app, "list")

    assert result.output.split("\t")[0] == str(recorded)
    assert "advertising\thigh\tinvoices\topen" in result.output
    assert "发票" not in result.output


async def test_the_list_is_filtered(run: Run, recorded: int) -> None:
    """Options that do not fit give an empty list; an unknown severity is refused."""
    fitting = ("--severity", "high", "--category", "advertising", "--since", "2026-03-02")
    unfit = [("--severity", "critical"), ("--sender", "lisi"), ("--until", "2026-03-02")]

    assert (await run(violations.app, "list", *fitting)).output.startswith(f"{recorded}\t")
    for options in unfit:
        assert (await run(violations.app, "list", *options)).output == ""
    assert (await run(violations.app, "list", "--severity", "dire")).exit_code == 2


async def test_violations_are_found_and_counted_by_any_filter(run: Run, recorded: int) -> None:
    """The question is the one of the API's address; what it does not know is named."""
    fits = "severity=high&status=open&status=confirmed&sort=gravest"

    assert (await run(violations.app, "find", fits)).output.startswith(f"{recorded}\t")
    assert (await run(violations.app, "find", "rule=casino")).output == ""
    assert (await run(violations.app, "count", fits)).output == "1\n"
    assert (await run(violations.app, "count", "text=nobody")).output == "0\n"
    refused = await run(violations.app, "find", "sendr=lisi")
    assert refused.exit_code == 2
    assert "sendr" in refused.output


async def test_a_limit_is_kept_over_many_pages(
    run: Run, database: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three lines are three lines, with two to a page."""
    monkeypatch.setattr(violations, "_PAGE", 2)
    for number in range(1, 6):
        await record(database, settings, number)

    result = await run(violations.app, "list", "--limit", "3")

    assert len(result.output.splitlines()) == 3


@pytest.mark.usefixtures("recorded")
async def test_proposals_are_listed_and_approved(run: Run, database: Engine) -> None:
    """Approving keeps who it was; a second decision changes nothing and exits with 1."""
    listed = await run(outbox.app, "list", "--state", "proposed")
    action = listed.output.split("\t")[0]

    first = await run(outbox.app, "approve", action, "--by", "wang")
    second = await run(outbox.app, "refuse", action, "--by", "li", "--reason", "no")

    assert (first.exit_code, second.exit_code) == (0, 1)
    assert "approved" in second.output
    decided_by = (await Outbox(database).one(int(action))).decided_by
    assert decided_by == f"{ACCOUNT}@{socket.gethostname()} (cli) for wang"


@pytest.mark.usefixtures("recorded")
async def test_nobody_decides_in_another_persons_name(
    run: Run, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is kept in any case, and not what the environment calls it."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "director")
    action = (await run(outbox.app, "list", "--state", "proposed")).output.split("\t")[0]

    await run(outbox.app, "refuse", action)

    decided_by = (await Outbox(database).one(int(action))).decided_by
    assert decided_by == f"{ACCOUNT}@{socket.gethostname()} (cli)"


@pytest.mark.parametrize(
    ("app", "arguments"),
    [
        (outbox.app, ("approve", "99999999999999999999")),
        (outbox.app, ("requeue", "99999999999999999999")),
        (outbox.app, ("requeue", "--errcode", "99999999999")),
        (outbox.app, ("list", "--before", "99999999999999999999")),
        (outbox.app, ("list", "--limit", "99999999999999999999")),
        (failed.app, ("replay", "99999999999999999999")),
    ],
)
async def test_a_number_beyond_all_ids_is_a_usage_error(
    run: Run, app: Any, arguments: tuple[str, ...]
) -> None:
    """The greatest that there can be is named, and the database is not asked."""
    result = await run(app, *arguments)

    assert result.exit_code == 2
    assert re.search(r"\b(2147483647|9223372036854775807)\b", result.output)


async def test_lists_of_an_empty_database_say_what_to_do(
    tmp_path: Path, empty_database_url: str
) -> None:
    """Without the migrations every list tells how to run them."""
    config = config_file(tmp_path, empty_database_url)

    for app in (outbox.app, violations.app, failed.app):
        result = await asyncio.to_thread(CliRunner().invoke, app, ["list", "--config", str(config)])
        assert isinstance(result.exception, SchemaMismatch)
        assert "run `moderator database upgrade`" in str(result.exception)


@pytest.mark.usefixtures("recorded")
async def test_failed_actions_are_requeued(run: Run, database: Engine) -> None:
    """Those with the errcode named are tried again."""
    box = Outbox(database, expire_after=timedelta(days=3650))
    (claimed,) = await box.claim(1, timedelta(minutes=1), NOW + timedelta(hours=1))
    await box.settle(claimed.id, ActionState.FAILED, "range", 60020)

    none = await run(outbox.app, "requeue", "--errcode", "1", "--by", "ops")
    one = await run(outbox.app, "requeue", "--errcode", "60020", "--by", "ops")

    assert (none.output, one.output) == ("0 requeued\n", "1 requeued\n")
    assert (await box.one(claimed.id)).state is ActionState.QUEUED


async def keep(database: Engine, settings: Settings, text: str, key: str) -> int:
    """Keep a genuine callback as if it could not have been processed."""
    corp, app = settings.wecom.corp_id, settings.wecom.apps["guard"]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=corp,
    )
    plain = (
        f"<xml><ToUserName>{corp}</ToUserName><FromUserName>zhangsan</FromUserName>"
        f"<CreateTime>1772443800</CreateTime><MsgType>text</MsgType><Content>{text}</Content>"
        f"<MsgId>{key}</MsgId><AgentID>1000002</AgentID></xml>"
    )
    sealed = envelope.seal(plain.encode(), timestamp="1772443800", nonce="n")
    return await FailedMessages(database).keep(
        "guard", key, sealed.body, sealed.signature, sealed.timestamp, sealed.nonce, "KeyError"
    )


async def test_a_kept_callback_is_replayed(run: Run, database: Engine, settings: Settings) -> None:
    """What could not be processed then is found, recorded and settled now."""
    kept = await keep(database, settings, "买六合彩", "17")
    before = await run(failed.app, "list")

    result = await run(failed.app, "replay")

    assert "KeyError" in before.output
    assert (result.exit_code, result.stdout) == (0, f"{kept}\tviolation\n")
    found = await Violations(database, EvidenceCipher.of(settings.evidence)).page()
    assert [item.rule for item in found.items] == ["lottery"]
    assert (await run(failed.app, "list")).output == ""


async def test_a_callback_that_fails_again_stays_and_the_others_go_on(
    run: Run, database: Engine, settings: Settings
) -> None:
    """One that cannot be opened is named with its error; the next is replayed; status 1."""
    broken = await FailedMessages(database).keep(
        "guard", "k", b"<xml/>", "wrong", "1", "n", "KeyError"
    )
    good = await keep(database, settings, "今天开会", "18")

    result = await run(failed.app, "replay")

    assert result.exit_code == 1
    assert result.stdout == f"{broken}\tfailed again\tMalformedEnvelope\n{good}\tclean\n"
    (left,) = await FailedMessages(database).list()
    assert (left.id, left.reason, left.attempts) == (broken, "MalformedEnvelope", 2)


async def test_a_named_callback_is_replayed_alone(
    run: Run, database: Engine, settings: Settings
) -> None:
    """The one named is processed and settled, its text erased; the other waits on."""
    first = await keep(database, settings, "今天开会", "19")
    second = await keep(database, settings, "买六合彩", "20")

    result = await run(failed.app, "replay", str(second))

    assert (result.exit_code, result.stdout) == (0, f"{second}\tviolation\n")
    waiting, settled = await FailedMessages(database).list(settled=True)
    assert (waiting.id, waiting.settled_at) == (first, None)
    assert (settled.id, settled.body, settled.settled_at is None) == (second, b"", False)
    shown = (await run(failed.app, "list", "--settled")).output.splitlines()
    assert [line.split("\t")[-1] for line in shown] == ["waiting", "replayed"]


async def test_a_callback_that_does_not_wait_is_named(
    run: Run, database: Engine, settings: Settings
) -> None:
    """Unknown, replayed already, or in somebody else's hands: status 1, and the others go on."""
    settled = await keep(database, settings, "今天开会", "21")
    taken = await keep(database, settings, "今天开会", "22")
    good = await keep(database, settings, "今天开会", "23")
    kept = FailedMessages(database)
    await kept.settle(settled)
    await kept.take(only=taken)

    result = await run(failed.app, "replay", "999", str(settled), str(taken), str(good))

    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines == [
        *([str(id_), "no such message waits"] for id_ in (999, settled, taken)),
        [str(good), "clean"],
    ]
    assert result.exit_code == 1


async def test_a_named_callback_that_fails_again_can_be_taken_at_once(
    run: Run, database: Engine
) -> None:
    """It is given back with the new reason and counted, and the status is 1."""
    kept = FailedMessages(database)
    broken = await kept.keep("guard", "k", b"<xml/>", "wrong", "1", "n", "KeyError")

    result = await run(failed.app, "replay", str(broken))

    assert (result.exit_code, result.stdout) == (1, f"{broken}\tfailed again\tMalformedEnvelope\n")
    again = await kept.take(only=broken)
    assert again is not None
    assert (again.reason, again.attempts) == ("MalformedEnvelope", 2)


async def test_an_erased_callback_is_listed_as_such(run: Run, database: Engine) -> None:
    """What came and was never replayed is not forgotten with its text."""
    kept = FailedMessages(database, keep=timedelta(days=1))
    await kept.keep("guard", "k", b"<xml/>", "s", "1", "n", "KeyError", now=NOW)
    await kept.erase_expired(NOW + timedelta(days=2))

    listed = await run(failed.app, "list")

    assert listed.output.split("\t")[-1].startswith("erased 2026-03-04")


def test_dsn_is_taken_from_the_settings(config: Path, database_url: str) -> None:
    """The commands work on the database that the settings name."""
    assert dsn_of(load_settings(config).database.url.get_secret_value()) == dsn_of(database_url)
