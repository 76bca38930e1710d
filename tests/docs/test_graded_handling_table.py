"""docs/graded-handling.md: every duty, with lines that are in the file and tests that exist."""

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
TABLE = (REPOSITORY / "docs" / "graded-handling.md").read_text("utf-8")
POLICY = (REPOSITORY / "rules" / "policy.yaml").read_text("utf-8")
ROWS = re.findall(r"^\| \*\*(B\d+)\*\* .*$", TABLE, re.MULTILINE)


def cells(duty: str) -> list[str]:
    """The cells of a duty's row: duty, words, lines, tests."""
    (row,) = re.findall(rf"^\| \*\*{duty}\*\* .*$", TABLE, re.MULTILINE)
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_duty_has_its_row() -> None:
    """B1 to B11, each once, in order."""
    assert [f"B{number}" for number in range(1, 12)] == ROWS


@pytest.mark.parametrize("duty", ROWS)
def test_the_lines_of_a_duty_are_in_the_policy(duty: str) -> None:
    """Word for word, as a line of its own, whatever comment follows."""
    lines = [line.strip() for line in POLICY.splitlines()]
    wanted = quoted(cells(duty)[2])

    assert wanted
    assert [line for line in wanted if not _stands(line, lines)] == []


@pytest.mark.parametrize("duty", ROWS)
def test_the_tests_of_a_duty_exist(duty: str) -> None:
    """Under the path and the name that the row gives."""
    wanted = quoted(cells(duty)[3])

    assert wanted
    assert [test for test in wanted if not _exists(test)] == []


def _stands(wanted: str, lines: list[str]) -> bool:
    return any(line == wanted or line.startswith(f"{wanted}  #") for line in lines)


def _exists(test: str) -> bool:
    path, _, name = test.partition("::")
    file = REPOSITORY / path
    if not file.is_file():
        return False
    body = ast.parse(file.read_text("utf-8")).body
    return name in {
        each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
