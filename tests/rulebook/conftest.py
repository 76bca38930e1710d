"""Rule directories for the tests."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

POLICY = """
documents: [{id: s3, title: 群管理制度, version: "2021"}]
clauses:
  - {id: s3-1, document: s3, number: 第八条, text: 发布负面广告信息者警告一次}
ladders:
  - id: everything
    window: 180d
    rungs: [{at: 1, actions: [notify_compliance]}]
"""

GAMBLING = """
category: gambling
severity: medium
description: 赌博
clauses: [s3-1]
rules:
  - id: gambling-words
    description: 网络赌博
    words: [六合彩, bet365]
    allow: [六合彩研究]
    examples: [一起买六合彩, 上 bet365 玩]
    counter_examples: [他写了六合彩研究一书]
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rule files (`gambling="…"` → gambling.yaml) beside a policy; returns the directory."""

    def written(**files: str) -> Path:
        for name, content in {"policy": POLICY, **files}.items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(dedent(content).lstrip("\n"), "utf-8")
        return tmp_path

    return written
