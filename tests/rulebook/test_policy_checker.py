"""Whether a policy can be followed."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rulebook.policy_checker import check_policy
from moderator.rulebook.reading import read_directory
from moderator.settings import Settings, build_settings
from moderator.shipped import rules_directory

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PACK = """\
category: gambling
rules:
  - {id: casino, description: 赌场, words: [赌场], examples: [赌场]}
"""
POLICY = """\
units: [{id: warning, title: 警告}]
conversions:
  - {id: one, of: warning, count: 1, actions: [{do: propose_to_hr, detail: 记过}]}
exemptions:
  - {id: current, reason: why, until: "2026-03-02", rules: [casino]}
  - {id: past, reason: why, until: "2026-03-01", people: [zhangsan]}
  - {id: typing, reason: why, until: "2026-12-31", rules: [cassino], categories: [gambling, abuse]}
ladders:
  - id: some
    categories: [gambling, drugs]
    rungs:
      - at: 1
        actions: [warn_sender, disable_account]
  - id: others
    rungs: [{at: 1, actions: [notify_confidentiality]}]
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "gambling.yaml").write_text(PACK, "utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    return tmp_path


@pytest.fixture
def deployment() -> Settings:
    """A company that named neither offices nor a contacts secret."""
    values = settings_of(invent_world(seed=1), api_url="http://127.0.0.1:9")
    return build_settings(values)


def told(directory: Path, settings: Settings | None = None) -> list[tuple[int, str]]:
    reading = read_directory(directory)
    faults = check_policy(reading, directory, now=NOW, settings=settings)
    return [(fault.line, fault.message) for fault in faults]


def test_what_ended_and_what_nothing_answers_to_is_told(directory: Path) -> None:
    """Ended exemptions, unknown rules and categories, each with its line."""
    assert told(directory) == [
        (6, "the exemption `past` ended on 2026-03-01: remove it"),
        (7, "no rule is of category `abuse`"),
        (7, "there is no rule `cassino`"),
        (10, "no rule is of category `drugs`"),
    ]


def test_what_the_settings_do_not_allow_is_told(directory: Path, deployment: Settings) -> None:
    """An action that nobody could carry out stands with the setting that is missing."""
    messages = [message for _, message in told(directory, deployment) if "carried out" in message]

    between = " cannot be carried out: the settings name no "
    assert [message.split(between) for message in messages] == [
        ["`propose_to_hr`", "compliance.hr_users"],
        ["`disable_account`", "wecom.contacts_secret"],
        ["`notify_confidentiality`", "compliance.confidentiality_users"],
    ]
    lines = [line for line, message in told(directory, deployment) if "carried out" in message]
    assert lines == [3, 13, 15]


def test_with_everybody_named_nothing_is_missing(directory: Path) -> None:
    """The same policy under settings that name the offices."""
    values = settings_of(invent_world(seed=1), api_url="http://127.0.0.1:9")
    values["compliance"] |= {"hr_users": ["hr"], "confidentiality_users": ["office"]}
    values["wecom"]["contacts_secret"] = secrets.token_urlsafe(32)

    told_of = [message for _, message in told(directory, build_settings(values))]
    assert not [message for message in told_of if "carried out" in message]


@pytest.mark.parametrize("text", ["ladders: [", "ladders: []\n", None])
def test_a_policy_that_cannot_be_read_has_its_own_faults(directory: Path, text: str | None) -> None:
    """Nothing more is said of it than why it cannot be read."""
    path = directory / "policy.yaml"
    path.unlink() if text is None else path.write_text(text, "utf-8")

    faults = check_policy(read_directory(directory), directory, now=NOW)

    assert {fault.file for fault in faults} == {str(path)}


def test_faults_of_packs_are_not_the_policys(directory: Path) -> None:
    """`rules check` tells those."""
    (directory / "gambling.yaml").write_text(PACK + "  - {id: broken}\n", "utf-8")

    reading = read_directory(directory)
    assert reading.faults
    assert {fault.file for fault in check_policy(reading, directory, now=NOW)} == {
        str(directory / "policy.yaml")
    }


def test_the_shipped_policy_has_no_fault() -> None:
    """Its rules, categories and exemptions are all there."""
    directory = rules_directory()

    assert check_policy(read_directory(directory), directory, now=NOW) == ()
