"""Adding an allow phrase to a pack as a person would."""

from pathlib import Path

import pytest

from moderator.rulebook.documents import parse
from moderator.rulebook.pack_editing import NotEditable, with_allow_phrase, write_over
from moderator.rulebook.packs import read_pack

HEAD = """\
# 广告
category: advertising
severity: medium
description: 广告
clauses: [s1]
rules:
"""
REST = """\
  - id: other   # 另一条
    words: [代开发票]
    examples: [代开发票]
"""


def allowed(text: str) -> dict[str, tuple[str, ...]]:
    document, _ = parse(text, file="ads.yaml")
    pack, _ = read_pack(document, digest="")
    assert pack is not None
    return {packed.rule.id: packed.rule.allow for packed in pack.rules}


@pytest.mark.parametrize(
    ("rule", "edited"),
    [
        (
            "  - id: jobs  # 兼职\n    words: [招兼职]\n",
            '  - id: jobs  # 兼职\n    allow:\n      - "招兼职会"\n    words: [招兼职]\n',
        ),
        (
            "  - id: jobs\n    allow: [甲, 乙]  # 见工单\n    words: [招兼职]\n",
            '  - id: jobs\n    allow: [甲, 乙, "招兼职会"]  # 见工单\n    words: [招兼职]\n',
        ),
        (
            "  - id: jobs\n    allow: []\n    words: [招兼职]\n",
            '  - id: jobs\n    allow: ["招兼职会"]\n    words: [招兼职]\n',
        ),
        (
            "  - id: jobs\n    words: [招兼]\n    allow:\n    - 甲 #\n    #2\n",
            '  - id: jobs\n    words: [招兼]\n    allow:\n    - 甲 #\n    - "招兼职会"\n    #2\n',
        ),
        (
            "  - {id: jobs, words: [招兼职]}\n",
            '  - {id: jobs, words: [招兼职], allow: ["招兼职会"]}\n',
        ),
    ],
)
def test_one_phrase_is_added_and_nothing_else_moves(rule: str, edited: str) -> None:
    """Comments, order and style of everything around it stay, whatever way the list is written."""
    changed = with_allow_phrase(HEAD + rule + REST, "jobs", "招兼职会")

    assert changed == HEAD + edited + REST
    assert allowed(changed)["jobs"][-1] == "招兼职会"
    assert allowed(changed)["other"] == ()


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("  - id: jobs\n    words: [招兼职]\n    allow: null\n", "no list"),
        ("  - id: jobs\n    words: [招兼职]\n    allow: [招兼职会]\n", "already"),
        ("  - id: jobs\n    words: [招兼职]\n    examples: [请招兼职会]\n", "example"),
        ("  - id: else\n    words: [招兼职]\n", "no rule jobs"),
        ("  - [\n", "not YAML"),
    ],
)
def test_what_is_not_understood_is_left_to_a_person(rule: str, why: str) -> None:
    """The file is not touched where the outcome could be another than the one that was asked."""
    with pytest.raises(NotEditable, match=why):
        with_allow_phrase(HEAD + rule + ("" if "[\n" in rule else REST), "jobs", "招兼职会")


def test_a_file_is_replaced_at_one_stroke_with_its_mode(tmp_path: Path) -> None:
    """Whoever reads it meanwhile reads the one or the other, and nothing is left beside it."""
    file = tmp_path / "ads.yaml"
    file.write_text("before", "utf-8")
    file.chmod(0o640)
    write_over(file, "after\r\n")

    assert file.read_bytes() == b"after\r\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]
