"""`moderator rules`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from moderator.cli.rules import app

POLICY = """
documents: [{id: s3, title: 群管理制度}]
clauses: [{id: s3-1, document: s3, number: 第八条, text: 警告一次}]
ladders: [{id: all, rungs: [{at: 1, actions: [notify_compliance]}]}]
"""
PACK = r"""
category: gambling
severity: high
description: 赌博
clauses: [s3-1]
rules:
  - id: lottery
    description: 网络赌博平台
    words: [六合彩]
    allow: [六合彩研究]
    examples: [六合彩]
  - id: token
    description: 令牌
    masked: true
    enabled: true
    patterns: [{expression: '\btok_(?P<secret>[a-z0-9]{24})\b', keywords: [tok_]}]
    examples: ['tok_<lowernum:24>']
  - {id: off, description: 关, enabled: false, severity: low, words: [时时彩], examples: [时时彩]}
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "gambling.yaml").write_text(PACK, "utf-8")
    return tmp_path


def run(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=given)


def test_sound_rules_pass_the_check(rules: Path) -> None:
    """Exit status 0 and a count of what was looked at."""
    result = run("check", "--rules", str(rules))

    assert (result.exit_code, result.stdout) == (0, "")
    assert "3 rules (2 enabled), 3 examples, 0 regressions: ok" in result.stderr


def test_every_fault_is_printed_with_file_and_line(rules: Path) -> None:
    """Exit status 1, so that a pipeline stops."""
    (rules / "gambling.yaml").write_text(
        PACK.replace("[六合彩]\n    allow", "[七]\n    allow"), "utf-8"
    )
    (rules / "broken.yaml").write_text("a: b: c", "utf-8")
    result = run("check", "--rules", str(rules))

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{rules}/broken.yaml:1: is not YAML: mapping values are not allowed in this context",
        f"{rules}/gambling.yaml:11: lottery: the example does not hit: 六合彩",
    ]
    assert "2 faults" in result.stderr


def test_faults_can_be_read_by_machines(rules: Path) -> None:
    """One JSON object for each fault."""
    (rules / "broken.yaml").write_text("rules: []\n", "utf-8")
    result = run("check", "--rules", str(rules), "--json")

    assert json.loads(result.stdout) == {
        "file": f"{rules}/broken.yaml",
        "line": 1,
        "message": "`category` is missing",
        "rule": "",
    }


def test_all_rules_are_listed_with_their_state(rules: Path) -> None:
    """Disabled ones too, by category and id."""
    result = run("list", "--rules", str(rules))

    ids = [line.split()[0] for line in result.stdout.splitlines()]
    assert ids == ["lottery", "off", "token"]
    assert "(disabled)" in result.stdout.splitlines()[1]


def test_the_list_can_be_read_by_machines(rules: Path) -> None:
    """A JSON object a line names version, source and clauses of each rule."""
    first = json.loads(run("list", "--rules", str(rules), "--json").stdout.splitlines()[0])

    assert len(first.pop("version")) == 16
    assert first == {
        "id": "lottery",
        "category": "gambling",
        "severity": "high",
        "description": "网络赌博平台",
        "enabled": True,
        "masked": False,
        "words": 1,
        "patterns": 0,
        "clauses": ["s3-1"],
        "source": f"{rules}/gambling.yaml:7",
    }


def test_a_hit_is_explained(rules: Path) -> None:
    """Rule, place, category, severity, layers, clauses and where the rule stands."""
    text = run("try", "买六 合彩", "--rules", str(rules)).stdout

    assert "hit  lottery (六合彩) at 1-5: 买六 合彩" in text
    assert "gambling, high: 网络赌博平台" in text
    assert "disguises undone: separators" in text
    assert "clauses: s3-1" in text
    assert f"rule: {rules}/gambling.yaml:7, version " in text


def test_what_did_not_count_is_explained_too(rules: Path) -> None:
    """An allow phrase that excused a word is named."""
    text = run("try", "他写六合彩研究", "--rules", str(rules)).stdout

    assert text.startswith("no hit")
    assert "not  lottery (六合彩) at 2-5" in text
    assert "六合彩研究" in text


def test_an_explanation_can_be_read_by_machines(rules: Path) -> None:
    """The same facts as one JSON object."""
    found = json.loads(run("try", "六 合彩 六合彩研究", "--rules", str(rules), "--json").stdout)

    [hit] = found["hits"]
    assert (hit["rule"], hit["word"], hit["layers"]) == ("lottery", "六合彩", ["separators"])
    assert (hit["start"], hit["end"], hit["severity"]) == (0, 4, "high")
    assert {(one["rule"], one["start"], one["end"]) for one in found["suppressed"]} == {
        ("lottery", 5, 8)
    }


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_an_explanation_never_repeats_a_secret(rules: Path, option: tuple[str, ...]) -> None:
    """Neither the excerpt nor the text as it was read shows the value."""
    secret = "Z9Y8X7W6V5U4T3S2R1Q0P9O8".lower()
    output = run("try", f"ＴＥＸＴ tok_{secret}", "--rules", str(rules), *option).output

    assert "token" in output
    assert secret[:12] not in output


def test_a_text_may_come_from_standard_input(rules: Path) -> None:
    """A secret on the command line would stay in the shell's history."""
    assert "hit  lottery" in run("try", "-", "--rules", str(rules), given="六合彩").stdout


def test_the_schema_is_printed_for_editors() -> None:
    """`moderator rules schema rules.schema.json` is how the kept one is made."""
    schema = json.loads(run("schema", "rules.schema.json").stdout)

    assert schema["title"] == "PackFile"
    assert run("schema", "nonsense").exit_code == 2
