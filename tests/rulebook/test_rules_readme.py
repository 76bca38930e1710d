"""rules/README.md says everything a rule can say, and says it right."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from moderator.domain.decision import ActionKind
from moderator.domain.rule import Boundary, Layer, Separators
from moderator.matching.checksums import CHECKSUMS
from moderator.rulebook.checker import check_rules
from moderator.rulebook.pack_format import (
    BehaviourEntry,
    CompanyEntry,
    PackFile,
    PatternEntry,
    RuleEntry,
    WordEntry,
)
from moderator.rulebook.policies import POLICY_MODELS
from moderator.rulebook.regressions import RegressionFile, TextEntry
from moderator.rulebook.samples import ALPHABETS
from moderator.shipped import rules_directory

README = (rules_directory() / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
POLICY = next(block for block in BLOCKS if block.startswith("documents:"))
PACKS = [block for block in BLOCKS if "\nrules:" in block]
REGRESSION = next(block for block in BLOCKS if "\ntexts:" in block)
MODELS: list[type[BaseModel]] = [
    PackFile, RuleEntry, WordEntry, PatternEntry, CompanyEntry, BehaviourEntry, RegressionFile,
    TextEntry, *POLICY_MODELS,
]  # fmt: skip


def test_every_block_is_a_kind_of_file() -> None:
    """No YAML in the text escapes these tests."""
    assert len(BLOCKS) == len(PACKS) + 2
    assert len(PACKS) >= 5


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(re.findall("id: (.*)", pack)[0]))
def test_a_pack_in_the_text_does_what_it_says(pack: str, tmp_path: Path) -> None:
    """Each block is a complete file; its examples hit and its counter-examples do not."""
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "pack.yaml").write_text(pack, "utf-8")

    assert check_rules(tmp_path).faults == ()


def test_the_regression_file_in_the_text_can_be_read(tmp_path: Path) -> None:
    """It is complete, but for the rule that it names."""
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "regression").mkdir()
    (tmp_path / "regression" / "false-alarms.yaml").write_text(REGRESSION, "utf-8")

    report = check_rules(tmp_path)

    assert report.regressions == 2
    assert [fault.message for fault in report.faults] == ["there is no such rule"]


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_shown_in_use(model: type[BaseModel]) -> None:
    """A key that no example uses is a key that nobody finds."""
    used = set(re.findall(r"([a-z_]+):", "\n".join(BLOCKS)))

    assert set(model.model_fields) - used == set()


@pytest.mark.parametrize("names", [Layer, Boundary, Separators, ActionKind, CHECKSUMS, ALPHABETS])
def test_every_name_that_may_be_used_is_listed(names: type[Layer]) -> None:
    """Layers, boundaries, separators, actions, checks and alphabets."""
    assert [name for name in names if f"`{name}`" not in README] == []
