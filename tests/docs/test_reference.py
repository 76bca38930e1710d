"""Settings and paths as the reference lists them are those of the code."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference.md").read_text("utf-8")


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_are_those_of_the_code(tables: ModuleType) -> None:
    """Every setting and every path, with its default and its purpose (`make docs` writes them)."""
    assert tables.with_tables(REFERENCE) == REFERENCE


def test_the_table_would_notice_a_missing_setting(tables: ModuleType) -> None:
    """A reference without the tables is not taken for a complete one."""
    assert "evidence.key" in tables.settings_table()
    assert "/wecom/callback/{app}" in tables.endpoints_table(tables.service())
    bare = re.sub(r"\| `evidence\.key`.*\n", "", REFERENCE)
    assert tables.with_tables(bare) != bare
