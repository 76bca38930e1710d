"""`moderator policy` and `moderator merits` against a real PostgreSQL."""

import json
import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.ledgers import Run, settings_file
from tests.offences import INVOICES, message
from typer.testing import CliRunner

from moderator.cli import merits, policy
from moderator.domain.finding import Finding
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.standing.merits import Merits
from moderator.rulebook.reading import read_directory

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PACK = """\
category: gambling
rules:
  - {id: lottery, description: 彩票, words: [六合彩], examples: [买六合彩]}
"""
POLICY = """\
units: [{id: warning, title: 警告}]
offsets: [{merit: praise, title: 嘉奖, of: warning}]
ladders:
  - id: all
    rungs:
      - {at: 1, actions: [warn_sender], units: {warning: 1}}
      - {at: 3, actions: [warn_sender, remove_from_group]}
"""


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODERATOR_CONFIG", raising=False)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "gambling.yaml").write_text(PACK, "utf-8")
    (directory / "policy.yaml").write_text(POLICY, "utf-8")
    return directory


@pytest.fixture
def config(tmp_path: Path, rules: Path, database_url: str) -> Path:
    """A complete settings file with the rules above."""
    return settings_file(tmp_path / "moderator.toml", database_url, rules)


@pytest.fixture
async def violated(database: Engine, rules: Path) -> None:
    """Two violations of zhangsan and one of lisi, recorded under the policy in force."""
    reading = read_directory(rules)
    assert reading.policy is not None
    recorder = Recorder(
        database,
        EvidenceCipher([bytes(32)]),
        Fingerprinter(bytes(32)),
        keep=timedelta(days=9),
        within=timedelta(seconds=30),
    )
    hit = replace(INVOICES, rule="lottery", category="gambling")
    for number, sender in enumerate(["zhangsan", "zhangsan", "lisi"]):
        at = NOW + timedelta(hours=number)
        sent = message(number, corp="ww1234567890", app="guard", sender=sender, sent_at=at)
        await recorder.record(
            sent,
            Finding((hit,)),
            policy=reading.policy.policy,
            rulebook="b",
            now=at,
        )


async def test_check_tells_what_the_settings_do_not_allow(run: Run, rules: Path) -> None:
    """Faults go to standard output with file and line, and the exit status is 1."""
    text = POLICY.replace("[warn_sender, remove_from_group]", "[disable_account]")
    (rules / "policy.yaml").write_text(text, "utf-8")

    result = await run(policy.app, "check")

    assert result.exit_code == 1
    assert result.stdout == (
        f"{rules / 'policy.yaml'}:7: `disable_account` cannot be carried out:"
        " the settings name no wecom.contacts_secret\n"
    )


def test_check_needs_no_settings(rules: Path) -> None:
    """A sound file is told to be so, and what was not looked at."""
    result = CliRunner().invoke(policy.app, ["check", "--rules", str(rules)])

    assert (result.exit_code, result.stdout) == (0, "")
    assert "no faults; without --config" in result.stderr


def test_check_writes_json(rules: Path) -> None:
    """One object a line, for other programs."""
    (rules / "policy.yaml").write_text(POLICY.replace("of: warning", "of: fine"), "utf-8")

    result = CliRunner().invoke(policy.app, ["check", "--rules", str(rules), "--json"])

    assert json.loads(result.stdout) == {
        "file": str(rules / "policy.yaml"),
        "line": 2,
        "message": "there is no unit `fine`",
        "rule": "",
    }


@pytest.mark.usefixtures("violated")
async def test_what_if_compares_the_history_under_both_policies(run: Run, tmp_path: Path) -> None:
    """Removal at the second offence instead of the third concerns one person."""
    changed = tmp_path / "changed.yaml"
    changed.write_text(POLICY.replace("at: 3", "at: 2"), "utf-8")

    text = await run(policy.app, "what-if", str(changed))
    as_json = json.loads(
        (await run(policy.app, "what-if", str(changed), "--format", "json")).stdout
    )

    assert text.exit_code == 0
    assert text.stdout.splitlines()[0] == "3 violations of 2 people"
    assert "zhangsan\tall/2\t0\t1\t2026-03-02T10:30+00:00" in text.stdout
    assert as_json["thresholds"]["all/2"] == {
        "present": 0,
        "changed": 1,
        "present_people": 0,
        "changed_people": 1,
    }
    assert as_json["actions"]["remove_from_group"] == {"present": 0, "changed": 1}


@pytest.mark.usefixtures("violated")
async def test_what_if_may_begin_at_a_date(run: Run, rules: Path) -> None:
    """What was sent before counts as standing only; nonsense is refused."""
    file = str(rules / "policy.yaml")

    later = await run(policy.app, "what-if", file, "--since", "2026-03-02T10:00:00")
    wrong = await run(policy.app, "what-if", file, "--since", "lately")

    assert later.stdout.splitlines()[0] == "2 violations of 2 people"
    assert wrong.exit_code == 2


@pytest.mark.usefixtures("violated")
async def test_verify_finds_what_does_not_follow(run: Run, database: Engine) -> None:
    """Nothing at first; after tampering the person, what deviates, and exit status 1."""
    sound = await run(policy.app, "verify")
    async with database.begin() as transaction:
        await transaction.script("UPDATE standings SET strikes = '[]' WHERE sender = 'lisi'")
    broken = await run(policy.app, "verify")

    assert (sound.exit_code, sound.stdout) == (0, "")
    assert (broken.exit_code, broken.stdout) == (
        1,
        "ww1234567890\tlisi\tstrikes: 0 stored, 1 follow\n",
    )


@pytest.mark.usefixtures("violated")
async def test_a_merit_is_recorded_listed_and_withdrawn(run: Run, database: Engine) -> None:
    """In the name of the account that runs it, with the reasons for both."""
    added = await run(merits.app, "add", "zhangsan", "praise", "--reason", "救火", "--by", "Li")
    number = added.stdout.split(" ", 1)[0]
    standing = await Merits(database).standing("ww1234567890", "zhangsan")
    withdrawn = await run(merits.app, "withdraw", number, "--reason", "记错人")
    listed = await run(merits.app, "list", "zhangsan")

    assert added.exit_code == withdrawn.exit_code == 0
    assert [merit.kind for merit in standing.merits] == ["praise"]
    (line,) = listed.stdout.splitlines()
    assert f"{ACCOUNT}@" in line
    assert "for Li" in line
    assert "praise x1" in line
    assert "救火" in line
    assert "记错人" in line
    assert (await Merits(database).standing("ww1234567890", "zhangsan")).merits == ()


async def test_an_unknown_merit_is_refused_with_the_known_ones(run: Run) -> None:
    """Nothing is recorded that the policy does not offset."""
    result = await run(merits.app, "add", "zhangsan", "medal", "--reason", "r")
    empty = await run(merits.app, "add", "zhangsan", "praise", "--reason", " ")

    assert result.exit_code == empty.exit_code == 2
    assert "it knows praise" in result.stderr
